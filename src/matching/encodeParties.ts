import { type Dimension, dimensions, readMeasure, type UnitMeasure } from "../domain/dimension.ts";
import { defaultUncertainty } from "../domain/flow.ts";
import { bridgeQuantity, type MaterialProperties } from "../domain/quantity.ts";
import type { Grade } from "../domain/reference/types.ts";
import { allocateColumns, type Columns } from "./columns.ts";
import { encodeEconomics } from "./encodeEconomics.ts";
import { encodeQuality, encodeTemperatures, listProperties, readMaterial } from "./encodeQuality.ts";
import type { Interner } from "./interner.ts";
import type { Party } from "./party.ts";
import { classifyWaste, wasteClasses } from "./permits.ts";
import type { Rules } from "./rules.ts";
import { computeSideTrust } from "./trust.ts";

/** Between these a density or a heating value leads. */
export const bridgedDimensions: readonly Dimension[] = ["mass", "volume", "energy"];

const radiansPerDegree = Math.PI / 180;
const secondsPerHour = 3_600;

/** Parties as columns, everything converted and looked up once. */
export function encodeParties(parties: readonly Party[], rules: Rules, interner: Interner): Columns {
  const listed = parties.map(({ flow }) => listProperties(flow.quality, interner));
  const columns = allocateColumns(
    parties.length,
    listed.reduce((sum, list) => sum + list.length, 0),
    parties.reduce((sum, { flow }) => sum + flow.constraints.blockedOrganizationIds.length, 0),
    dimensions.length,
  );
  let propertyAt = 0;
  let blockedAt = 0;
  for (const [row, party] of parties.entries()) {
    const grade = rules.taxonomy.findGrade(party.flow.grade);
    const material = findMaterial(party, grade);
    const measure = encodeQuantity(columns, row, party, material, interner);
    encodePlace(columns, row, party, interner);
    encodeResource(columns, row, party, rules);
    encodeQuality(columns, row, propertyAt, listed[row]!, material, interner);
    propertyAt += listed[row]!.length;
    encodeTemperatures(columns, row, party.flow);
    encodeLaw(columns, row, party, rules, interner);
    encodeEconomics(columns, row, party, grade, measure.dimension, material, rules.tables);
    columns.blockedStart[row] = blockedAt;
    for (const blocked of party.flow.constraints.blockedOrganizationIds)
      columns.blocked[blockedAt++] = interner.organization(blocked);
    columns.blockedStart[row + 1] = blockedAt;
    columns.trust[row] = computeSideTrust(rules.tables.scoring.trust, party.flow.precision.level, party.organization);
  }
  return columns;
}

/** What leads between mass, volume and energy: as stated, else as the grade usually is. */
export function findMaterial(party: Party, grade: Grade | null): MaterialProperties {
  const stated = readMaterial(party.flow.quality);
  return {
    densityKgPerM3: stated.densityKgPerM3 ?? grade?.densityKgPerM3,
    heatingValueMjPerM3: stated.heatingValueMjPerM3,
    heatingValueMjPerKg: stated.heatingValueMjPerKg ?? (stated.heatingValueMjPerM3 ? null : grade?.heatingValueMjPerKg),
  };
}

function encodePlace(columns: Columns, row: number, { site, flow, organizationId }: Party, interner: Interner) {
  const longitude = site.position[0] * radiansPerDegree;
  const latitude = site.position[1] * radiansPerDegree;
  columns.x[row] = Math.cos(latitude) * Math.cos(longitude);
  columns.y[row] = Math.cos(latitude) * Math.sin(longitude);
  columns.z[row] = Math.sin(latitude);
  columns.radiusMeters[row] = site.radiusMeters;
  columns.ownLimitMeters[row] = flow.constraints.maximumDistanceMeters ?? Number.POSITIVE_INFINITY;
  columns.organization[row] = interner.organization(organizationId);
  columns.allowsOwn[row] = flow.constraints.allowsOwnOrganization ? 1 : 0;
  columns.country[row] = interner.country(site.country);
}

function encodeResource(columns: Columns, row: number, { flow }: Party, rules: Rules) {
  columns.grade[row] = rules.gradeIndex.get(flow.grade) ?? -1;
  columns.ewc[row] = flow.codes.ewc === null ? -1 : Number(flow.codes.ewc);
  columns.hs[row] = flow.codes.hs;
}

/**
 * Amounts of a recurring flow are those of a year: what comes each time, times how often it comes in the year.
 * @throws TypeError for a unit that the flow's own schema would have refused.
 */
function encodeQuantity(
  columns: Columns,
  row: number,
  { flow, site }: Party,
  material: MaterialProperties,
  interner: Interner,
): UnitMeasure {
  const { quantity } = flow;
  const read = readMeasure(quantity.unit);
  if (!read.ok) throw new TypeError(read.message);
  const { measure } = read;
  const calendar = interner.calendar(flow.availability, site.timeZone);
  const times = quantity.basis === "recurring" ? (interner.occurrences(calendar) ?? 1) : 1;
  const scale = measure.factor * times;
  const uncertainty = quantity.uncertainty ?? defaultUncertainty[flow.precision.level];
  const left = (amount: number) => Math.max(0, amount - flow.reservedAmount) * scale;
  columns.dimension[row] = dimensions.indexOf(measure.dimension);
  columns.isYearly[row] = quantity.basis === "one_off" ? 0 : 1;
  columns.amountLow[row] = left(quantity.amount * (1 - uncertainty));
  columns.amount[row] = left(quantity.amount);
  columns.amountHigh[row] = left(quantity.amount * (1 + uncertainty));
  const lot = quantity.minimumLot && readMeasure(quantity.minimumLot.unit);
  columns.minimumLot[row] = lot?.ok ? quantity.minimumLot!.amount * lot.measure.factor : 0;
  columns.calendar[row] = calendar;
  columns.hours[row] = interner.hoursOpen(calendar);
  const seconds = columns.hours[row]! * secondsPerHour;
  if (measure.dimension === "energy" && columns.isYearly[row] === 1 && seconds > 0)
    columns.megawatts[row] = (quantity.amount * scale) / seconds;
  const units = row * dimensions.length;
  columns.unitsPerOwn[units + columns.dimension[row]!] = 1;
  if (bridgedDimensions.includes(measure.dimension))
    for (const dimension of bridgedDimensions) {
      if (dimension === measure.dimension) continue;
      const bridge = bridgeQuantity(
        { dimension: measure.dimension, per: "once" },
        { dimension, per: "once" },
        material,
      );
      if (bridge.ok) columns.unitsPerOwn[units + dimensions.indexOf(dimension)] = bridge.value;
    }
  return measure;
}

function encodeLaw(columns: Columns, row: number, { flow }: Party, { taxonomy }: Rules, interner: Interner) {
  const { permitsHeld, permitsRequired } = flow.constraints;
  const wasteClass = classifyWaste(flow, taxonomy);
  const isHazardous = wasteClass === wasteClasses.hazardous || wasteClass === wasteClasses.mirror;
  columns.wasteClass[row] = wasteClass;
  columns.waste[row] = interner.waste({ ewc: flow.codes.ewc, isHazardous });
  columns.permitsHeld[row] = interner.permitSet(permitsHeld);
  columns.heldCount[row] = permitsHeld.length;
  columns.permitsRequired[row] = interner.permitSet(permitsRequired);
  columns.requiredCount[row] = permitsRequired.length;
}
