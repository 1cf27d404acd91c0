import { dimensions } from "../domain/dimension.ts";
import { isSupply } from "../domain/flow.ts";
import { allMonthsMask, monthsMask, widenMonthsMask } from "../domain/season.ts";
import { haveEqualHs } from "../domain/taxonomy.ts";
import type { BoundParameters, CandidateSearch, SearchLimits } from "./candidateSearch.ts";
import type { Columns } from "./columns.ts";
import { bridgedDimensions } from "./encodeParties.ts";
import type { Interner } from "./interner.ts";
import type { Party } from "./party.ts";
import { type Rules, relatePair } from "./rules.ts";
import { boundAllowances } from "./scoreBound.ts";

/** More than conversions of temperatures round. */
const kelvinSlack = 1e-6;

/** What a store fetches for a subject; `columns` holds it alone. */
export function describeSearch(subject: Party, columns: Columns, rules: Rules, interner: Interner): CandidateSearch {
  const { flow, site } = subject;
  const subjectIsInput = !isSupply(flow.direction);
  const related = rules.taxonomy.relatedGrades(flow.grade, subjectIsInput);
  const dimension = dimensions[columns.dimension[0]!]!;
  const isYearly = columns.isYearly[0] === 1;
  const reachable = bridgedDimensions.includes(dimension) ? bridgedDimensions : [dimension];
  const classLimit = findClassLimit(subject, columns, rules, subjectIsInput);
  const limitMeters = Math.min(classLimit, columns.ownLimitMeters[0]!);
  const mask = monthsMask(flow.availability, site.timeZone);
  return {
    subject: { flowId: subject.flowId, organizationId: subject.organizationId, position: site.position },
    directions: subjectIsInput ? ["output", "shared"] : ["input"],
    grades: related.map(({ grade, relation }) => ({
      grade,
      relation: relation.kind,
      // A grade that is not known to fit scores the low end of quality, which is nothing.
      qualityBound: relation.kind === "ancestor" || relation.kind === "unspecified" ? 0 : relation.factor,
    })),
    ewc: flow.codes.ewc,
    hs: flow.codes.hs,
    dimensions: reachable.flatMap((name) => (isYearly ? [`${name}/year`, `${name}/once`] : [`${name}/once`])),
    bases: isYearly ? ["rate", "recurring"] : ["one_off"],
    ownOrganization: { id: subject.organizationId, isAllowed: flow.constraints.allowsOwnOrganization },
    blockedOrganizationIds: flow.constraints.blockedOrganizationIds,
    match: limitSearch(0, mask, columns, rules, subjectIsInput, limitMeters, interner),
    near: limitSearch(1, mask, columns, rules, subjectIsInput, limitMeters, interner),
    bound: {
      ...describeBound(columns, rules, subjectIsInput),
      dimension: flow.quantity.basis === "recurring" ? null : `${dimension}/${isYearly ? "year" : "once"}`,
      monthsMask: mask,
      limitMeters,
      allowances: boundAllowances,
    },
  };
}

function describeBound(
  columns: Columns,
  { tables }: Rules,
  subjectIsInput: boolean,
): Omit<BoundParameters, "dimension" | "monthsMask" | "limitMeters" | "allowances"> {
  const { levels, precisionShare, verifiedShare, exchangesShare, exchangesAtHalf } = tables.scoring.trust;
  return {
    weights: tables.scoring.weights,
    subjectIsInput,
    remaining: columns.amount[0]!,
    needHours: subjectIsInput && columns.isYearly[0] === 1 && columns.hours[0]! > 0 ? columns.hours[0]! : null,
    trust: {
      subject: columns.trust[0]!,
      levels,
      precisionShare,
      verifiedShare,
      exchangesShare,
      exchangesAtHalf,
    },
  };
}

/**
 * The greatest limit of what may be carried: of the output's own grade; for an input of every grade that may serve it, or
 * that usually has its code.
 */
function findClassLimit({ flow }: Party, columns: Columns, rules: Rules, subjectIsInput: boolean): number {
  const { taxonomy, gradeIndex } = rules;
  const { ewc, hs } = flow.codes;
  const carried = subjectIsInput
    ? [
        ...taxonomy.relatedGrades(flow.grade, true).map(({ grade }) => grade),
        ...taxonomy.grades
          .filter((grade) => (ewc !== null && grade.ewc.includes(ewc)) || haveEqualHs(grade.hs, hs))
          .map(({ slug }) => slug),
      ]
    : [flow.grade];
  const limits = carried.map((slug) => {
    const grade = gradeIndex.get(slug);
    if (grade === undefined) return 0;
    const isLarge = columns.megawatts[0]! >= rules.largeFromMegawatts[grade]!;
    return isLarge ? Math.max(rules.limitMeters[grade]!, rules.largeLimitMeters[grade]!) : rules.limitMeters[grade]!;
  });
  return Math.max(0, ...limits);
}

/** @param wideness 0 for what can match, 1 for what the near table lets come close */
function limitSearch(
  wideness: 0 | 1,
  mask: number,
  columns: Columns,
  rules: Rules,
  subjectIsInput: boolean,
  limitMeters: number,
  interner: Interner,
): SearchLimits {
  const { distance, temporal } = rules.near;
  const share = distance?.measure === "relative" ? distance.value : 0;
  const months = widenMonthsMask(mask, wideness * (temporal?.value ?? 0));
  return {
    radiusMeters: limitMeters * (1 + wideness * share) * boundAllowances.spheroid + 1,
    monthsMask: months === allMonthsMask ? null : months,
    ...limitTemperature(wideness, columns, rules, subjectIsInput, interner),
  };
}

function limitTemperature(
  wideness: 0 | 1,
  columns: Columns,
  rules: Rules,
  subjectIsInput: boolean,
  interner: Interner,
): Pick<SearchLimits, "temperatureMaximumAtLeastKelvin" | "temperatureMinimumAtMostKelvin"> {
  const { properties } = columns;
  const entry = properties.name.indexOf(interner.property("temperature"));
  if (entry < 0) return { temperatureMaximumAtLeastKelvin: null, temperatureMinimumAtMostKelvin: null };
  const near = rules.near.qualityOf("temperature");
  const reach = (limit: (typeof near)["below"]): number => {
    if (wideness === 0 || limit === null) return 0;
    return limit.measure === "absolute" ? limit.value : Number.POSITIVE_INFINITY;
  };
  const approach = findLeastApproach(columns.grade[0]!, rules, subjectIsInput);
  const least = properties.minimumLow[entry]! + (subjectIsInput ? approach : 0);
  const most = properties.maximumHigh[entry]! - (subjectIsInput ? 0 : approach);
  // Of an input the supply may be too cold by `below` or too hot by `above`; of an output the need sees it so.
  const atLeast = least - reach(subjectIsInput ? near.below : near.above) - kelvinSlack;
  const atMost = most + reach(subjectIsInput ? near.above : near.below) + kelvinSlack;
  return {
    temperatureMaximumAtLeastKelvin: Number.isFinite(atLeast) ? atLeast : null,
    temperatureMinimumAtMostKelvin: Number.isFinite(atMost) ? atMost : null,
  };
}

/** The least approach that any counterpart asks for; nothing where one of them is not heat. */
function findLeastApproach(grade: number, rules: Rules, subjectIsInput: boolean): number {
  if (grade < 0) return 0;
  const slug = rules.taxonomy.grades[grade]!.slug;
  const approaches = rules.taxonomy.relatedGrades(slug, subjectIsInput).map(({ grade: other }) => {
    const counterpart = rules.gradeIndex.get(other)!;
    const input = subjectIsInput ? grade : counterpart;
    const cell = subjectIsInput ? relatePair(rules, counterpart, grade) : relatePair(rules, grade, counterpart);
    return rules.isHeat[input] === 1 ? rules.approachKelvin[cell]! : 0;
  });
  return approaches.length === 0 ? 0 : Math.min(...approaches);
}
