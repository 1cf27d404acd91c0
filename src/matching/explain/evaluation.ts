import { matchIdOf } from "../../domain/ids.ts";
import type { Evaluation, Verdict } from "../evaluation.ts";
import { match, nearMiss } from "../kernel.ts";
import { at } from "../pair.ts";
import { explainCarbon } from "./carbon.ts";
import { explainGates } from "./gates.ts";
import { explainMoney } from "./money.ts";
import { type Explained, inUnitOf } from "./subject.ts";
import { explainTerms } from "./terms.ts";
import { tidy } from "./words.ts";

/** The numbers of a pair that the kernel has evaluated in full, with words. Nothing is decided here. */
export function explainEvaluation(explained: Explained, verdict: number): Evaluation {
  const { pair, output, input } = explained;
  const { figures } = pair;
  const money = explainMoney(explained);
  const quantity = figures[at.quantity + 1]!;
  return {
    matchId: matchIdOf(output.flowId, input.flowId),
    outputFlowId: output.flowId,
    inputFlowId: input.flowId,
    verdict: nameVerdict(verdict),
    score: figures[at.score + 1]!,
    low: figures[at.score]!,
    high: figures[at.score + 2]!,
    distanceMeters: tidy(figures[at.distanceMeters]!),
    distanceLowMeters: tidy(figures[at.nearestMeters]!),
    distanceHighMeters: tidy(figures[at.farthestMeters]!),
    quantity: quantity > 0 ? inUnitOf(input, quantity) : null,
    gates: explainGates(explained),
    terms: explainTerms(explained, money),
    money,
    carbon: explainCarbon(explained),
  };
}

function nameVerdict(code: number): Verdict {
  return code === match ? "match" : code === nearMiss ? "near_miss" : "no_match";
}
