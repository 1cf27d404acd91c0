import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPaths, type PathSearch } from "../../../src/network/paths.ts";
import { createStepBudget } from "../../../src/network/stepBudget.ts";
import {
  bestLink,
  compareKeyLists,
  createLinks,
  everyWay,
  linksAndShuffled,
  plenty,
  someLinks,
} from "../../support/flowLinks.ts";

const search = fc.record({
  from: fc.constantFrom("a", "b"),
  to: fc.constantFrom("c", "d", "e"),
  k: fc.integer({ min: 1, max: 12 }),
  isDirected: fc.boolean(),
});

/** All paths with their links and costs, found by walking every way. */
function everyPath(links: Parameters<typeof findPaths>[0], { from, to, isDirected }: PathSearch) {
  return everyWay(links, from, to, isDirected).map((keys) => {
    const taken = keys.slice(1).map((key, index) => bestLink(links, keys[index]!, key, isDirected)!);
    const millionths = taken.reduce((sum, { score }) => sum + Math.round((1 - score) * 1e6), 0);
    return { keys, links: taken, cost: millionths / 1e6 };
  });
}

describe("paths between two organizations", () => {
  it("are the k cheapest of all that meet nobody twice, in one order", () => {
    fc.assert(
      fc.property(someLinks, search, (links, asked) => {
        const all = everyPath(links, asked).sort(
          (one, other) =>
            one.cost - other.cost || one.keys.length - other.keys.length || compareKeyLists(one.keys, other.keys),
        );
        const { cheapest, isTruncated } = findPaths(links, asked, plenty());
        expect(cheapest).toEqual(all.slice(0, asked.k));
        expect(isTruncated).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it("have as the shortest the one of the fewest links, and of those the cheapest", () => {
    fc.assert(
      fc.property(someLinks, search, (links, asked) => {
        const all = everyPath(links, asked).sort(
          (one, other) =>
            one.keys.length - other.keys.length || one.cost - other.cost || compareKeyLists(one.keys, other.keys),
        );
        expect(findPaths(links, asked, plenty()).shortest).toEqual(all[0] ?? null);
      }),
      { numRuns: 500 },
    );
  });

  it("are the same in whatever order the links come", () => {
    fc.assert(
      fc.property(linksAndShuffled, search, ([links, shuffled], asked) => {
        expect(findPaths(shuffled, asked, plenty())).toEqual(findPaths(links, asked, plenty()));
      }),
    );
  });

  it("are the first ones, and say that they are not all, where the budget ends", () => {
    fc.assert(
      fc.property(someLinks, search, fc.nat({ max: 300 }), (links, asked, steps) => {
        const all = findPaths(links, asked, plenty());
        const { cheapest, isTruncated } = findPaths(links, asked, createStepBudget(steps));
        expect(cheapest).toEqual(all.cheapest.slice(0, cheapest.length));
        if (!isTruncated) expect(cheapest).toEqual(all.cheapest);
      }),
      { numRuns: 500 },
    );
  });

  it("prefer two good links to one bad one, and follow suppliers only where that is asked for", () => {
    const links = createLinks([
      { from: "a", to: "c", score: 0.5 },
      { from: "a", to: "b", score: 0.8 },
      { from: "c", to: "b", type: "exchange" },
    ]);
    const { shortest, cheapest } = findPaths(links, { from: "a", to: "c", k: 5, isDirected: false }, plenty());
    expect(shortest).toMatchObject({ keys: ["a", "c"], cost: 0.5 });
    expect(cheapest.map(({ keys, cost }) => [keys.join(""), cost])).toEqual([
      ["abc", 0.2],
      ["ac", 0.5],
    ]);
    const directed = findPaths(links, { from: "a", to: "c", k: 5, isDirected: true }, plenty());
    expect(directed.cheapest.map(({ keys }) => keys.join(""))).toEqual(["ac"]);
  });
});
