import type { GateVerdict } from "../domain/match.ts";

/** Verdicts as the kernel writes them. The order matters: from `near` on, a pair is no match. */
export const pass = 0;
export const unknown = 1;
export const uncertain = 2;
export const near = 3;
export const fail = 4;

const names: readonly GateVerdict[] = ["pass", "unknown", "uncertain", "near", "fail"];

export const verdictName = (code: number): GateVerdict => names[code]!;

/** Slots of the gates that every pair has, in the order of evaluation; the quality gates have their own. */
export const gateSlots = {
  resource: 0,
  quantity: 1,
  temporal: 2,
  distance: 3,
  hazard: 4,
  permit: 5,
  party: 6,
  price: 7,
  economics: 8,
} as const;

/**
 * Slack for comparisons of figures that were converted between units, relative to their size: conversions are exact to
 * 1e-9 and 140 Cel must not be colder than 413.15 K.
 */
export const comparisonSlack = 1e-9;

/** Whether `value` is at least `bound` within the slack of conversions. Infinite ends compare as they are. */
export function isAtLeast(value: number, bound: number): boolean {
  return value >= bound || value >= bound - comparisonSlack * Math.max(1, Math.abs(bound));
}
