import {
  type Exponents,
  maximumUnitLength,
  quoteUnit,
  readUnit,
  type UnitFailureReason,
  type UnitRefusal,
} from "./ucumReader.ts";
import { suggestUnit } from "./ucumSpelling.ts";

/** A unit of measure that UCUM knows, reduced to the coherent unit of its dimension (mass in kg, charge in C). */
export type Unit = {
  /** As written. */
  code: string;
  /** The coherent unit itself in canonical order, so that equal dimensions are equal strings: `kg.m2.s-2`, `m3`, `1`. */
  dimension: string;
  /** One of this unit in the coherent unit. */
  factor: number;
  /** Zero of the scale in the coherent unit (273.15 for `Cel`); null for units that measure from zero, which is most. */
  offset: number | null;
  /** Whether time stands over time, as in `h/a`, which has no dimension and yet is no count. */
  isTimeOverTime: boolean;
};

export type UnitFailure = { ok: false; reason: UnitFailureReason; message: string };
export type UnitResult = { ok: true; unit: Unit } | UnitFailure;

const memoSize = 1_000;

const memo = new Map<string, UnitResult>();

/**
 * Reads a UCUM code (case-sensitive form): `t/a`, `kW.h`, `mg/L{N}`. At most 64 characters; never throws, and the message
 * of a refusal names the right spelling where it is known. `Cel`, `[degF]` and `[pH]` stand alone.
 * Grammar: The Unified Code for Units of Measure, section 2 (https://ucum.org/ucum).
 */
export function parseUnit(code: string): UnitResult {
  const known = memo.get(code);
  if (known) return known;
  const result = resolve(code);
  if (code.length <= maximumUnitLength) {
    // Once full it starts afresh: real callers use a few dozen units, so this only bounds what hostile input can hold.
    if (memo.size >= memoSize) memo.clear();
    memo.set(code, result);
  }
  return result;
}

/** A value on one unit's scale on the other's; null where their dimensions differ. */
export function convertValue(value: number, from: Unit, to: Unit): number | null {
  if (from.dimension !== to.dimension) return null;
  if (from.offset === null && to.offset === null) return (value * from.factor) / to.factor;
  return (value * from.factor + (from.offset ?? 0) - (to.offset ?? 0)) / to.factor;
}

/** A value in the coherent unit of its dimension: K, Pa, kg/m3, 1. */
export function toCoherent(value: number, unit: Unit): number {
  return value * unit.factor + (unit.offset ?? 0);
}

function resolve(code: string): UnitResult {
  const reading = readUnit(code);
  if (!reading.ok) return { ok: false, ...explain(code, reading) };
  const { factor, offset } = reading;
  const dimension = formatDimension(reading.exponents);
  const isTimeOverTime = dimension === "1" && reading.hasTimeAbove && reading.hasTimeBelow;
  return { ok: true, unit: { code, dimension, factor, offset, isTimeOverTime } };
}

/** Mass first, as it is usually read; each with its place among the exponents. */
const baseUnits = [
  ["kg", 2],
  ["m", 0],
  ["s", 1],
  ["rad", 3],
  ["K", 4],
  ["C", 5],
  ["cd", 6],
] as const;

function formatDimension(exponents: Exponents): string {
  let text = "";
  for (const [symbol, place] of baseUnits) {
    const exponent = exponents[place]!;
    if (exponent !== 0) text += `${text && "."}${symbol}${exponent === 1 ? "" : exponent}`;
  }
  return text || "1";
}

function explain(code: string, { reason, message }: UnitRefusal): Omit<UnitFailure, "ok"> {
  if (reason !== "unknown_unit" && reason !== "malformed_unit") return { reason, message };
  if (code.trim() === "")
    return { reason: "malformed_unit", message: "The unit is empty; write 1 for a plain number." };
  const what = `${quoteUnit(code)} is not UCUM`;
  const advice = suggestUnit(code, (candidate) => candidate !== code && readUnit(candidate).ok);
  if (advice) return { reason: "unknown_unit", message: `${what}; ${advice}.` };
  const cause =
    reason === "malformed_unit" ? `: ${message}` : message === code ? "" : `: there is no unit ${quoteUnit(message)}`;
  return { reason, message: `${what}${cause}; see /v1/taxonomy/units.` };
}
