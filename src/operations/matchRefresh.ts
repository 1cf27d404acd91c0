import { type MatchId, matchIdOf } from "../domain/ids.ts";
import type { DueFlow } from "../stores/records/matchRefreshes.ts";
import type { ScoredPair } from "../stores/records/matchScores.ts";
import type { RecordedPair, SightedParty, Subject } from "../stores/spatial/candidates.ts";
import type { RequestContext } from "./context.ts";
import { partyForAnyone } from "./disclosure.ts";
import { type FoundPair, searcherForAnyone, searchMatches } from "./search.ts";
import { inOrder, openScoring, type ScorePair, suggestionThreshold } from "./suggestions.ts";

/** And at most so many more that are among the best of their counterparts. */
const maximumForOthers = 500;
/** Recorded matches that are scored and written together. */
const recordedPerPage = 50;

/**
 * Computes the matches of a flow as it is now: its best pairs, `limit` at most, and those among the best of the other side get records, those that have one are scored anew, and what no
 * longer holds is superseded where nobody has acted on it. Any number of times, in any order with other computations: the same end.
 */
export async function refreshFlow(context: RequestContext, due: DueFlow, limit: number): Promise<void> {
  const { services } = context;
  const { scorePair, taxonomyVersion } = await openScoring(context);
  const first = await services.candidates.findRecorded(context, due.flowId, firstPage);
  // Deleted for good, and its place in the queue with it.
  if (!first) return;
  const { subject } = first;
  const found = subject.isActive ? await findSuggestions(context, subject.party, limit) : [];
  const known = new Set<MatchId>();
  for (let page = first; ; ) {
    for (const { matchId } of page.pairs) known.add(matchId);
    await refreshRecorded(context, page.subject, page.pairs, scorePair);
    const last = page.pairs.at(-1);
    const next =
      last && page.pairs.length === recordedPerPage
        ? await services.candidates.findRecorded(context, due.flowId, { ...firstPage, after: last.matchId })
        : null;
    if (!next) break;
    page = next;
  }
  const fresh = found
    .map(({ counterpart }) => inOrder(subject, { party: counterpart, isActive: true }))
    .filter(([output, input]) => !known.has(matchIdOf(output.party.flowId, input.party.flowId)));
  await suggest(
    context,
    subject.party,
    fresh.map((sides) => scorePair(...sides)),
  );
  if (!subject.isActive) await services.matchRefreshes.requestDisplacedBy(due.flowId, context.at);
  const { version, basis } = subject.party;
  const floorScore = found[limit - 1]?.evaluation.score ?? null;
  const computation = { basis: [version, ...basis], taxonomyVersion, floorScore };
  await services.matchRefreshes.finish(due, computation, context.at);
}

const firstPage: { after: MatchId | null; limit: number } = { after: null, limit: recordedPerPage };

/**
 * The best pairs of a flow and, where those are not all, further ones that are among the best of their counterpart. By what anyone
 * may know of both sides, for a record is seen by both.
 */
async function findSuggestions(context: RequestContext, party: SightedParty, limit: number): Promise<FoundPair[]> {
  const seen = partyForAnyone(party);
  const minScore = suggestionThreshold;
  const best = await searchMatches(context, searcherForAnyone, seen, { limit, minScore });
  if (best.length < limit) return best;
  const options = { limit: limit + maximumForOthers, minScore, withRoom: true };
  const others = await searchMatches(context, searcherForAnyone, seen, options);
  const isKnown = new Set(best.map(({ counterpart }) => counterpart.flowId));
  return [
    ...best,
    ...others.filter(
      ({ counterpart, evaluation, floorScore }) =>
        !isKnown.has(counterpart.flowId) && (floorScore === null || evaluation.score >= floorScore),
    ),
  ];
}

/** Those that were superseded are suggested again where they hold; all others are scored anew. */
async function refreshRecorded(
  context: RequestContext,
  subject: Subject,
  pairs: readonly RecordedPair[],
  scorePair: ScorePair,
): Promise<void> {
  const rescored: ScoredPair[] = [];
  const suggested: ScoredPair[] = [];
  for (const { state, isOutput, counterpart } of pairs) {
    const pair = isOutput ? scorePair(subject, counterpart) : scorePair(counterpart, subject);
    if (state !== "superseded") rescored.push(pair);
    else if (isSuggested(pair)) suggested.push(pair);
  }
  await context.services.matchScores.rescore(context, subject.party, rescored);
  await suggest(context, subject.party, suggested);
}

function isSuggested({ common, flowsActive }: ScoredPair): boolean {
  return flowsActive && common.isMatch && common.score >= suggestionThreshold;
}

/** A pair that somebody else has recorded meanwhile may have been scored from something older. */
async function suggest(context: RequestContext, party: SightedParty, pairs: readonly ScoredPair[]): Promise<void> {
  const { matchScores } = context.services;
  const recorded = new Set(await matchScores.suggest(context, party.organizationId, pairs, suggestionThreshold));
  const others = pairs.filter(({ evaluation }) => !recorded.has(evaluation.matchId));
  await matchScores.rescore(context, party, others);
}
