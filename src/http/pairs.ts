import type * as z from "zod";
import type { MatchView } from "../operations/matches.ts";
import type { EvaluationView } from "../operations/matchView.ts";
import type { matchSchema, nearMissSchema, rankedPairSchema } from "./schemas/match.ts";

/** A pair of a ranked list; its gates and terms where they are asked for. */
export function answerPair(
  { gates, terms, ...pair }: EvaluationView,
  explain: boolean,
): z.infer<typeof rankedPairSchema> {
  return (explain ? { ...pair, gates, terms } : pair) as z.infer<typeof rankedPairSchema>;
}

/** A near miss with the one gate that fails narrowly. */
export function answerNearMiss(pair: EvaluationView, explain: boolean): z.infer<typeof nearMissSchema> {
  const near = pair.gates.find((gate) => gate.verdict === "near");
  return { ...answerPair(pair, explain), near } as z.infer<typeof nearMissSchema>;
}

export function answerMatch({ matchId: _matchId, ...match }: MatchView): z.infer<typeof matchSchema> {
  return match as unknown as z.infer<typeof matchSchema>;
}
