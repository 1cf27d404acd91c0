import { maximumProperties } from "../domain/quality.ts";
import type { Interner } from "./interner.ts";
import type { Rules } from "./rules.ts";
import { gateSlots } from "./verdictCodes.ts";

/**
 * Slots of a pair's figures. Amounts are in the input's canonical unit, money in EUR, per year or once; of three in a row
 * the first is the low end, the second the middle and the third the high end.
 */
export const at = {
  /** Code of the grades' relation (`relationCodes`), whether codes made it equal, and the quality factor of both. */
  relation: 0,
  isEqualByCode: 1,
  qualityFactor: 2,
  approachKelvin: 3,
  qualityCount: 4,
  /** Canonical units of the output's dimension in one of the input's; 1 where they are the same. */
  bridge: 5,
  quantityReason: 6,
  sharedHours: 7,
  /** Hours that quantities follow from: those shared, or that a longer season would share. */
  usedHours: 8,
  seasonMonthsShort: 9,
  /** Three in a row: the distance of the positions between the ends that the true places can have. */
  nearestMeters: 10,
  distanceMeters: 11,
  farthestMeters: 12,
  limitMeters: 13,
  missingPermits: 14,
  partyReason: 15,
  /** EUR for one canonical unit of the input, by which the ask is over the bid. */
  priceGap: 16,
  /** Share of heat that the two temperature levels let pass. */
  heatShare: 17,
  /** Share of the supply that the way leaves. */
  arrivingShare: 20,
  quantity: 23,
  /** EUR for one unit: of what the need would otherwise cost, disposal avoided, both treatments, freight and pumping. */
  virgin: 26,
  disposal: 29,
  treatment: 32,
  freight: 33,
  pumping: 36,
  /** EUR whatever the quantity: pipe, line or journeys; what closes a near gate, whole and for one unit. */
  carriageFixed: 39,
  closingFixed: 42,
  closingPerUnit: 45,
  transaction: 48,
  /** The sums of what is paid for one unit, and whatever the quantity. */
  paidPerUnit: 51,
  paidFixed: 54,
  joint: 57,
  /** Whether a figure of the money is neither stated nor usual for the grade. */
  isMoneyUnknown: 60,
  score: 61,
  /** Whether the temperature of heat is short by as little as a heat pump could lift. */
  isTemperatureNear: 64,
  count: 65,
} as const;

/** Reasons of the quantity gate. */
export const quantityReasons = { fits: 0, dimension: 1, basis: 2, nothingLeft: 3, supplyLot: 4, needLot: 5 } as const;

/** Reasons of the party gate. */
export const partyReasons = { fits: 0, sameOrganization: 1, blockedByOutput: 2, blockedByInput: 3 } as const;

/** Everything that the kernel finds out about one pair, written over for the next one. */
export type Pair = {
  readonly rules: Rules;
  readonly interner: Interner;
  /** Verdict codes by `gateSlots`. */
  readonly gates: Uint8Array;
  /** Of the input's properties in their order: verdict, the amount short in the coherent unit and on which side. */
  readonly qualityVerdicts: Uint8Array;
  readonly qualityShort: Float64Array;
  /** Low, value, high of each term, in the order of `termNames`; then their contributions. */
  readonly terms: Float64Array;
  readonly contributions: Float64Array;
  readonly figures: Float64Array;
};

export function createPair(rules: Rules, interner: Interner): Pair {
  return {
    rules,
    interner,
    gates: new Uint8Array(Object.keys(gateSlots).length),
    qualityVerdicts: new Uint8Array(maximumProperties),
    qualityShort: new Float64Array(maximumProperties),
    terms: new Float64Array(18),
    contributions: new Float64Array(18),
    figures: new Float64Array(at.count),
  };
}

/** Where a term's three ends begin. */
export const termAt = { quality: 0, quantity: 3, temporal: 6, proximity: 9, economics: 12, trust: 15 } as const;

export function writeTriple(to: Float64Array, slot: number, low: number, value: number, high: number) {
  to[slot] = low;
  to[slot + 1] = value;
  to[slot + 2] = high;
}
