import fc from "fast-check";
import type { Kind } from "../../src/domain/flow.ts";
import { idFromUuid } from "../../src/domain/ids.ts";
import { compareKeys, compareLinks, type FlowLink, type PartyKey } from "../../src/network/flowLinks.ts";
import { createStepBudget } from "../../src/network/stepBudget.ts";
import { flowIdOf } from "./matchingParties.ts";

type LinkInput = { from: PartyKey; to: PartyKey; outputFlow?: number; inputFlow?: number } & Partial<
  Pick<FlowLink, "type" | "score" | "value" | "kind">
>;

/** Links with ids in the order given. An exchange has the score 1. */
export function createLinks(inputs: readonly LinkInput[]): FlowLink[] {
  return inputs.map(({ outputFlow, inputFlow, type = "match", kind = "heat", ...link }, number) => {
    const id = idFromUuid(type, `01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`);
    return {
      value: null,
      ...link,
      id,
      type,
      kind: kind as Kind,
      score: type === "exchange" ? 1 : (link.score ?? 0.5),
      outputFlowId: flowIdOf(outputFlow ?? 10_000 + 2 * number),
      inputFlowId: flowIdOf(inputFlow ?? 10_001 + 2 * number),
    };
  });
}

export const parties: readonly PartyKey[] = ["a", "b", "c", "d", "e", "f", "g"];

const linkInput = fc.record({
  from: fc.constantFrom(...parties),
  to: fc.constantFrom(...parties),
  type: fc.constantFrom("match", "match", "exchange" as const),
  // Few scores, so that there are ties.
  score: fc.constantFrom(0, 0.1, 0.5, 0.7, 0.8, 0.9, 1),
  value: fc.constantFrom(null, 100, 100, 250.5),
  outputFlow: fc.nat({ max: 5 }),
  inputFlow: fc.nat({ max: 5 }),
});

/** Up to seven parties, loosely or closely linked, with several links between some two. Each flow is of one party. */
export const someLinks: fc.Arbitrary<FlowLink[]> = fc.array(linkInput, { maxLength: 18 }).map((inputs) =>
  createLinks(
    inputs
      .filter(({ from, to }) => from !== to)
      .map((input) => ({
        ...input,
        outputFlow: 100 * parties.indexOf(input.from) + input.outputFlow,
        inputFlow: 100 * parties.indexOf(input.to) + 50 + input.inputFlow,
      })),
  ),
);

/** The same links twice, the second time in another order. */
export const linksAndShuffled = someLinks.chain((links) =>
  fc.tuple(fc.constant(links), fc.shuffledSubarray(links, { minLength: links.length })),
);

export const plenty = () => createStepBudget(Number.MAX_SAFE_INTEGER);

/** The best link that leads from one party to another, or in either direction; found by looking at all. */
export function bestLink(links: readonly FlowLink[], one: PartyKey, other: PartyKey, isDirected: boolean) {
  return links
    .filter(({ from, to }) => (from === one && to === other) || (!isDirected && from === other && to === one))
    .sort(compareLinks)[0];
}

/** Every way from one party to another that meets nobody twice. */
export function everyWay(links: readonly FlowLink[], from: PartyKey, to: PartyKey, isDirected: boolean): PartyKey[][] {
  const found: PartyKey[][] = [];
  const walk = (way: PartyKey[]) => {
    const last = way.at(-1)!;
    if (last === to) return found.push(way);
    for (const next of parties)
      if (!way.includes(next) && bestLink(links, last, next, isDirected)) walk([...way, next]);
  };
  walk([from]);
  return found;
}

export function compareKeyLists(one: readonly PartyKey[], other: readonly PartyKey[]): number {
  return compareKeys(one.join(), other.join());
}
