import * as z from "zod";
import {
  canonicalUnitOf,
  canonicalUnits,
  type Dimension,
  failQuantity,
  measureOf,
  type Per,
  type QuantityFailure,
  readMeasure,
} from "./dimension.ts";
import { convertValue, parseUnit } from "./ucum.ts";
import { maximumUnitLength } from "./ucumReader.ts";

/** A UCUM code, checked; failures carry their reason as `params.code`. */
export const unitSchema = z
  .string()
  .max(maximumUnitLength)
  .superRefine((code, context) => {
    if (code.length > maximumUnitLength) return;
    const parsed = parseUnit(code);
    if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.message, params: { code: parsed.reason } });
  })
  .meta({ id: "Unit", description: "UCUM code, case-sensitive, at most 64 characters", example: "t/a" });

/** The unit of an amount and never of a rate: what a price is per. */
export const amountUnitSchema = unitSchema
  .superRefine((code, context) => {
    if (code.length > maximumUnitLength || !parseUnit(code).ok) return;
    const fault = checkAmountUnit(code);
    if (fault) context.addIssue({ code: "custom", message: fault.message, params: { code: fault.reason } });
  })
  .meta({ id: "AmountUnit", description: "UCUM code of an amount, not of a rate", example: "t" });

/** An amount and its unit. Where only what exists makes sense, the schema that holds it asks for more than 0. */
export const quantitySchema = z
  .strictObject({ amount: z.number().meta({ example: 550_000 }), unit: unitSchema })
  .meta({ id: "Quantity", description: "Amount and UCUM unit", example: { amount: 550_000, unit: "t/a" } });
export type Quantity = { amount: number; unit: string };

/** A quantity in the canonical unit of its dimension: 1 kW is `{dimension: "energy", per: "year", value: 31557.6}`. */
export type CanonicalQuantity = { dimension: Dimension; per: Per; value: number };

export type ConversionResult = { ok: true; value: number } | QuantityFailure;

/** What leads from mass to volume and energy; an absent, zero or negative figure counts as not known. */
export type MaterialProperties = {
  densityKgPerM3?: number | null | undefined;
  /** Per mass; net or gross as the grade states it. */
  heatingValueMjPerKg?: number | null | undefined;
  /** Per volume, for gases; used before the other two. */
  heatingValueMjPerM3?: number | null | undefined;
};

/** A quantity in canonical units; see `canonicalUnits`. */
export function toCanonical(quantity: Quantity): { ok: true; canonical: CanonicalQuantity } | QuantityFailure {
  const read = readMeasure(quantity.unit);
  if (!read.ok) return read;
  const { dimension, per, factor } = read.measure;
  return { ok: true, canonical: { dimension, per, value: quantity.amount * factor } };
}

/**
 * An amount in another unit of the same dimension, exact to 1e-9; temperatures go by their scales. For two units of a
 * flow's quantity, rates and amounts are told apart.
 */
export function convert(amount: number, fromUnit: string, toUnit: string): ConversionResult {
  return convertQuantity({ amount, unit: fromUnit }, toUnit);
}

/**
 * The same across dimensions where the properties of the material lead there: mass and volume by density, mass and
 * energy by heating value, volume and energy by both or by a heating value per volume. Nothing is guessed.
 */
export function convertQuantity(
  quantity: Quantity,
  toUnit: string,
  properties: MaterialProperties = {},
): ConversionResult {
  const from = parseUnit(quantity.unit);
  if (!from.ok) return from;
  const to = parseUnit(toUnit);
  if (!to.ok) return to;
  const fromMeasure = measureOf(from.unit);
  const toMeasure = measureOf(to.unit);
  if (fromMeasure && toMeasure) {
    const bridged = bridgeQuantity(fromMeasure, toMeasure, properties, quantity.unit, toUnit);
    if (!bridged.ok) return bridged;
    return { ok: true, value: quantity.amount * ((fromMeasure.factor * bridged.value) / toMeasure.factor) };
  }
  const value =
    from.unit.isTimeOverTime === to.unit.isTimeOverTime ? convertValue(quantity.amount, from.unit, to.unit) : null;
  return value === null
    ? failQuantity("dimension_mismatch", `${quantity.unit} and ${toUnit} measure different things.`)
    : { ok: true, value };
}

/**
 * How many canonical units of `to` one canonical unit of `from` is. The names are what messages call the two: units, or
 * whatever else a reader will know.
 */
export function bridgeQuantity(
  from: { dimension: Dimension; per: Per },
  to: { dimension: Dimension; per: Per },
  properties: MaterialProperties,
  fromName: string = canonicalUnitOf(from),
  toName: string = canonicalUnitOf(to),
): ConversionResult {
  const pair = `${fromName} measures ${from.dimension} and ${toName} ${to.dimension}`;
  const isBridgeable = kilogramsBridges.has(from.dimension) && kilogramsBridges.has(to.dimension);
  if (from.dimension !== to.dimension && !isBridgeable)
    return failQuantity("dimension_mismatch", `${pair}; neither leads to the other.`);
  if (from.per !== to.per) {
    const [rate, amount] = from.per === "year" ? [fromName, toName] : [toName, fromName];
    return failQuantity(
      "rate_against_amount",
      `${rate} is a rate and ${amount} an amount; write both per time or neither.`,
    );
  }
  if (from.dimension === to.dimension) return { ok: true, value: 1 };
  const density = known(properties.densityKgPerM3);
  const perVolume = known(properties.heatingValueMjPerM3);
  const perMass = known(properties.heatingValueMjPerKg) ?? (perVolume && density ? perVolume / density : null);
  const involves = (dimension: Dimension) => from.dimension === dimension || to.dimension === dimension;
  if (involves("energy") && involves("volume") && perVolume)
    return { ok: true, value: from.dimension === "volume" ? perVolume : 1 / perVolume };
  if (involves("energy") && !perMass)
    return failQuantity(
      "heating_value_needed",
      `${pair}; comparing them needs a heating value in MJ/kg${involves("volume") ? " with a density, or one in MJ/m3" : ""}.`,
    );
  if (involves("volume") && !density)
    return failQuantity("density_needed", `${pair}; comparing them needs a density in kg/m3.`);
  const kilograms = { mass: 1, volume: density ?? 1, energy: 1 / (perMass ?? 1) } as Record<Dimension, number>;
  return { ok: true, value: kilograms[from.dimension] / kilograms[to.dimension] };
}

const kilogramsBridges = new Set<Dimension>(["mass", "volume", "energy"]);

const known = (figure: number | null | undefined) => (figure && figure > 0 && Number.isFinite(figure) ? figure : null);

function checkAmountUnit(code: string): QuantityFailure | null {
  const read = readMeasure(code);
  if (!read.ok) return read;
  if (read.measure.per === "once") return null;
  return failQuantity(
    "rate_against_amount",
    `${code} is a rate; an amount is needed here, such as ${canonicalUnits[read.measure.dimension]}.`,
  );
}

/** A wrong field of a value: its path within the value, a stable code and a sentence. */
export type Fault = { path: (string | number)[]; code: string; message: string };

type FlowQuantityShape = Quantity & {
  basis: "one_off" | "rate" | "recurring";
  minimumLot?: Quantity | null;
};

/** No flow on earth comes near these, in canonical units: they keep sums and products finite. */
const canonicalRange = { least: 1e-9, most: 1e18 };

/**
 * What is wrong with a flow's quantity beyond its unit's spelling: a rate is wanted for the basis `rate`, an amount for
 * `one_off` and `recurring` (each time), and an amount of the same dimension for the minimum lot.
 */
export function checkFlowQuantity(quantity: FlowQuantityShape): Fault[] {
  // A unit that is not UCUM was refused already by its own schema.
  if (!parseUnit(quantity.unit).ok) return [];
  const read = readMeasure(quantity.unit);
  if (!read.ok) return [{ path: ["unit"], code: read.reason, message: read.message }];
  const { measure } = read;
  const faults: Fault[] = [];
  const wanted: Per = quantity.basis === "rate" ? "year" : "once";
  if (measure.per !== wanted)
    faults.push({ path: ["unit"], code: "rate_against_amount", message: basisMessage(quantity, measure.dimension) });
  faults.push(...checkRange(quantity.amount, measure.factor, ["amount"]));
  const lot = quantity.minimumLot;
  if (lot && parseUnit(lot.unit).ok) faults.push(...checkLot(lot, quantity, measure.dimension));
  return faults;
}

function checkLot(lot: Quantity, quantity: FlowQuantityShape, dimension: Dimension): Fault[] {
  const read = readMeasure(lot.unit);
  if (!read.ok) return [{ path: ["minimumLot", "unit"], code: read.reason, message: read.message }];
  const { measure } = read;
  if (measure.dimension !== dimension) {
    const message = `the lot is in ${lot.unit} (${measure.dimension}), the quantity in ${quantity.unit} (${dimension}); use the same dimension.`;
    return [{ path: ["minimumLot", "unit"], code: "dimension_mismatch", message }];
  }
  if (measure.per === "year") {
    const message = `a lot is an amount, such as ${canonicalUnits[dimension]}; ${lot.unit} is a rate.`;
    return [{ path: ["minimumLot", "unit"], code: "rate_against_amount", message }];
  }
  const faults = checkRange(lot.amount, measure.factor, ["minimumLot", "amount"]);
  const whole = readMeasure(quantity.unit);
  const isOver =
    whole.ok &&
    whole.measure.per === "once" &&
    lot.amount * measure.factor > quantity.amount * whole.measure.factor * (1 + 1e-9);
  if (isOver)
    faults.push({
      path: ["minimumLot", "amount"],
      code: "lot_over_quantity",
      message: "the lot is more than the quantity.",
    });
  return faults;
}

function checkRange(amount: number, factor: number, path: string[]): Fault[] {
  const { least, most } = canonicalRange;
  const value = amount * factor;
  if (value >= least && value <= most) return [];
  const message = amount > 0 ? "the amount is beyond any that a flow can have." : "the amount must be more than 0.";
  return [{ path, code: "amount_out_of_range", message }];
}

function basisMessage(quantity: FlowQuantityShape, dimension: Dimension): string {
  const amount = canonicalUnits[dimension];
  if (quantity.basis === "rate")
    return `${quantity.unit} is an amount; the basis rate needs a rate, such as ${amount}/a.`;
  const each = quantity.basis === "recurring" ? "the amount of each time" : "an amount";
  return `${quantity.unit} is a rate; the basis ${quantity.basis} needs ${each}, such as ${amount}.`;
}
