import type { PartyKey } from "./flowLinks.ts";
import type { PartyGraph } from "./partyGraph.ts";
import type { StepBudget } from "./stepBudget.ts";

export type Severance = {
  /** Each group hangs together within itself only; the largest first, then by keys. */
  groups: PartyKey[][];
  /** Whether more than one part goes on beyond what is known, so that two of them may be cut off from each other or not. */
  isUncertain: boolean;
};

/**
 * Who would no longer hang together with the rest of the network without one party. The rest is every part that goes on beyond
 * `knownSteps` links from the party; where none does, the largest of at least two parties, of equals the one with the least key.
 * `knownSteps` is null where all of the network is known.
 */
export function findSevered(
  { keys, linked, numberOf }: PartyGraph,
  without: PartyKey,
  knownSteps: number | null,
  budget: StepBudget,
): Severance {
  const gone = numberOf(without);
  if (gone === undefined) return { groups: [], isUncertain: false };
  const beyond = knownSteps === null ? new Set<number>() : findAtSteps(linked, gone, knownSteps, budget);
  const parts: number[][] = [];
  const met = new Set([gone]);
  for (const { party: first } of linked[gone]!) {
    if (met.has(first)) continue;
    met.add(first);
    const part = [first];
    for (const party of part)
      for (const { party: next } of linked[party]!) {
        if (!budget.spend()) return { groups: [], isUncertain: true };
        if (met.has(next)) continue;
        met.add(next);
        part.push(next);
      }
    parts.push(part.sort((one, other) => one - other));
  }
  parts.sort((one, other) => other.length - one.length || one[0]! - other[0]!);
  const goingOn = parts.filter((part) => part.some((party) => beyond.has(party)));
  const rest = goingOn.length > 0 ? goingOn : parts.filter((part) => part.length > 1).slice(0, 1);
  return {
    groups: parts.filter((part) => !rest.includes(part)).map((part) => part.map((party) => keys[party]!)),
    isUncertain: goingOn.length > 1,
  };
}

/** Those as many links away from a party. */
function findAtSteps(linked: PartyGraph["linked"], from: number, steps: number, budget: StepBudget): Set<number> {
  const met = new Set([from]);
  let ring = [from];
  for (let step = 0; step < steps; step++) {
    const next: number[] = [];
    for (const party of ring)
      for (const { party: other } of linked[party]!) {
        if (!budget.spend()) return new Set(ring);
        if (met.has(other)) continue;
        met.add(other);
        next.push(other);
      }
    ring = next;
  }
  return new Set(ring);
}
