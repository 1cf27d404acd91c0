import type { Direction } from "../domain/flow.ts";
import type { NetworkFlow } from "../domain/network.ts";
import { compareKeys, type PartyKey } from "./flowLinks.ts";
import type { StepBudget } from "./stepBudget.ts";

export type SharedGrade = { direction: Direction; grade: string };

export type SimilarParty = {
  key: PartyKey;
  /** What both have, or both need; by direction, then by grade. */
  shared: SharedGrade[];
  /** Grades by direction that both have, of all that either has; 0..1. */
  jaccard: number;
  /** The same over flows: for each grade and direction the smaller number of flows, of the greater; 0..1. */
  weighted: number;
};

export type SimilarParties = {
  /** By Jaccard, then weighted, then by key; none that shares nothing. */
  similar: SimilarParty[];
  isTruncated: boolean;
};

/** Those that have and need the same as a party: the same grades in the same direction. */
export function findSimilar(
  flows: Iterable<Pick<NetworkFlow, "direction" | "grade"> & { owner: PartyKey }>,
  { to, limit }: { to: PartyKey; limit: number },
  budget: StepBudget,
): SimilarParties {
  const profiles = new Map<PartyKey, Map<string, number>>();
  for (const { owner, direction, grade } of flows) {
    if (!budget.spend()) break;
    let profile = profiles.get(owner);
    if (!profile) {
      profile = new Map();
      profiles.set(owner, profile);
    }
    const mark = `${direction} ${grade}`;
    profile.set(mark, (profile.get(mark) ?? 0) + 1);
  }
  const own = profiles.get(to) ?? new Map<string, number>();
  const similar: SimilarParty[] = [];
  for (const [key, profile] of profiles) {
    if (key === to) continue;
    if (!budget.spend(own.size)) break;
    const found = compare(key, own, profile);
    if (found.shared.length > 0) similar.push(found);
  }
  similar.sort(
    (one, other) => other.jaccard - one.jaccard || other.weighted - one.weighted || compareKeys(one.key, other.key),
  );
  return { similar: similar.slice(0, limit), isTruncated: budget.isSpent };
}

function compare(key: PartyKey, own: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): SimilarParty {
  const shared = [...own.keys()].filter((mark) => other.has(mark)).sort(compareKeys);
  const union = own.size + other.size - shared.length;
  const smaller = shared.reduce((sum, mark) => sum + Math.min(own.get(mark)!, other.get(mark)!), 0);
  const greater = sum(own) + sum(other) - smaller;
  return {
    key,
    shared: shared.map((mark) => {
      const [direction, grade] = mark.split(" ") as [Direction, string];
      return { direction, grade };
    }),
    jaccard: shared.length / union,
    weighted: smaller / greater,
  };
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
