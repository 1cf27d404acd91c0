import type { FlowLink, PartyKey } from "./flowLinks.ts";
import { createPartyGraph, type Edge, type PartyGraph } from "./partyGraph.ts";
import type { StepBudget } from "./stepBudget.ts";

export type Loop = {
  /** Each supplies the next and the last the first; begins with the least key. */
  keys: PartyKey[];
  /** The best link of each step, in the order of `keys`. */
  links: FlowLink[];
  /** The least of its links' scores: a ring closes only if all of them come about. */
  score: number;
  /** Sum of what is known of its links' values, EUR a year; null where nothing is. */
  value: number | null;
};

export type Loops = {
  /** By score, then by value, then the shorter, then by keys. */
  loops: Loop[];
  isTruncated: boolean;
};

export type LoopSearch = {
  sizes: readonly number[];
  limit: number;
  /** Only rings that it is part of. */
  through: PartyKey | null;
};

/**
 * Rings of parties each of whom supplies the next, none of whom supplies another that supplies it. Each is found once,
 * beginning with its least party.
 */
export function findLoops(
  links: readonly FlowLink[],
  { sizes, limit, through }: LoopSearch,
  budget: StepBudget,
): Loops {
  const graph = createPartyGraph(through === null ? [] : [through], links);
  const oneWay = leaveMutualOut(graph);
  const receivers = oneWay.map((edges) => new Map(edges.map(({ party, link }) => [party, link])));
  const suppliers = reverse(oneWay);
  const longest = Math.max(...sizes);
  const isMutual = (one: number, other: number) =>
    hasEdge(graph.supplied[one]!, other) && hasEdge(graph.supplied[other]!, one);
  const wanted = new Set(sizes);
  const found = createRanking(limit);

  const starts = through === null ? graph.keys.map((_, party) => party) : [graph.numberOf(through)!];
  for (const start of starts) {
    if (budget.isSpent) break;
    if (oneWay[start]!.length === 0 || suppliers[start]!.length === 0) continue;
    const least = through === null ? start : 0;
    const stepsBack = measureStepsBack(suppliers, start, longest - 1, least, budget);
    const ring = [start];
    const walk = (party: number) => {
      const closing = wanted.has(ring.length) ? receivers[party]!.get(start) : undefined;
      if (closing) found.add(describe(graph, receivers, ring));
      if (ring.length === longest) return;
      for (const { party: next } of oneWay[party]!) {
        if (!budget.spend()) return;
        const back = stepsBack.get(next);
        if (next < least || back === undefined || back === 0 || ring.length + back > longest) continue;
        if (ring.includes(next) || ring.some((member) => isMutual(member, next))) continue;
        ring.push(next);
        walk(next);
        ring.pop();
      }
    };
    walk(start);
  }
  return { loops: found.best(), isTruncated: budget.isSpent };
}

/** A pair that supplies each other needs no ring. */
function leaveMutualOut({ supplied }: PartyGraph): Edge[][] {
  return supplied.map((edges, from) => edges.filter(({ party }) => !hasEdge(supplied[party]!, from)));
}

/** By halving: edges are sorted. */
function hasEdge(edges: readonly Edge[], party: number): boolean {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]!.party < party) low = middle + 1;
    else high = middle;
  }
  return edges[low]?.party === party;
}

function reverse(edges: readonly (readonly Edge[])[]): number[][] {
  const reversed: number[][] = edges.map(() => []);
  for (const [from, outgoing] of edges.entries()) for (const { party } of outgoing) reversed[party]!.push(from);
  return reversed;
}

/** How many links lead from each party back to `start`, where that is at most `most`; only over parties from `least` on. */
function measureStepsBack(
  suppliers: readonly (readonly number[])[],
  start: number,
  most: number,
  least: number,
  budget: StepBudget,
): Map<number, number> {
  const steps = new Map([[start, 0]]);
  let ring = [start];
  for (let step = 1; step <= most && ring.length > 0; step++) {
    const next: number[] = [];
    for (const party of ring)
      for (const supplier of suppliers[party]!) {
        if (!budget.spend()) return steps;
        if (supplier < least || steps.has(supplier)) continue;
        steps.set(supplier, step);
        next.push(supplier);
      }
    ring = next;
  }
  return steps;
}

function describe(
  { keys }: PartyGraph,
  receivers: readonly ReadonlyMap<number, FlowLink>[],
  ring: readonly number[],
): Loop {
  const first = ring.indexOf(Math.min(...ring));
  const turned = [...ring.slice(first), ...ring.slice(0, first)];
  const links = turned.map((party, index) => receivers[party]!.get(turned[(index + 1) % turned.length]!)!);
  const values = links.map(({ value }) => value).filter((value) => value !== null);
  return {
    keys: turned.map((party) => keys[party]!),
    links,
    score: Math.min(...links.map(({ score }) => score)),
    value: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0),
  };
}

function compareLoops(one: Loop, other: Loop): number {
  return (
    other.score - one.score ||
    (other.value ?? 0) - (one.value ?? 0) ||
    one.keys.length - other.keys.length ||
    (one.keys.join() < other.keys.join() ? -1 : 1)
  );
}

/** Keeps the best few of many. */
function createRanking(limit: number) {
  let kept: Loop[] = [];
  const settle = () => {
    kept = kept.sort(compareLoops).slice(0, limit);
  };
  return {
    add(loop: Loop) {
      kept.push(loop);
      if (kept.length >= 2 * limit + 1_000) settle();
    },
    best() {
      settle();
      return kept;
    },
  };
}
