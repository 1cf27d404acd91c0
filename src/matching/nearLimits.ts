import type { ClosingMeasure, NearThreshold } from "../domain/reference/types.ts";
import { parseUnit } from "../domain/ucum.ts";
import { type ClosingCost, compileClosingCosts } from "./closingCosts.ts";
import type { MatchingTables } from "./tables.ts";

/** By how much a gate may fail and still be worth telling, with what closes it. */
export type NearLimit = {
  measure: NearThreshold["measure"];
  /** Absolute ones of quality in the coherent unit of the property. */
  value: number;
  /** The unit in which an absolute shortfall is told, and one of it in the coherent unit. */
  unit: string | null;
  perUnit: number;
  closing: ClosingMeasure | null;
  costs: readonly ClosingCost[];
};

/** The two sides on which a property can fail. */
export type QualityNearLimits = { below: NearLimit | null; above: NearLimit | null };

export type NearLimits = {
  distance: NearLimit | null;
  quantity: NearLimit | null;
  temporal: NearLimit | null;
  permit: NearLimit | null;
  price: NearLimit | null;
  qualityOf(property: string): QualityNearLimits;
};

const anyProperty = "quality.*";

export function compileNearLimits(tables: MatchingTables): NearLimits {
  const byGate = Map.groupBy(tables.near, ({ gate }) => gate);
  const find = (gate: string, direction: "below" | "above" | null): NearLimit | null => {
    const threshold = byGate
      .get(gate)
      ?.find((row) => direction === null || row.direction === "either" || row.direction === direction);
    return threshold ? compile(threshold, tables) : null;
  };
  return {
    distance: find("distance", null),
    quantity: find("quantity", null),
    temporal: find("temporal", null),
    permit: find("permit", null),
    price: find("price", null),
    qualityOf(property) {
      // What is stated for a property by its own name leaves nothing to the row for any other.
      const gate = byGate.has(`quality.${property}`) ? `quality.${property}` : anyProperty;
      return { below: find(gate, "below"), above: find(gate, "above") };
    },
  };
}

function compile(threshold: NearThreshold, tables: MatchingTables): NearLimit {
  const isProperty = threshold.gate.startsWith("quality.");
  const unit = isProperty && threshold.unit !== null ? parseUnit(threshold.unit) : null;
  const perUnit = unit?.ok ? unit.unit.factor : 1;
  const closing = threshold.closedBy === null ? null : (tables.closing[threshold.closedBy] ?? null);
  return {
    measure: threshold.measure,
    value: threshold.measure === "absolute" ? threshold.value * perUnit : threshold.value,
    unit: threshold.unit,
    perUnit,
    closing,
    costs: compileClosingCosts(closing, tables),
  };
}

/** Whether `value`, which lies beyond `bound` by `short`, is within the limit. */
export function isNear(limit: NearLimit | null, value: number, bound: number, short: number): boolean {
  if (limit === null) return false;
  const slack = 1 + 1e-9;
  if (limit.measure === "absolute" || limit.measure === "count") return short <= limit.value * slack;
  if (limit.measure === "relative") return short <= limit.value * Math.abs(bound) * slack;
  const [least, most] = value < bound ? [value, bound] : [bound, value];
  return least > 0 && most / least <= limit.value * slack;
}

/** What would close the gate, in words: "A heat pump that lifts 45 K". */
export function phraseClosing(limit: NearLimit | null, amount: string, unit: string): string | null {
  if (!limit?.closing) return null;
  return limit.closing.phrase.replace("{amount}", amount).replace(" {unit}", unit ? ` ${unit}` : "");
}
