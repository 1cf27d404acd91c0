import TinyQueue from "tinyqueue";
import type { FlowLink } from "./flowLinks.ts";
import type { Edge } from "./partyGraph.ts";
import type { StepBudget } from "./stepBudget.ts";

/** From one party to another by edges, each party at most once. */
export type Way = { parties: readonly number[]; links: readonly FlowLink[]; weight: number };

export type Terrain = {
  edges: readonly (readonly Edge[])[];
  /** Positive integers whose sums stay exact. */
  weigh(link: FlowLink): number;
  /** For each party, the weight of the lightest way on to the goal; infinite where there is none. */
  ahead: Float64Array;
};

/** By weight, then party by party: a total order. */
export function compareWays(one: Way, other: Way): number {
  return one.weight - other.weight || compareNumbers(one.parties, other.parties);
}

function compareNumbers(one: readonly number[], other: readonly number[]): number {
  for (let index = 0; index < Math.min(one.length, other.length); index++)
    if (one[index] !== other[index]) return one[index]! - other[index]!;
  return one.length - other.length;
}

/** The weight of the lightest way from each party to the goal (Dijkstra, from the goal backwards). */
export function measureAhead(
  incoming: readonly (readonly Edge[])[],
  weigh: Terrain["weigh"],
  goal: number,
  budget: StepBudget,
): Float64Array {
  const ahead = new Float64Array(incoming.length).fill(Number.POSITIVE_INFINITY);
  ahead[goal] = 0;
  const queue = new TinyQueue([{ party: goal, weight: 0 }], (one, other) => one.weight - other.weight);
  for (let nearest = queue.pop(); nearest; nearest = queue.pop()) {
    if (nearest.weight > ahead[nearest.party]!) continue;
    for (const { party, link } of incoming[nearest.party]!) {
      if (!budget.spend()) return ahead;
      const weight = nearest.weight + weigh(link);
      if (weight >= ahead[party]!) continue;
      ahead[party] = weight;
      queue.push({ party, weight });
    }
  }
  return ahead;
}

type Step = { party: number; weight: number; depth: number; from: Step | null; link: FlowLink | null };

/**
 * The least way from `start` to `goal` in the order of `compareWays` that meets no blocked party and does not begin with a
 * blocked step (A*: `ahead` never says more than there is, and what is blocked only makes ways heavier). Null where there is
 * none, or the budget does not last.
 */
export function findLeastWay(
  { edges, weigh, ahead }: Terrain,
  start: number,
  goal: number,
  blocked: { parties: ReadonlySet<number>; firstSteps: ReadonlySet<number> },
  budget: StepBudget,
): Way | null {
  const best = new Map<number, Step>();
  // Of equal promise the lighter first: then whatever may still change the way to a party is met before the party is.
  const queue = new TinyQueue<Step>(
    [],
    (one, other) => one.weight + ahead[one.party]! - other.weight - ahead[other.party]! || one.weight - other.weight,
  );
  const reach = (step: Step) => {
    const known = best.get(step.party);
    if (known && (step.weight > known.weight || (step.weight === known.weight && compareSteps(step, known) >= 0)))
      return;
    best.set(step.party, step);
    queue.push(step);
  };
  reach({ party: start, weight: 0, depth: 0, from: null, link: null });
  for (let step = queue.pop(); step; step = queue.pop()) {
    if (best.get(step.party) !== step) continue;
    if (step.party === goal) return retrace(step);
    for (const { party, link } of edges[step.party]!) {
      if (!budget.spend()) return null;
      if (ahead[party] === Number.POSITIVE_INFINITY || blocked.parties.has(party)) continue;
      if (step.party === start && blocked.firstSteps.has(party)) continue;
      reach({ party, weight: step.weight + weigh(link), depth: step.depth + 1, from: step, link });
    }
  }
  return null;
}

/** Two ways of one weight to one party, party by party from their beginning. */
function compareSteps(one: Step, other: Step): number {
  return compareNumbers(retrace(one).parties, retrace(other).parties);
}

function retrace(last: Step): Way {
  const parties: number[] = [];
  const links: FlowLink[] = [];
  for (let step: Step | null = last; step; step = step.from) {
    parties.push(step.party);
    if (step.link) links.push(step.link);
  }
  return { parties: parties.reverse(), links: links.reverse(), weight: last.weight };
}
