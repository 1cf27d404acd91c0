import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findSimilar } from "../../../src/network/similar.ts";
import { createStepBudget } from "../../../src/network/stepBudget.ts";
import { parties, plenty } from "../../support/flowLinks.ts";

const flow = fc.record({
  owner: fc.constantFrom(...parties),
  direction: fc.constantFrom("output", "input", "shared" as const),
  grade: fc.constantFrom("process_steam", "gypsum", "sludge"),
});
const someFlows = fc.array(flow, { maxLength: 40 });

describe("similar organizations", () => {
  it("share grades in the same direction, by Jaccard over grades and over flows", () => {
    fc.assert(
      fc.property(someFlows, (flows) => {
        const { similar, isTruncated } = findSimilar(flows, { to: "a", limit: 100 }, plenty());
        expect(isTruncated).toBe(false);
        const marks = [...new Set(flows.map(({ direction, grade }) => `${direction} ${grade}`))].sort();
        const count = (owner: string, mark: string) =>
          flows.filter((each) => each.owner === owner && `${each.direction} ${each.grade}` === mark).length;
        const expected = parties
          .filter((key) => key !== "a")
          .map((key) => {
            const pairs = marks.map((mark) => ({ mark, own: count("a", mark), other: count(key, mark) }));
            const total = (of: (pair: (typeof pairs)[number]) => number) =>
              pairs.reduce((sum, pair) => sum + of(pair), 0);
            const shared = pairs.filter(({ own, other }) => own > 0 && other > 0);
            return {
              key,
              shared: shared.map(({ mark }) => mark),
              jaccard: shared.length / total(({ own, other }) => Number(own + other > 0)),
              weighted:
                total(({ own, other }) => Math.min(own, other)) / total(({ own, other }) => Math.max(own, other)),
            };
          })
          .filter(({ shared }) => shared.length > 0)
          .sort(
            (one, other) =>
              other.jaccard - one.jaccard || other.weighted - one.weighted || (one.key < other.key ? -1 : 1),
          );
        expect(
          similar.map(({ shared, ...each }) => ({
            ...each,
            shared: shared.map(({ direction, grade }) => `${direction} ${grade}`),
          })),
        ).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("are similar both ways", () => {
    fc.assert(
      fc.property(someFlows, (flows) => {
        const one = findSimilar(flows, { to: "a", limit: 100 }, plenty()).similar.find(({ key }) => key === "b");
        const other = findSimilar(flows, { to: "b", limit: 100 }, plenty()).similar.find(({ key }) => key === "a");
        expect(one && { ...one, key: "" }).toEqual(other && { ...other, key: "" });
      }),
    );
  });

  it("are said not to be all where the budget ends", () => {
    const flows = parties.map((owner) => ({ owner, direction: "output" as const, grade: "gypsum" }));
    const { similar, isTruncated } = findSimilar(flows, { to: "a", limit: 100 }, createStepBudget(9));
    expect({ keys: similar.map(({ key }) => key), isTruncated }).toEqual({ keys: ["b", "c"], isTruncated: true });
  });
});
