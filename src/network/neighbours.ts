import type { FlowLink, PartyKey } from "./flowLinks.ts";
import { createPartyGraph } from "./partyGraph.ts";
import type { StepBudget } from "./stepBudget.ts";

export type Neighbour = {
  key: PartyKey;
  /** Links on the shortest way from the party that was asked about. */
  steps: number;
  /** Of the best link from a party one step nearer, 0..1. */
  score: number;
};

export type Neighbourhood = {
  /** Nearest first, then by score, then by key; without the party that was asked about. */
  neighbours: Neighbour[];
  /** All links among those and the party, in the order given. */
  links: FlowLink[];
  isTruncated: boolean;
};

export type NeighbourSearch = { from: PartyKey; steps: number; limit: number };

/** Who is linked with a party, over at most `steps` links walked in either direction. */
export function findNeighbours(
  links: readonly FlowLink[],
  { from, steps, limit }: NeighbourSearch,
  budget: StepBudget,
): Neighbourhood {
  const { keys, linked, numberOf } = createPartyGraph([from], links);
  const start = numberOf(from)!;
  const reached = new Set([start]);
  const neighbours: Neighbour[] = [];
  let ring = [start];
  for (let step = 1; step <= steps && ring.length > 0 && !budget.isSpent; step++) {
    const scores = new Map<number, number>();
    for (const party of ring)
      for (const { party: next, link } of linked[party]!) {
        if (!budget.spend()) break;
        if (!reached.has(next)) scores.set(next, Math.max(link.score, scores.get(next) ?? 0));
      }
    const found = Array.from(scores, ([party, score]) => ({ party, score })).sort(
      (one, other) => other.score - one.score || one.party - other.party,
    );
    ring = found.map(({ party }) => party);
    for (const { party, score } of found) {
      reached.add(party);
      neighbours.push({ key: keys[party]!, steps: step, score });
    }
  }
  const kept = neighbours.slice(0, limit);
  const shown = new Set([from, ...kept.map(({ key }) => key)]);
  return {
    neighbours: kept,
    links: links.filter((link) => shown.has(link.from) && shown.has(link.to)),
    isTruncated: budget.isSpent || kept.length < neighbours.length,
  };
}
