import type { Actor } from "../domain/actor.ts";
import type { FlowId } from "../domain/ids.ts";
import type { Coarseness } from "../matching/candidateSearch.ts";
import type { Evaluation } from "../matching/evaluation.ts";
import type { RankedPair, RankOptions } from "../matching/matcher.ts";
import type { Party } from "../matching/party.ts";
import type { Candidate, SightedParty } from "../stores/spatial/candidates.ts";
import type { RequestContext } from "./context.ts";
import { coarsenessFor, isHiddenFrom, partyFor, partyForAnyone } from "./disclosure.ts";
import { scoreStepAllowance, stepScore } from "./matchView.ts";

/**
 * Candidates are fetched and scored in pages, so that no page stalls the isolate: few at first, for they mostly suffice, then
 * twice as many each time, for every page asks the database for the bounds of all.
 */
const candidatesPerPage = 200;
const maximumPerPage = 1_600;
/** Near misses are looked for among this many of the likeliest candidates. */
const nearMissCandidates = 1_000;

/** A counterpart as it is, with the pair evaluated as the searcher may know it. */
export type FoundPair = { counterpart: SightedParty; evaluation: Evaluation } & Pick<
  Candidate,
  "isRecorded" | "floorScore"
>;

/** For whom a search is made: it sees counterparts, and scores them, as that one may know them. */
export type Searcher = {
  /** What it may know of a counterpart. */
  see(party: SightedParty): Party;
  /** Whether it sees a pair with this counterpart in steps only. */
  isHidden(party: SightedParty): boolean;
  coarseness(subject: Party): Coarseness;
};

export function searcherFor(actor: Actor): Searcher {
  return {
    see: (party) => partyFor(actor, party),
    isHidden: (party) => isHiddenFrom(actor, party),
    coarseness: (subject) => coarsenessFor(actor, subject),
  };
}

/** What anybody would find, on which depends what is recorded for both sides. */
export const searcherForAnyone: Searcher = {
  see: partyForAnyone,
  isHidden: () => false,
  coarseness: (subject) => coarsenessFor(null, subject),
};

/**
 * The exactly best matches of a subject: pages come by descending upper bound of the score, and the search stops at the
 * first whose bound cannot beat the worst match kept. One round trip a page. `withRoom` leaves out those among whose own best
 * matches the pair cannot be.
 */
export async function searchMatches(
  context: RequestContext,
  searcher: Searcher,
  subject: Party,
  { withRoom = false, ...options }: Required<Pick<RankOptions, "limit" | "minScore">> & { withRoom?: boolean },
  pageSize = candidatesPerPage,
): Promise<FoundPair[]> {
  const { readMatcher, candidates } = context.services;
  const matcher = await readMatcher();
  const search = matcher.search(subject);
  const coarseness = searcher.coarseness(subject);
  const found = new Map<FlowId, Candidate>();
  const best = matcher.createBestMatches(subject, {
    ...options,
    showScore: ({ flowId }, score) => (searcher.isHidden(found.get(flowId)!.party) ? stepScore(score) : score),
  });
  const allowance = coarseness.slackMeters > 0 ? scoreStepAllowance : 0;
  let after: Candidate | null = null;
  for (let limit = pageSize; ; limit = Math.min(2 * limit, maximumPerPage)) {
    const page = await candidates.findPage(context, search, "match", { after, limit, coarseness, withRoom });
    for (const candidate of page.candidates) found.set(candidate.party.flowId, candidate);
    best.add(page.candidates.map(({ party }) => searcher.see(party)));
    after = page.candidates.at(-1) ?? null;
    if (page.isLast || after === null || after.bound + allowance < best.scoreToBeat())
      return withCounterparts(best.results(), found);
  }
}

/** Pairs that one gate narrowly refuses, within the limits that the near table widens. */
export async function searchNearMisses(
  context: RequestContext,
  searcher: Searcher,
  subject: Party,
  limit: number,
): Promise<FoundPair[]> {
  const { readMatcher, candidates } = context.services;
  const matcher = await readMatcher();
  const search = matcher.search(subject);
  const coarseness = searcher.coarseness(subject);
  const found = new Map<FlowId, Candidate>();
  const parties: Party[] = [];
  let after: Candidate | null = null;
  while (parties.length < nearMissCandidates) {
    const page = await candidates.findPage(context, search, "near", { after, limit: candidatesPerPage, coarseness });
    for (const candidate of page.candidates) found.set(candidate.party.flowId, candidate);
    parties.push(...page.candidates.map(({ party }) => searcher.see(party)));
    after = page.candidates.at(-1) ?? null;
    if (page.isLast || after === null) break;
  }
  return withCounterparts(matcher.nearMisses(subject, parties, { limit }), found);
}

function withCounterparts(pairs: readonly RankedPair[], found: ReadonlyMap<FlowId, Candidate>): FoundPair[] {
  return pairs.map(({ party, evaluation }) => {
    const { party: counterpart, isRecorded, floorScore } = found.get(party.flowId)!;
    return { counterpart, evaluation, isRecorded, floorScore };
  });
}
