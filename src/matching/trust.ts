import type { PrecisionLevel } from "../domain/flow.ts";
import type { Party } from "./party.ts";
import type { Scoring } from "./tables.ts";

/**
 * How far one side's figures and word can be relied on, 0 to 1: how its quantity was found, whether its organization is
 * verified, and what it has delivered, `n / (n + half)` of n completed exchanges.
 */
export function computeSideTrust(
  trust: Scoring["trust"],
  level: PrecisionLevel,
  { verified, exchangesCompleted }: Party["organization"],
): number {
  return (
    trust.precisionShare * trust.levels[level] +
    (verified ? trust.verifiedShare : 0) +
    (trust.exchangesShare * exchangesCompleted) / (exchangesCompleted + trust.exchangesAtHalf)
  );
}
