import { findPropertyRule } from "../domain/property.ts";
import type { PropertyRange } from "../domain/quality.ts";
import type { MaterialProperties } from "../domain/quantity.ts";
import { parseUnit, toCoherent } from "../domain/ucum.ts";
import type { Columns } from "./columns.ts";
import type { Interner } from "./interner.ts";
import type { Party } from "./party.ts";

/** A property's ends in coherent units, each with its own uncertainty. */
type Ends = { dimension: string; minimumLow: number; minimumHigh: number; maximumLow: number; maximumHigh: number };

/** Sizes the heat and is never a gate. */
const sizingProperty = "returnTemperature";

/** The properties of one party, in the order in which the kernel merges two lists: by interned name. */
export function listProperties(quality: Party["flow"]["quality"], interner: Interner) {
  return Object.entries(quality)
    .filter(([name]) => name !== sizingProperty)
    .map(([name, range]) => ({ index: interner.property(name), name, range }))
    .sort((left, right) => left.index - right.index);
}

export function encodeQuality(
  columns: Columns,
  row: number,
  from: number,
  listed: ReturnType<typeof listProperties>,
  material: MaterialProperties,
  interner: Interner,
) {
  const { properties } = columns;
  properties.start[row] = from;
  for (const [offset, { index, name, range }] of listed.entries()) {
    const ends = readEnds(name, range, material);
    const at = from + offset;
    properties.name[at] = index;
    properties.dimension[at] = interner.dimension(ends.dimension);
    properties.minimumLow[at] = ends.minimumLow;
    properties.minimumHigh[at] = ends.minimumHigh;
    properties.maximumLow[at] = ends.maximumLow;
    properties.maximumHigh[at] = ends.maximumHigh;
  }
  properties.start[row + 1] = from + listed.length;
}

/** Temperatures that size heat: `temperature` and `returnTemperature` where a value, or one end, is stated. */
export function encodeTemperatures(columns: Columns, row: number, { quality, direction }: Party["flow"]) {
  const supply = readSizingTemperature(quality.temperature, direction === "input");
  const back = readSizingTemperature(quality.returnTemperature, direction === "input");
  if (supply) [columns.temperatureLow[row], columns.temperature[row], columns.temperatureHigh[row]] = supply;
  if (back)
    [columns.returnTemperatureLow[row], columns.returnTemperature[row], columns.returnTemperatureHigh[row]] = back;
}

function readSizingTemperature(range: PropertyRange | undefined, isNeed: boolean): [number, number, number] | null {
  const unit = range && parseUnit(range.unit);
  if (!unit?.ok || unit.unit.dimension !== "K") return null;
  const { minimumLow, minimumHigh, maximumLow, maximumHigh } = readEnds("temperature", range!, {});
  const low = Number.isFinite(minimumLow) ? minimumLow : maximumLow;
  const high = Number.isFinite(maximumHigh) ? maximumHigh : minimumHigh;
  // A need's sink may enter anywhere in its range; of a one-sided statement the stated end is meant.
  const middle = (low + high) / 2;
  return isNeed || low <= high ? [low, middle, high] : null;
}

function readEnds(name: string, range: PropertyRange, material: MaterialProperties): Ends {
  const parsed = parseUnit(range.unit);
  if (!parsed.ok) throw new TypeError(parsed.message);
  const { unit } = parsed;
  const uncertainty = range.uncertainty ?? 0;
  const end = (stated: number | undefined, sign: -1 | 1, otherwise: number) =>
    stated === undefined ? otherwise : toCoherent(stated + sign * Math.abs(stated) * uncertainty, unit);
  const minimum = range.value ?? range.minimum;
  const maximum = range.value ?? range.maximum;
  const { dimension, factor } = perMass(name, unit.dimension, material);
  return {
    dimension,
    minimumLow: end(minimum, -1, Number.NEGATIVE_INFINITY) * factor,
    minimumHigh: end(minimum, 1, Number.NEGATIVE_INFINITY) * factor,
    maximumLow: end(maximum, -1, Number.POSITIVE_INFINITY) * factor,
    maximumHigh: end(maximum, 1, Number.POSITIVE_INFINITY) * factor,
  };
}

/** What is stated per volume, per mass where the density is known, so that `mg/L` meets `mg/kg`. */
function perMass(name: string, dimension: string, { densityKgPerM3 }: MaterialProperties) {
  const target = perMassOfPerVolume.get(dimension);
  const measures = findPropertyRule(name)?.measures;
  const isPerVolume = dimension === "kg.m-1.s-2" ? measures === "heating value" : measures !== "density";
  if (target === undefined || !isPerVolume || !densityKgPerM3) return { dimension, factor: 1 };
  return { dimension: target, factor: 1 / densityKgPerM3 };
}

const perMassOfPerVolume = new Map([
  ["kg.m-3", "1"],
  ["kg.m-1.s-2", "m2.s-2"],
  ["m-3", "kg-1"],
]);

/** Density and heating values as the party states them, else null. */
export function readMaterial(quality: Party["flow"]["quality"]): MaterialProperties {
  const density = middleOf(quality.density, "kg.m-3");
  const perMassValue = middleOf(quality.heatingValue, "m2.s-2");
  const perVolumeValue = middleOf(quality.heatingValue, "kg.m-1.s-2");
  const joulesPerMegajoule = 1e6;
  return {
    densityKgPerM3: density,
    heatingValueMjPerKg: perMassValue && perMassValue / joulesPerMegajoule,
    heatingValueMjPerM3: perVolumeValue && perVolumeValue / joulesPerMegajoule,
  };
}

function middleOf(range: PropertyRange | undefined, dimension: string): number | null {
  const unit = range && parseUnit(range.unit);
  if (!unit?.ok || unit.unit.dimension !== dimension) return null;
  const ends = [range!.value, range!.minimum, range!.maximum].filter((end) => end !== undefined);
  return toCoherent(ends.reduce((sum, end) => sum + end, 0) / ends.length, unit.unit);
}
