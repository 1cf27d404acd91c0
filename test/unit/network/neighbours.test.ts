import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findNeighbours } from "../../../src/network/neighbours.ts";
import { createStepBudget } from "../../../src/network/stepBudget.ts";
import {
  bestLink,
  compareKeyLists,
  createLinks,
  everyWay,
  linksAndShuffled,
  parties,
  plenty,
  someLinks,
} from "../../support/flowLinks.ts";

const search = fc.record({
  from: fc.constantFrom(...parties),
  steps: fc.integer({ min: 1, max: 4 }),
  limit: fc.integer({ min: 1, max: 8 }),
});

describe("the neighbours of an organization", () => {
  it("are those whom a way of as many links reaches, the nearest and then the best linked first", () => {
    fc.assert(
      fc.property(someLinks, search, (links, { from, steps, limit }) => {
        const stepsTo = (to: string) => Math.min(...everyWay(links, from, to, false).map((way) => way.length - 1));
        const all = parties
          .filter((key) => key !== from && stepsTo(key) <= steps)
          .map((key) => {
            const nearer = parties.filter((other) => stepsTo(other) === stepsTo(key) - 1);
            const scores = nearer.map((other) => bestLink(links, other, key, false)?.score ?? -1);
            return { key, steps: stepsTo(key), score: Math.max(...scores) };
          })
          .sort(
            (one, other) =>
              one.steps - other.steps || other.score - one.score || compareKeyLists([one.key], [other.key]),
          );
        const found = findNeighbours(links, { from, steps, limit }, plenty());
        expect(found.neighbours).toEqual(all.slice(0, limit));
        expect(found.isTruncated).toBe(all.length > limit);
        const shown = [from, ...found.neighbours.map(({ key }) => key)];
        expect(found.links).toEqual(links.filter((link) => shown.includes(link.from) && shown.includes(link.to)));
      }),
      { numRuns: 500 },
    );
  });

  it("are the same in whatever order the links come", () => {
    fc.assert(
      fc.property(linksAndShuffled, search, ([links, shuffled], asked) => {
        const [one, other] = [links, shuffled].map((each) => findNeighbours(each, asked, plenty()));
        expect(other!.neighbours).toEqual(one!.neighbours);
        expect(new Set(other!.links)).toEqual(new Set(one!.links));
      }),
    );
  });

  it("are none that are not, and are said not to be all, where the budget ends", () => {
    fc.assert(
      fc.property(someLinks, search, fc.nat({ max: 30 }), (links, asked, steps) => {
        const all = findNeighbours(links, { ...asked, limit: 100 }, plenty());
        const { neighbours, isTruncated } = findNeighbours(links, { ...asked, limit: 100 }, createStepBudget(steps));
        const known = new Set(all.neighbours.map(({ key }) => key));
        expect(neighbours.filter(({ key }) => !known.has(key))).toEqual([]);
        if (!isTruncated) expect(neighbours).toEqual(all.neighbours);
      }),
    );
  });

  it("are found against the direction of supply too", () => {
    const links = createLinks([
      { from: "b", to: "a", score: 0.6 },
      { from: "b", to: "c", type: "exchange" },
      { from: "d", to: "c", score: 0.9 },
    ]);
    expect(findNeighbours(links, { from: "a", steps: 2, limit: 10 }, plenty())).toEqual({
      neighbours: [
        { key: "b", steps: 1, score: 0.6 },
        { key: "c", steps: 2, score: 1 },
      ],
      links: links.slice(0, 2),
      isTruncated: false,
    });
  });
});
