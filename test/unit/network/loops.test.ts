import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlowLink } from "../../../src/network/flowLinks.ts";
import { findLoops, type Loop, type LoopSearch } from "../../../src/network/loops.ts";
import { createStepBudget } from "../../../src/network/stepBudget.ts";
import {
  bestLink,
  compareKeyLists,
  createLinks,
  linksAndShuffled,
  parties,
  plenty,
  someLinks,
} from "../../support/flowLinks.ts";

const search = fc.record({
  sizes: fc.subarray([3, 4, 5], { minLength: 1 }),
  limit: fc.constantFrom(1, 5, 1_000),
  through: fc.constantFrom(null, ...parties),
});

/** Every arrangement of some parties that begins with the least. */
function arrangements(size: number): string[][] {
  const grow = (ring: string[]): string[][] =>
    ring.length === size
      ? [ring]
      : parties.filter((key) => key > ring[0]! && !ring.includes(key)).flatMap((key) => grow([...ring, key]));
  return parties.flatMap((first) => grow([first]));
}

function everyLoop(links: readonly FlowLink[], { sizes, through }: LoopSearch): Loop[] {
  const supplies = (one: string, other: string) => bestLink(links, one, other, true);
  return sizes
    .flatMap(arrangements)
    .filter((ring) => through === null || ring.includes(through))
    .filter((ring) => !ring.some((one) => ring.some((other) => supplies(one, other) && supplies(other, one))))
    .flatMap((keys) => {
      const taken = keys.map((key, index) => supplies(key, keys[(index + 1) % keys.length]!));
      if (!taken.every((link) => link !== undefined)) return [];
      const values = taken.map(({ value }) => value).filter((value) => value !== null);
      return {
        keys,
        links: taken,
        score: Math.min(...taken.map(({ score }) => score)),
        value: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0),
      };
    })
    .sort(
      (one, other) =>
        other.score - one.score ||
        (other.value ?? 0) - (one.value ?? 0) ||
        one.keys.length - other.keys.length ||
        compareKeyLists(one.keys, other.keys),
    );
}

/** Mostly one way, so that there are rings. */
const ringLinks = fc
  .uniqueArray(fc.tuple(fc.nat({ max: 6 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom(0.5, 0.8, 0.9)), {
    maxLength: 16,
    selector: ([from, ahead]) => `${from} ${ahead}`,
  })
  .map((drawn) =>
    createLinks(
      drawn.map(([from, ahead, score], index) => ({
        from: parties[from]!,
        to: parties[(from + ahead) % 7]!,
        score,
        value: index % 3 === 0 ? null : 100 * (index % 4),
      })),
    ),
  );

describe("loops of organizations", () => {
  it.each([
    ["loosely", ringLinks],
    ["closely", someLinks],
  ])("are all rings of 3 to 5 without a mutual pair, each once and ranked, in a network linked %s", (_, network) => {
    fc.assert(
      fc.property(network, search, (links, asked) => {
        const found = findLoops(links, asked, plenty());
        expect(found).toEqual({ loops: everyLoop(links, asked).slice(0, asked.limit), isTruncated: false });
      }),
      { numRuns: 300 },
    );
  });

  it("are the same in whatever order the links come", () => {
    fc.assert(
      fc.property(linksAndShuffled, search, ([links, shuffled], asked) => {
        expect(findLoops(shuffled, asked, plenty())).toEqual(findLoops(links, asked, plenty()));
      }),
    );
  });

  it("are rings that there are, and are said not to be all, where the budget ends", () => {
    fc.assert(
      fc.property(ringLinks, fc.nat({ max: 200 }), (links, steps) => {
        const asked = { sizes: [3, 4, 5], limit: 1_000, through: null };
        const all = everyLoop(links, asked);
        const { loops, isTruncated } = findLoops(links, asked, createStepBudget(steps));
        for (const loop of loops) expect(all).toContainEqual(loop);
        if (!isTruncated) expect(loops).toEqual(all);
      }),
    );
  });

  it("are exactly one, and no mutual pair, where three each only have what the next one wants", () => {
    const links = createLinks([
      { from: "c", to: "a", score: 0.7, value: 10 },
      { from: "a", to: "b", score: 0.9, value: 20 },
      { from: "b", to: "c", score: 0.8, value: 30 },
    ]);
    for (const through of [null, "a", "b", "c"]) {
      const { loops } = findLoops(links, { sizes: [3, 4, 5], limit: 50, through }, plenty());
      expect(loops).toEqual([{ keys: ["a", "b", "c"], links: [links[1], links[2], links[0]], score: 0.7, value: 60 }]);
    }
  });

  it("are not closed by two that supply each other", () => {
    const ring = [
      { from: "a", to: "b" },
      { from: "b", to: "c" },
      { from: "c", to: "a" },
    ];
    const links = createLinks([...ring, { from: "b", to: "a" }]);
    expect(findLoops(links, { sizes: [3], limit: 50, through: null }, plenty()).loops).toEqual([]);
  });
});
