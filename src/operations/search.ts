import type { FlowId } from "../domain/ids.ts";
import type { RankedPair, RankOptions } from "../matching/matcher.ts";
import type { Party } from "../matching/party.ts";
import type { Candidate } from "../stores/spatial/candidates.ts";
import type { RequestContext } from "./context.ts";

/**
 * Candidates are fetched and scored in pages, so that no page stalls the isolate: few at first, for they mostly suffice, then
 * twice as many each time, for every page asks the database for the bounds of all.
 */
const candidatesPerPage = 200;
const maximumPerPage = 1_600;
/** Near misses are looked for among this many of the likeliest candidates. */
const nearMissCandidates = 1_000;

/**
 * The exactly best matches of a subject: pages come by descending upper bound of the score, and the search stops at the
 * first whose bound cannot beat the worst match kept. One round trip a page. `recorded` holds the counterparts whose pair
 * has a record.
 */
export async function searchMatches(
  context: RequestContext,
  subject: Party,
  options: Required<RankOptions>,
  pageSize = candidatesPerPage,
): Promise<{ pairs: RankedPair[]; recorded: Set<FlowId> }> {
  const { readMatcher, candidates } = context.services;
  const matcher = await readMatcher();
  const search = matcher.search(subject);
  const best = matcher.createBestMatches(subject, options);
  const recorded = new Set<FlowId>();
  let after: Candidate | null = null;
  for (let limit = pageSize; ; limit = Math.min(2 * limit, maximumPerPage)) {
    const page = await candidates.findPage(context, search, "match", { after, limit });
    best.add(page.candidates.map(({ party }) => party));
    for (const candidate of page.candidates) if (candidate.isRecorded) recorded.add(candidate.party.flowId);
    after = page.candidates.at(-1) ?? null;
    if (page.isLast || after === null || after.bound < best.scoreToBeat()) return { pairs: best.results(), recorded };
  }
}

/** Pairs that one gate narrowly refuses, within the limits that the near table widens. */
export async function searchNearMisses(context: RequestContext, subject: Party, limit: number): Promise<RankedPair[]> {
  const { readMatcher, candidates } = context.services;
  const matcher = await readMatcher();
  const search = matcher.search(subject);
  const parties: Party[] = [];
  let after: Candidate | null = null;
  while (parties.length < nearMissCandidates) {
    const page = await candidates.findPage(context, search, "near", { after, limit: candidatesPerPage });
    parties.push(...page.candidates.map(({ party }) => party));
    after = page.candidates.at(-1) ?? null;
    if (page.isLast || after === null) break;
  }
  return matcher.nearMisses(subject, parties, { limit });
}
