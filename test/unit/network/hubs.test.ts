import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureBetweenness } from "../../../src/network/betweenness.ts";
import { findHubs } from "../../../src/network/hubs.ts";
import { createPartyGraph } from "../../../src/network/partyGraph.ts";
import { drawNumbers } from "../../../src/network/randomOrder.ts";
import { createStepBudget } from "../../../src/network/stepBudget.ts";
import {
  bestLink,
  createLinks,
  everyWay,
  linksAndShuffled,
  parties,
  plenty,
  someLinks,
} from "../../support/flowLinks.ts";

const all = { limit: 100, seed: 1, maximumSources: 1_000 };

/** By looking at every shortest way between every two others. */
function betweennessOf(links: Parameters<typeof findHubs>[1], party: string): number {
  const others = parties.filter((key) => key !== party);
  return others
    .flatMap((one, index) => others.slice(index + 1).map((other) => everyWay(links, one, other, false)))
    .map((ways) => ways.filter((way) => way.length === Math.min(...ways.map(({ length }) => length))))
    .reduce((sum, ways) => sum + (ways.length && ways.filter((way) => way.includes(party)).length / ways.length), 0);
}

describe("the hubs of a network", () => {
  it("have the degrees and the betweenness that looking at every shortest way gives", () => {
    fc.assert(
      fc.property(someLinks, (links) => {
        const { hubs, sources, isTruncated } = findHubs(parties, links, all, plenty());
        expect({ sources, isTruncated, count: hubs.length }).toEqual({ sources: 7, isTruncated: false, count: 7 });
        for (const hub of hubs) {
          const best = parties.map((other) => bestLink(links, hub.key, other, false)).filter((link) => link);
          expect(hub.degree).toBe(best.length);
          expect(hub.weightedDegree).toBeCloseTo(
            best.reduce((sum, link) => sum + link!.score, 0),
            9,
          );
          expect(hub.betweenness).toBeCloseTo(betweennessOf(links, hub.key), 5);
          expect(hub.betweennessShare).toBeCloseTo(hub.betweenness / 15, 5);
        }
        const ranks = hubs.map((hub) => [-hub.betweenness, -hub.weightedDegree, -hub.degree, hub.key] as const);
        expect(ranks).toEqual(
          ranks.toSorted(
            (one, other) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2] || (one[3] < other[3] ? -1 : 1),
          ),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("are the same in whatever order the links come, sampled or not", () => {
    fc.assert(
      fc.property(linksAndShuffled, fc.nat(), fc.integer({ min: 1, max: 8 }), ([links, shuffled], seed, sources) => {
        const search = { limit: 3, seed, maximumSources: sources };
        expect(findHubs(parties.toReversed(), shuffled, search, plenty())).toEqual(
          findHubs(parties, links, search, plenty()),
        );
      }),
    );
  });

  it("are estimated without bias from a sample: over all sources the estimates average to the truth", () => {
    fc.assert(
      fc.property(someLinks, (links) => {
        const graph = createPartyGraph(parties, links);
        const exact = measureBetweenness(graph, [0, 1, 2, 3, 4, 5, 6], plenty()).betweenness;
        const estimates = parties.map((_, source) => measureBetweenness(graph, [source], plenty()).betweenness);
        for (const party of parties.keys())
          expect(estimates.reduce((sum, each) => sum + each[party]!, 0) / 7).toBeCloseTo(exact[party]!, 9);
      }),
    );
  });

  it("say from how many sources they were found where the budget ends", () => {
    const links = createLinks([
      { from: "a", to: "b" },
      { from: "b", to: "c" },
    ]);
    const { sources, isTruncated } = findHubs(["a", "b", "c"], links, all, createStepBudget(15));
    expect({ sources, isTruncated }).toEqual({ sources: 2, isTruncated: true });
  });

  it("have the middle of a star first, and those without a link last", () => {
    const links = createLinks(["b", "c", "d"].map((to) => ({ from: "a", to, score: 0.8 })));
    const { hubs } = findHubs(["e"], links, all, plenty());
    expect(hubs[0]).toEqual({ key: "a", degree: 3, weightedDegree: 2.4, betweenness: 3, betweennessShare: 0.5 });
    expect(hubs.at(-1)).toEqual({ key: "e", degree: 0, weightedDegree: 0, betweenness: 0, betweennessShare: 0 });
  });
});

describe("numbers drawn by a seed", () => {
  it("are as many different ones as asked for, the same for the same seed, and each as likely", () => {
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.nat({ max: 60 }), fc.nat(), (total, count, seed) => {
        const drawn = drawNumbers(total, count, seed);
        expect(new Set(drawn).size).toBe(Math.min(total, count));
        expect(drawn.every((number) => number >= 0 && number < total)).toBe(true);
        expect(drawNumbers(total, count, seed)).toEqual(drawn);
      }),
    );
    const times = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 10_000; seed++) for (const number of drawNumbers(10, 3, seed)) times[number]! += 1;
    for (const count of times) expect(Math.abs(count - 3_000)).toBeLessThan(250);
  });
});
