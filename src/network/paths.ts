import type { FlowLink, PartyKey } from "./flowLinks.ts";
import { createPartyGraph, type PartyGraph } from "./partyGraph.ts";
import type { StepBudget } from "./stepBudget.ts";
import { compareWays, findLeastWay, measureAhead, type Terrain, type Way } from "./ways.ts";
import { byCost, bySteps, costOf, costsPerUnit } from "./weights.ts";

export type Path = {
  /** From the first party to the last. */
  keys: PartyKey[];
  /** The best link of each step. */
  links: FlowLink[];
  /** Sum of 1 - score; exchanges cost 0. */
  cost: number;
};

export type Paths = {
  /** Of the fewest links, the cheapest of those; null where no path was found. */
  shortest: Path | null;
  /** By cost, then by number of links, then by their parties' keys. */
  cheapest: Path[];
  isTruncated: boolean;
};

export type PathSearch = {
  from: PartyKey;
  to: PartyKey;
  k: number;
  /** Whether links are followed from supplier to receiver only, or walked in either direction. */
  isDirected: boolean;
};

/** How two parties hang together: paths that meet nobody twice, over the best link of each two. */
export function findPaths(links: readonly FlowLink[], search: PathSearch, budget: StepBudget): Paths {
  const graph = createPartyGraph([search.from, search.to], links);
  const shortest = findWays(graph, search, { k: 1, weigh: bySteps }, budget)[0];
  const cheapest = findWays(graph, search, { k: search.k, weigh: byCost }, budget);
  return {
    shortest: shortest ? describe(graph, shortest) : null,
    cheapest: cheapest.map((way) => describe(graph, way)),
    isTruncated: budget.isSpent,
  };
}

function describe({ keys }: PartyGraph, { parties, links }: Way): Path {
  return {
    keys: parties.map((party) => keys[party]!),
    links: [...links],
    cost: links.reduce((sum, link) => sum + costOf(link), 0) / costsPerUnit,
  };
}

/**
 * The k least ways (Yen, "Finding the k shortest loopless paths in a network", Management Science 17, 1971): each further one
 * leaves one before it at some party, by a step that none with the same beginning has taken.
 */
function findWays(
  graph: PartyGraph,
  { from, to, isDirected }: PathSearch,
  { k, weigh }: { k: number; weigh: Terrain["weigh"] },
  budget: StepBudget,
): Way[] {
  const [start, goal] = [graph.numberOf(from)!, graph.numberOf(to)!];
  const edges = isDirected ? graph.supplied : graph.linked;
  const ahead = measureAhead(isDirected ? reverse(edges) : edges, weigh, goal, budget);
  const terrain: Terrain = { edges, weigh, ahead };
  const nothing = new Set<number>();
  const first = findLeastWay(terrain, start, goal, { parties: nothing, firstSteps: nothing }, budget);
  const ways = first ? [first] : [];
  const candidates: Way[] = [];
  while (ways.length > 0 && ways.length < k && !budget.isSpent) {
    const last = ways.at(-1)!;
    for (let spur = 0; spur < last.parties.length - 1; spur++) {
      const root = last.parties.slice(0, spur + 1);
      const firstSteps = new Set(
        ways.filter(({ parties }) => startsWith(parties, root)).map(({ parties }) => parties[spur + 1]!),
      );
      const rest = findLeastWay(
        terrain,
        last.parties[spur]!,
        goal,
        { parties: new Set(root.slice(0, -1)), firstSteps },
        budget,
      );
      if (!rest) continue;
      const way = join(root, last.links.slice(0, spur), rest, weigh);
      if (!candidates.some((candidate) => compareWays(candidate, way) === 0)) candidates.push(way);
    }
    // A way that was found before the budget ended need not be the next: others may not have been found.
    if (candidates.length === 0 || budget.isSpent) break;
    candidates.sort(compareWays);
    ways.push(candidates.shift()!);
  }
  return ways;
}

function startsWith(parties: readonly number[], root: readonly number[]): boolean {
  return root.every((party, index) => parties[index] === party);
}

function join(root: readonly number[], rootLinks: readonly FlowLink[], rest: Way, weigh: Terrain["weigh"]): Way {
  return {
    parties: [...root.slice(0, -1), ...rest.parties],
    links: [...rootLinks, ...rest.links],
    weight: rootLinks.reduce((sum, link) => sum + weigh(link), rest.weight),
  };
}

function reverse(edges: PartyGraph["supplied"]): PartyGraph["supplied"] {
  const reversed: { party: number; link: FlowLink }[][] = edges.map(() => []);
  for (const [from, outgoing] of edges.entries())
    for (const { party, link } of outgoing) reversed[party]!.push({ party: from, link });
  return reversed;
}
