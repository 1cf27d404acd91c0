import type { PartyGraph } from "./partyGraph.ts";
import type { StepBudget } from "./stepBudget.ts";

/**
 * For each party, how many shortest ways between two others lead over it, each pair counted once with the share of its
 * shortest ways that do (Brandes, "A faster algorithm for betweenness centrality", 2001; by number of links, walked in either
 * direction). From some sources only, the sum is scaled up to all: an estimate without bias where they are drawn at random.
 * Answers also how many of the sources the budget lasted for.
 */
export function measureBetweenness(
  { linked }: Pick<PartyGraph, "linked">,
  sources: readonly number[],
  budget: StepBudget,
): { betweenness: Float64Array; sourcesUsed: number } {
  const total = linked.length;
  // Flat, for this is gone through hundreds of times: those of party p lie from firsts[p] to firsts[p + 1].
  const firsts = new Int32Array(total + 1);
  for (const [party, edges] of linked.entries()) firsts[party + 1] = firsts[party]! + edges.length;
  const neighbours = new Int32Array(firsts[total]!);
  for (const [party, edges] of linked.entries())
    for (const [index, edge] of edges.entries()) neighbours[firsts[party]! + index] = edge.party;
  const sums = new Float64Array(total);
  const steps = new Int32Array(total);
  const ways = new Float64Array(total);
  const shares = new Float64Array(total);
  const order = new Int32Array(total);
  let sourcesUsed = 0;
  for (const source of sources) {
    if (!budget.spend(total + neighbours.length)) break;
    sourcesUsed++;
    steps.fill(-1);
    ways.fill(0);
    shares.fill(0);
    steps[source] = 0;
    ways[source] = 1;
    order[0] = source;
    let met = 1;
    for (let at = 0; at < met; at++) {
      const party = order[at]!;
      const stepsOn = steps[party]! + 1;
      const waysTo = ways[party]!;
      const last = firsts[party + 1]!;
      for (let index = firsts[party]!; index < last; index++) {
        const next = neighbours[index]!;
        if (steps[next] === -1) {
          steps[next] = stepsOn;
          order[met++] = next;
        }
        if (steps[next] === stepsOn) ways[next]! += waysTo;
      }
    }
    for (let at = met - 1; at > 0; at--) {
      const party = order[at]!;
      const stepsBack = steps[party]! - 1;
      const share = (1 + shares[party]!) / ways[party]!;
      const last = firsts[party + 1]!;
      for (let index = firsts[party]!; index < last; index++) {
        const next = neighbours[index]!;
        if (steps[next] === stepsBack) shares[next]! += ways[next]! * share;
      }
      sums[party]! += shares[party]!;
    }
  }
  // Both ends of a pair are sources.
  const scale = sourcesUsed === 0 ? 0 : total / sourcesUsed / 2;
  return { betweenness: sums.map((sum) => sum * scale), sourcesUsed };
}
