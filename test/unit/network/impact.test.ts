import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareLinks } from "../../../src/network/flowLinks.ts";
import { findImpact } from "../../../src/network/impact.ts";
import { createLinks, everyWay, linksAndShuffled, parties, plenty, someLinks } from "../../support/flowLinks.ts";

const whole = { limit: 100, knownSteps: null };

describe("the impact of an organization that stops", () => {
  it("is every exchange of it, and for each flow on the other side what is left and what could stand in", () => {
    fc.assert(
      fc.property(someLinks, fc.constantFrom(...parties), (links, of) => {
        const found = findImpact(links, { of, ...whole }, plenty());
        const lost = links.filter(({ type, from, to }) => type === "exchange" && (from === of || to === of));
        expect(found.exchangesLost).toEqual(lost);
        const rest = links.filter(({ from, to }) => from !== of && to !== of);
        const inputs = new Set(lost.filter(({ from }) => from === of).map(({ inputFlowId }) => inputFlowId));
        expect(new Set(found.needsUnmet.map(({ flowId }) => flowId))).toEqual(inputs);
        for (const need of found.needsUnmet) {
          const others = rest.filter(({ inputFlowId }) => inputFlowId === need.flowId);
          expect(need.lost).toEqual(lost.filter(({ inputFlowId }) => inputFlowId === need.flowId));
          expect(need.remaining).toEqual(others.filter(({ type }) => type === "exchange"));
          const served = need.remaining.map(({ outputFlowId }) => outputFlowId);
          expect(need.substitutes).toEqual(
            others
              .filter(({ type, outputFlowId }) => type === "match" && !served.includes(outputFlowId))
              .sort(compareLinks),
          );
        }
        const outputs = new Set(lost.filter(({ to }) => to === of).map(({ outputFlowId }) => outputFlowId));
        expect(new Set(found.outputsStranded.map(({ flowId }) => flowId))).toEqual(outputs);
        for (const output of found.outputsStranded) {
          const others = rest.filter(({ outputFlowId }) => outputFlowId === output.flowId);
          expect(output.remaining).toEqual(others.filter(({ type }) => type === "exchange"));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("cuts off exactly those who hung together with the rest by exchanges over it only", () => {
    fc.assert(
      fc.property(someLinks, fc.constantFrom(...parties), (links, of) => {
        const { cutOff } = findImpact(links, { of, ...whole }, plenty());
        const exchanges = links.filter(({ type }) => type === "exchange");
        const before = parties.filter((key) => key !== of && everyWay(exchanges, of, key, false).length > 0);
        const hangTogether = (one: string, other: string) =>
          everyWay(exchanges, one, other, false).some((way) => !way.includes(of));
        const groupOf = (key: string) => before.filter((other) => hangTogether(key, other));
        const groups = [...new Map(before.map((key) => [groupOf(key).join(), groupOf(key)])).values()].sort(
          (one, other) => other.length - one.length || (one[0]! < other[0]! ? -1 : 1),
        );
        const rest = groups[0] && groups[0].length > 1 ? groups[0] : null;
        expect(cutOff).toEqual(groups.filter((group) => group !== rest));
      }),
      { numRuns: 500 },
    );
  });

  it("is the same in whatever order the links come", () => {
    fc.assert(
      fc.property(linksAndShuffled, fc.constantFrom(...parties), ([links, shuffled], of) => {
        const byId = shuffled.toSorted((one, other) => (one.id < other.id ? -1 : 1));
        expect(findImpact(byId, { of, ...whole }, plenty())).toEqual(findImpact(links, { of, ...whole }, plenty()));
      }),
    );
  });

  it("does not call cut off who may hang together with the rest beyond what is known, and says so", () => {
    const chain = ["b", "c", "d"].map((to, index) => ({
      from: ["a", "b", "c"][index]!,
      to,
      type: "exchange" as const,
    }));
    const links = createLinks([
      ...chain,
      { from: "e", to: "a", type: "exchange" },
      { from: "f", to: "e", type: "exchange" },
    ]);
    const known = (knownSteps: number | null) => {
      const { cutOff, isTruncated } = findImpact(links, { of: "a", limit: 10, knownSteps }, plenty());
      return { cutOff: cutOff.map((group) => group.join("")), isTruncated };
    };
    expect(known(null)).toEqual({ cutOff: ["ef"], isTruncated: false });
    expect(known(3)).toEqual({ cutOff: ["ef"], isTruncated: false });
    expect(known(2)).toEqual({ cutOff: [], isTruncated: true });
  });
});
