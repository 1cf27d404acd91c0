import type * as z from "zod";
import type { MatchView, PairView } from "../operations/matches.ts";
import type { matchSchema, nearMissSchema, rankedPairSchema } from "./schemas/match.ts";

/** A pair of a ranked list; its gates and terms where they are asked for. */
export function answerPair({ gates, terms, ...pair }: PairView, explain: boolean): z.infer<typeof rankedPairSchema> {
  return (explain ? { ...pair, gates, terms } : pair) as z.infer<typeof rankedPairSchema>;
}

/** A near miss with the one gate that fails narrowly. */
export function answerNearMiss(pair: PairView, explain: boolean): z.infer<typeof nearMissSchema> {
  const near = pair.gates.find((gate) => gate.verdict === "near");
  return { ...answerPair(pair, explain), near } as z.infer<typeof nearMissSchema>;
}

export function answerMatch({ matchId: _matchId, ...match }: MatchView): z.infer<typeof matchSchema> {
  return match as unknown as z.infer<typeof matchSchema>;
}
