import { parseUnit, type Unit } from "./ucum.ts";
import type { UnitFailureReason } from "./ucumReader.ts";

/** What a flow's quantity can measure. */
export const dimensions = ["mass", "volume", "energy", "count", "time", "transport", "length", "area"] as const;
export type Dimension = (typeof dimensions)[number];

/** `once`: an amount; `year`: a rate, per UCUM's `a` of 365.25 days. Neither is ever taken for the other. */
export type Per = "once" | "year";

/** The unit that each dimension is brought to; a rate is this per `a`. */
export const canonicalUnits = {
  mass: "kg",
  volume: "m3",
  energy: "MJ",
  count: "1",
  time: "h",
  transport: "t.km",
  length: "m",
  area: "m2",
} as const satisfies Record<Dimension, string>;

/** How one of a unit stands in canonical units; what a caller keeps to convert many amounts of one unit. */
export type UnitMeasure = { dimension: Dimension; per: Per; factor: number };

export type QuantityFailureReason =
  | UnitFailureReason
  | "not_a_quantity"
  | "dimension_mismatch"
  | "density_needed"
  | "heating_value_needed"
  | "rate_against_amount";

export type QuantityFailure = { ok: false; reason: QuantityFailureReason; message: string };

export const secondsPerYear = 31_557_600;
export const hoursPerYear = 8_766;

/** One canonical unit in the coherent one. */
const coherentPerCanonical: Record<Dimension, number> = {
  mass: 1,
  volume: 1,
  energy: 1e6,
  count: 1,
  time: 3600,
  transport: 1e6,
  length: 1,
  area: 1,
};

const coherentDimensions = new Map<string, { dimension: Dimension; per: Per }>([
  ["kg", { dimension: "mass", per: "once" }],
  ["kg.s-1", { dimension: "mass", per: "year" }],
  ["m3", { dimension: "volume", per: "once" }],
  ["m3.s-1", { dimension: "volume", per: "year" }],
  ["kg.m2.s-2", { dimension: "energy", per: "once" }],
  ["kg.m2.s-3", { dimension: "energy", per: "year" }],
  ["1", { dimension: "count", per: "once" }],
  ["s-1", { dimension: "count", per: "year" }],
  ["s", { dimension: "time", per: "once" }],
  ["kg.m", { dimension: "transport", per: "once" }],
  ["kg.m.s-1", { dimension: "transport", per: "year" }],
  ["m", { dimension: "length", per: "once" }],
  ["m.s-1", { dimension: "length", per: "year" }],
  ["m2", { dimension: "area", per: "once" }],
  ["m2.s-1", { dimension: "area", per: "year" }],
]);

/** Without dimension, and yet parts of something else rather than a number of pieces. */
const fractionUnits = new Set(["%", "[ppth]", "[ppm]", "[ppb]", "[pptr]", "[pH]"]);

/** What a unit measures and how; null for one that no quantity of a flow can have, such as `K`, `bar` or `%`. */
export function measureOf(unit: Unit): UnitMeasure | null {
  if (unit.offset !== null || fractionUnits.has(unit.code)) return null;
  if (unit.isTimeOverTime) return { dimension: "time", per: "year", factor: round15(unit.factor * hoursPerYear) };
  const known = coherentDimensions.get(unit.dimension);
  if (!known) return null;
  const perYear = known.per === "year" ? secondsPerYear : 1;
  return { ...known, factor: round15((unit.factor * perYear) / coherentPerCanonical[known.dimension]) };
}

/** Takes the last bit's noise away, so that 1 t/a is 1000 kg/a and not 1000.0000000000001. */
const round15 = (value: number) => Number(value.toPrecision(15));

/** The same for a UCUM code, with the reason when there is none. */
export function readMeasure(code: string): { ok: true; measure: UnitMeasure } | QuantityFailure {
  const parsed = parseUnit(code);
  if (!parsed.ok) return parsed;
  const measure = measureOf(parsed.unit);
  return measure ? { ok: true, measure } : failQuantity("not_a_quantity", notAQuantity(code));
}

/** The UCUM code of a canonical quantity: `kg`, `kg/a`. */
export function canonicalUnitOf({ dimension, per }: { dimension: Dimension; per: Per }): string {
  return per === "once" ? canonicalUnits[dimension] : `${canonicalUnits[dimension]}/a`;
}

export const failQuantity = (reason: QuantityFailureReason, message: string): QuantityFailure => ({
  ok: false,
  reason,
  message,
});

const notAQuantity = (code: string) =>
  `${code} does not measure a quantity of a flow: write a unit of ${dimensions.slice(0, -1).join(", ")} or ${dimensions.at(-1)}, as an amount (t) or a rate (t/a).`;
