import { convertValue, parseUnit } from "../domain/ucum.ts";
import type { ClosingMeasure, NearThreshold } from "../domain/reference/types.ts";
import type { MatchingTables } from "./tables.ts";

/** By how much a gate may fail and still be worth telling, with what closes it. */
export type NearLimit = {
  /** Absolute ones of quality in the coherent unit of the property. */
  value: number;
  isRelative: boolean;
  /** The unit in which the shortfall is told, and one of it in the coherent unit. */
  unit: string | null;
  perUnit: number;
  measure: ClosingMeasure | null;
  /** Said where no measure has a phrase. */
  closedBy: string | null;
};

export type NearLimits = {
  distance: NearLimit | null;
  quantity: NearLimit | null;
  temporal: NearLimit | null;
  permit: NearLimit | null;
  price: NearLimit | null;
  quality: ReadonlyMap<string, NearLimit>;
};

export function compileNearLimits(tables: MatchingTables): NearLimits {
  const byGate = new Map(tables.near.map((threshold) => [threshold.gate, compile(threshold, tables)]));
  const of = (gate: string) => byGate.get(gate) ?? null;
  return {
    distance: of("distance"),
    quantity: of("quantity"),
    temporal: of("temporal"),
    permit: of("permit"),
    price: of("price"),
    quality: new Map(
      [...byGate].flatMap(([gate, limit]) => (gate.startsWith("quality.") ? [[gate.slice(8), limit] as const] : [])),
    ),
  };
}

function compile(threshold: NearThreshold, tables: MatchingTables): NearLimit {
  const perUnit = threshold.gate.startsWith("quality.") ? coherentStep(threshold.unit) : 1;
  const isRelative = threshold.measure === "relative";
  return {
    value: isRelative ? threshold.value : threshold.value * perUnit,
    isRelative,
    unit: threshold.unit,
    perUnit,
    measure: threshold.closedBy === null ? null : (tables.closing[threshold.closedBy] ?? null),
    closedBy: threshold.closedBy,
  };
}

/** The size of one step of a unit in the coherent unit: 1 for `K` and `Cel`, 0.01 for `%`. */
function coherentStep(code: string | null): number {
  const parsed = code === null ? null : parseUnit(code);
  if (!parsed?.ok) return 1;
  return parsed.unit.factor;
}

/** What would close the gate, in words: "A heat pump that lifts 45 K". */
export function phraseClosing(limit: NearLimit, amount: string, unit: string, otherwise: string): string {
  const phrase = limit.measure?.phrase;
  return phrase ? phrase.replace("{amount}", amount).replace("{unit}", unit) : otherwise;
}
