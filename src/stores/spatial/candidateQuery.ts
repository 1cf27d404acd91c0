import { type SQL, sql } from "drizzle-orm";
import { uuidOf } from "../../domain/ids.ts";
import type { BoundParameters, CandidateSearch, Coarseness, SearchLimits } from "../../matching/candidateSearch.ts";
import { flows } from "../postgres/schema/flows.ts";

/**
 * Rows (id, quality_bound, distance_meters) of `flows` in reach with a grade or a code that the search names: one index
 * scan a grade, for a GiST index takes equality on the grade and the distance together. A flow can come up more than once.
 * The distance is to the true place, less the slack: no more than the engine takes it for, whatever it is told of the place.
 */
export function candidateProbes(search: CandidateSearch, limits: SearchLimits, { slackMeters }: Coarseness): SQL {
  const [longitude, latitude] = search.subject.position;
  const place = sql`ST_SetSRID(ST_MakePoint(${longitude}::double precision, ${latitude}::double precision), 4326)::geography`;
  // The literal conditions are those of the partial indexes.
  const direction = search.directions.includes("input") ? sql`f.direction = 'input'` : sql`f.direction <> 'input'`;
  const inReach = sql`f.status = 'active' AND f.deleted_at IS NULL AND ${direction} AND ST_DWithin(f.location, ${place}, ${limits.radiusMeters + slackMeters}::double precision, false)`;
  const exact = sql`ST_Distance(f.location, ${place}, false)`;
  const distance = sql`${slackMeters === 0 ? exact : sql`greatest(0, ${exact} - ${slackMeters}::double precision)`} AS distance_meters`;
  const grades = search.grades.map(({ grade, qualityBound }) => ({ grade, quality_bound: qualityBound }));
  // OFFSET 0 keeps each grade a scan of its own: the planner knows neither how many grades there are nor how rare each is.
  const probes = [
    sql`SELECT f.id, g.quality_bound, f.distance_meters
      FROM jsonb_to_recordset(${JSON.stringify(grades)}::jsonb) AS g (grade text, quality_bound double precision)
      CROSS JOIN LATERAL (SELECT f.id, ${distance} FROM ${flows} f WHERE f.grade = g.grade AND ${inReach} OFFSET 0) AS f`,
  ];
  if (search.ewc !== null)
    probes.push(sql`SELECT f.id, 1, ${distance} FROM ${flows} f WHERE f.ewc = ${search.ewc} AND ${inReach}`);
  if (search.hs !== null)
    probes.push(sql`SELECT f.id, 1, ${distance} FROM ${flows} f WHERE f.hs_heading = ${search.hs.slice(0, 4)} AND f.hs IS NOT NULL
      AND (starts_with(f.hs, ${search.hs}) OR starts_with(${search.hs}, f.hs)) AND ${inReach}`);
  return sql.join(probes, sql` UNION ALL `);
}

/** What a candidate `flows f` must meet besides being in reach; each is necessary for a match and none sufficient. */
export function candidateConditions(search: CandidateSearch, limits: SearchLimits): SQL {
  const own = sql`${uuidOf(search.ownOrganization.id)}::uuid`;
  const conditions = [
    sql`f.id <> ${uuidOf(search.subject.flowId)}::uuid`,
    sql`f.remaining_amount > 0`,
    sql`f.dimension IN ${search.dimensions}`,
    sql`f.quantity_basis IN ${search.bases}`,
    sql`(f.constraints -> 'blockedOrganizationIds' ? ${search.ownOrganization.id}) IS NOT TRUE`,
  ];
  if (!search.ownOrganization.isAllowed)
    conditions.push(sql`(f.organization_id <> ${own} OR (f.constraints ->> 'allowsOwnOrganization')::boolean)`);
  if (search.blockedOrganizationIds.length > 0)
    conditions.push(
      sql`f.organization_id::text <> ALL (ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(search.blockedOrganizationIds.map(uuidOf))}::jsonb)))`,
    );
  if (limits.monthsMask !== null) conditions.push(sql`(f.months_mask & ${limits.monthsMask}::integer) <> 0`);
  if (limits.temperatureMaximumAtLeastKelvin !== null)
    conditions.push(
      sql`(f.temperature_maximum_kelvin IS NULL OR f.temperature_maximum_kelvin >= ${limits.temperatureMaximumAtLeastKelvin}::double precision)`,
    );
  if (limits.temperatureMinimumAtMostKelvin !== null)
    conditions.push(
      sql`(f.temperature_minimum_kelvin IS NULL OR f.temperature_minimum_kelvin <= ${limits.temperatureMinimumAtMostKelvin}::double precision)`,
    );
  return sql.join(conditions, sql` AND `);
}

/**
 * `scoreBound` of src/matching/scoreBound.ts in SQL, over a candidate `flows f` of `organizations o` whose probes are
 * gathered in `p`. A property test holds the two equal.
 */
export function boundExpression(
  {
    weights,
    subjectIsInput,
    dimension,
    remaining,
    monthsMask,
    needHours,
    limitMeters,
    trust,
    allowances,
  }: BoundParameters,
  { quantityFactor }: Coarseness,
): SQL {
  const number = (value: number): SQL => sql`${value}::double precision`;
  const months = sql`bit_count((f.months_mask & ${monthsMask}::integer)::bit(12))`;
  const time =
    needHours === null
      ? number(1)
      : sql`least(1, ${months} * ${number(allowances.hoursPerMonth)} / ${number(needHours)})`;
  const share = subjectIsInput
    ? sql`f.canonical_remaining / ${number(remaining)}`
    : sql`${number(remaining)} / f.canonical_remaining`;
  const amount = sql`CASE WHEN f.dimension = ${dimension}::text AND f.quantity_basis <> 'recurring' THEN ${quantityFactor === 1 ? share : sql`${share} * ${number(quantityFactor)}`} ELSE 1 END`;
  const reach = sql`least(1, p.distance_meters / ${number(allowances.spheroid * limitMeters)})`;
  const level = sql`CASE f.precision_level WHEN 'metered' THEN ${number(trust.levels.metered)} WHEN 'measured' THEN ${number(trust.levels.measured)}
    WHEN 'estimated' THEN ${number(trust.levels.estimated)} ELSE ${number(trust.levels.rough)} END`;
  const side = sql`${number(trust.precisionShare)} * ${level} + CASE WHEN o.verified THEN ${number(trust.verifiedShare)} ELSE 0 END
    + ${number(trust.exchangesShare)} * o.exchanges_completed / (o.exchanges_completed + ${number(trust.exchangesAtHalf)})`;
  return sql`(${number(weights.quality)} * p.quality_bound + ${number(weights.quantity)} * least(1, ${amount}, ${time})
    + ${number(weights.temporal)} * ${time} + ${number(weights.proximity)} * power(1 - power(${reach}, 2), 2) + ${number(weights.economics)}
    + ${number(weights.trust)} * (${number(trust.subject)} + ${side}) / 2 + ${number(allowances.rounding)})`;
}
