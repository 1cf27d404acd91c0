import { measureBetweenness } from "./betweenness.ts";
import type { FlowLink, PartyKey } from "./flowLinks.ts";
import { createPartyGraph } from "./partyGraph.ts";
import { drawNumbers } from "./randomOrder.ts";
import type { StepBudget } from "./stepBudget.ts";

export type Hub = {
  key: PartyKey;
  /** Parties that it is linked with. */
  degree: number;
  /** Sum of the best scores with each of them. */
  weightedDegree: number;
  /** Pairs of others whose shortest way leads over it, each counted with the share of its shortest ways that do. */
  betweenness: number;
  /** Of all pairs of others, 0..1. */
  betweennessShare: number;
};

export type Hubs = {
  /** By betweenness, then by weighted degree, then by degree, then by key. */
  hubs: Hub[];
  /** Parties from which ways were followed; fewer than `parties` make betweenness an estimate. */
  sources: number;
  parties: number;
  isTruncated: boolean;
};

export type HubSearch = {
  limit: number;
  seed: number;
  /** From how many parties ways are followed at the most. */
  maximumSources: number;
};

/** Those over whom the network hangs together. */
export function findHubs(
  parties: Iterable<PartyKey>,
  links: readonly FlowLink[],
  { limit, seed, maximumSources }: HubSearch,
  budget: StepBudget,
): Hubs {
  const graph = createPartyGraph(parties, links);
  const total = graph.keys.length;
  const { betweenness, sourcesUsed } = measureBetweenness(graph, drawNumbers(total, maximumSources, seed), budget);
  const pairs = ((total - 1) * (total - 2)) / 2;
  const hubs = graph.keys.map((key, party) => {
    const edges = graph.linked[party]!;
    const between = roundToMillionths(betweenness[party]!);
    return {
      key,
      degree: edges.length,
      weightedDegree: roundToMillionths(edges.reduce((sum, { link }) => sum + link.score, 0)),
      betweenness: between,
      betweennessShare: pairs <= 0 ? 0 : Math.min(1, roundToMillionths(between / pairs)),
    };
  });
  hubs.sort(
    (one, other) =>
      other.betweenness - one.betweenness || other.weightedDegree - one.weightedDegree || other.degree - one.degree,
  );
  return { hubs: hubs.slice(0, limit), sources: sourcesUsed, parties: total, isTruncated: budget.isSpent };
}

/** What sums of fractions differ in by the order of adding is no difference. */
function roundToMillionths(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
