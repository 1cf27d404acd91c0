import type { FlowId, MatchId } from "../domain/ids.ts";
import type { GateVerdict } from "../domain/match.ts";
import type { Currency } from "../domain/price.ts";

/**
 * `match`: no gate is `near` or `fail`; `near_miss`: exactly one is `near` and none is `fail`; else `no_match`.
 */
export const verdicts = ["match", "near_miss", "no_match"] as const;
export type Verdict = (typeof verdicts)[number];

/** In the order of evaluation; the quality gates come after `resource`, in alphabetical order of their properties. */
export type GateName =
  | "resource"
  | `quality.${string}`
  | "quantity"
  | "temporal"
  | "distance"
  | "hazard"
  | "permit"
  | "party"
  | "price"
  | "economics";

/** What the answer of a gate is about; `unit` is UCUM, or a currency per unit for a price. */
export type Shortfall = { amount: number; unit: string };

export type GateResult = {
  gate: GateName;
  verdict: GateVerdict;
  /** By how much the pair falls short; stated when `near`, and when `fail` where it can be measured. */
  short: Shortfall | null;
  /** What would close a `near` gate: "A heat pump that lifts 45 K". */
  closes: string | null;
  /** The facts that the verdict rests on, as a sentence. */
  detail: string;
};

export const termNames = ["quality", "quantity", "temporal", "proximity", "economics", "trust"] as const;
export type TermName = (typeof termNames)[number];

export type TermResult = {
  term: TermName;
  /** 0 to 1, and the ends it can take within what is uncertain. */
  value: number;
  low: number;
  high: number;
  weight: number;
  /** `weight * value`, down to a multiple of 2^-40, so that the six contributions sum to the score exactly. */
  contribution: number;
  sentence: string;
};

/** A decimal amount in the money's currency, with its ends; `seller + buyer` of all parts is the joint value. */
export type MoneyPart = { label: string; side: "seller" | "buyer" | "both"; amount: string; low: string; high: string };

export type Money = {
  /** Whether the amounts come every year or, for a one-off quantity, once. */
  basis: "per_year" | "once";
  /** Decimal strings with two places; `seller + buyer = joint`, each bearing half of the transaction cost. */
  perYear: { joint: string; seller: string; buyer: string; currency: Currency };
  /** Ends of the joint value. */
  low: string;
  high: string;
  /** The price that the two gains follow from; null when nothing can be exchanged. */
  price: { amount: string; currency: Currency; per: string; from: "both" | "output" | "input" | "even_split" } | null;
  /** The summands of the joint value. A price is none of them: it moves value between the sides only. */
  parts: readonly MoneyPart[];
};

export type CarbonPart = { label: string; kg: number; low: number; high: number };

/** kg CO2 equivalent, in a year or once as `money.basis` says; negative where the way costs more than is avoided. */
export type Carbon = {
  avoidedKgPerYear: number;
  low: number;
  high: number;
  parts: readonly CarbonPart[];
};

/** One pair with every gate's verdict and every term: the operator's full view. */
export type Evaluation = {
  matchId: MatchId;
  outputFlowId: FlowId;
  inputFlowId: FlowId;
  verdict: Verdict;
  /** 0 to 1: the sum of the terms' contributions; `low` and `high` are its ends within what is uncertain. */
  score: number;
  low: number;
  high: number;
  /**
   * Great circle between the two positions, and the ends that it can have where a cell stands for a place: the nearest and
   * the farthest that the true places can be. All three are the same where both places are known.
   */
  distanceMeters: number;
  distanceLowMeters: number;
  distanceHighMeters: number;
  /** What can be exchanged, in the input's unit (a rate, or an amount for one-off flows); null when nothing can. */
  quantity: { amount: number; unit: string } | null;
  gates: readonly GateResult[];
  terms: readonly TermResult[];
  money: Money;
  carbon: Carbon;
};
