import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeParties } from "../../src/matching/encodeParties.ts";
import { createInterner } from "../../src/matching/interner.ts";
import { evaluatePair, everything, match, nearMiss } from "../../src/matching/kernel.ts";
import { at, createPair } from "../../src/matching/pair.ts";
import type { Party } from "../../src/matching/party.ts";
import { compileRules } from "../../src/matching/rules.ts";
import { scoreBound } from "../../src/matching/scoreBound.ts";
import { needWithSupplies, pairInputs } from "../support/matchingArbitraries.ts";
import { asOf, createParty, matcher, north, tables, taxonomy } from "../support/matchingParties.ts";
import { boundCandidateOf } from "../support/matchingStore.ts";

const runs = { numRuns: 150 };
const many = { limit: 1_000 };

describe("the score of a pair", () => {
  it("is the exact sum of its contributions in any order, and lies in 0 to 1 between its own ends", () => {
    fc.assert(
      fc.property(pairInputs, fc.infiniteStream(fc.nat()), ({ output, input }, picks) => {
        const { score, low, high, terms } = matcher.evaluate(createParty(output), createParty(input));
        const rest = terms.map(({ contribution }) => contribution);
        let sum = 0;
        while (rest.length > 0) sum += rest.splice(picks.next().value! % rest.length, 1)[0]!;
        expect(sum).toBe(score);
        expect(low).toBeLessThanOrEqual(score);
        expect(score).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        for (const term of terms) {
          expect(term.low).toBeLessThanOrEqual(term.value);
          expect(term.value).toBeLessThanOrEqual(term.high);
          expect(term.contribution).toBeCloseTo(term.weight * term.value, 9);
        }
      }),
      runs,
    );
  });

  it("is the same seen from the input and from the output", () => {
    fc.assert(
      fc.property(pairInputs, ({ output, input }) => {
        const [supply, need] = [createParty(output), createParty(input)];
        const fromNeed = matcher.rank(need, [supply], many).map(({ evaluation }) => evaluation);
        const fromSupply = matcher.rank(supply, [need], many).map(({ evaluation }) => evaluation);
        expect(fromNeed).toEqual(fromSupply);
        if (fromNeed.length > 0) expect(fromNeed[0]).toEqual(matcher.evaluate(supply, need));
      }),
      runs,
    );
  });

  it("never rises with the distance, nor does the joint value", () => {
    fc.assert(
      fc.property(pairInputs, fc.double({ min: 0, max: 1, noNaN: true }), ({ output, input, meters }, share) => {
        const supply = createParty(output);
        const far = matcher.evaluate(supply, createParty(input));
        const nearer = matcher.evaluate(supply, createParty({ ...input, position: north(meters * share) }));
        if (far.verdict === "match") {
          expect(nearer.verdict).toBe("match");
          expect(nearer.score).toBeGreaterThanOrEqual(far.score);
          expect(Number(nearer.money.perYear.joint)).toBeGreaterThanOrEqual(Number(far.money.perYear.joint) - 0.1);
        }
      }),
      runs,
    );
  });

  it("never falls when there is more of the supply", () => {
    fc.assert(
      fc.property(pairInputs, fc.double({ min: 1, max: 10, noNaN: true }), ({ output, input }, times) => {
        const need = createParty(input);
        const less = matcher.evaluate(createParty(output), need);
        const quantity = { ...output.quantity!, amount: output.quantity!.amount * times };
        const more = matcher.evaluate(createParty({ ...output, quantity }), need);
        if (less.verdict === "match" && more.verdict === "match") expect(more.score).toBeGreaterThanOrEqual(less.score);
        const ends = (evaluation: typeof less) => evaluation.terms.find(({ term }) => term === "quantity")!;
        expect(ends(more).value).toBeGreaterThanOrEqual(ends(less).value);
      }),
      runs,
    );
  });

  it("keeps its interval, or widens it, when an input becomes less certain", () => {
    const widening = fc.record({
      side: fc.constantFrom("output", "input" as const),
      what: fc.constantFrom("quantity", "temperature", "purity", "pressure", "returnTemperature"),
      by: fc.double({ min: 0, max: 0.3, noNaN: true }),
    });
    fc.assert(
      fc.property(pairInputs, widening, (inputs, { side, what, by }) => {
        const evaluate = (sides: typeof inputs) =>
          matcher.evaluate(createParty(sides.output), createParty(sides.input));
        const certain = {
          ...inputs,
          [side]: { ...inputs[side], quantity: { ...inputs[side].quantity!, uncertainty: 0.1 } },
        };
        const before = evaluate(certain);
        fc.pre(before.verdict === "match");
        const party = structuredClone(certain[side]);
        const property = party.quality?.[what];
        if (what === "quantity") party.quantity!.uncertainty = 0.1 + by;
        else if (property) property.uncertainty = (property.uncertainty ?? 0) + by;
        const after = evaluate({ ...certain, [side]: party });
        expect(after.verdict).toBe("match");
        expect(after.low).toBeLessThanOrEqual(before.low);
        expect(after.high).toBeGreaterThanOrEqual(before.high);
        for (const [index, term] of after.terms.entries()) {
          expect(term.low).toBeLessThanOrEqual(before.terms[index]!.low + 1e-12);
          expect(term.high).toBeGreaterThanOrEqual(before.terms[index]!.high - 1e-12);
        }
        expect(Number(after.money.low)).toBeLessThanOrEqual(Number(before.money.low) + 0.1);
        expect(Number(after.money.high)).toBeGreaterThanOrEqual(Number(before.money.high) - 0.1);
      }),
      runs,
    );
  });

  it("is never higher where a fact that is asked for is left unsaid", () => {
    fc.assert(
      fc.property(
        pairInputs,
        fc.constantFrom("temperature", "purity", "pressure", "permit"),
        ({ output, input }, fact) => {
          const stated = matcher.evaluate(createParty(output), createParty(input));
          fc.pre(stated.verdict === "match");
          const silentOutput = structuredClone(output);
          const silentInput = structuredClone(input);
          if (fact === "permit") silentInput.constraints = {};
          else delete silentOutput.quality?.[fact];
          const silent = matcher.evaluate(createParty(silentOutput), createParty(silentInput));
          if (silent.verdict === "match") expect(silent.score).toBeLessThanOrEqual(stated.score);
        },
      ),
      runs,
    );
  });
});

describe("the price", () => {
  it("moves value between the sides and leaves joint value and score as they are", () => {
    fc.assert(
      fc.property(
        pairInputs,
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        (sides, low, step) => {
          const need = createParty({ ...sides.input, economics: { ...sides.input.economics, price: null } });
          const per = sides.output.kind === "heat" ? "MW.h" : "t";
          const evaluateAt = (amount: number) =>
            matcher.evaluate(
              createParty({
                ...sides.output,
                economics: { ...sides.output.economics, price: { amount: String(amount), currency: "EUR", per } },
              }),
              need,
            );
          const [cheap, dear] = [evaluateAt(low), evaluateAt(low + step)];
          expect(dear.score).toBe(cheap.score);
          expect(dear.money.perYear.joint).toBe(cheap.money.perYear.joint);
          for (const { money } of [cheap, dear]) {
            const { joint, seller, buyer } = money.perYear;
            expect(cents(seller) + cents(buyer)).toBe(cents(joint));
            expect(cents(money.low)).toBeLessThanOrEqual(cents(joint));
            expect(cents(money.high)).toBeGreaterThanOrEqual(cents(joint));
            expect(money.parts.reduce((sum, part) => sum + cents(part.amount), 0n)).toBe(cents(joint));
          }
          if (cheap.quantity !== null) {
            const gain = Number(dear.money.perYear.seller) - Number(cheap.money.perYear.seller);
            const canonical = cheap.quantity.amount * (per === "t" ? 1 : 1_000);
            expect(gain).toBeGreaterThan(0);
            expect(Math.abs(gain - canonical * step)).toBeLessThan(0.02 + gain * 1e-9);
          }
        },
      ),
      runs,
    );
  });
});

const cents = (decimal: string) => BigInt(decimal.replace(".", ""));

describe("ranking", () => {
  it("does not depend on the order of the candidates", () => {
    fc.assert(
      fc.property(needWithSupplies, fc.nat(), ({ need, supplies }, seed) => {
        const shuffled = [...supplies].sort((left, right) => hash(left.flowId, seed) - hash(right.flowId, seed));
        expect(matcher.rank(need, shuffled, many)).toEqual(matcher.rank(need, supplies, many));
        expect(matcher.nearMisses(need, shuffled, many)).toEqual(matcher.nearMisses(need, supplies, many));
      }),
      { numRuns: 60 },
    );
  });

  it("proposes every pair that all gates let pass, and none that a gate refuses", () => {
    fc.assert(
      fc.property(needWithSupplies, ({ need, supplies }) => {
        const matches = new Set(matcher.rank(need, supplies, many).map(({ party }) => party.flowId));
        const misses = new Set(matcher.nearMisses(need, supplies, many).map(({ party }) => party.flowId));
        for (const supply of supplies) {
          const { verdict, gates } = matcher.evaluate(supply, need);
          const [nears, fails] = ["near", "fail"].map(
            (wanted) => gates.filter((gate) => gate.verdict === wanted).length,
          );
          expect(verdict).toBe(fails! > 0 || nears! > 1 ? "no_match" : nears === 1 ? "near_miss" : "match");
          expect(matches.has(supply.flowId)).toBe(verdict === "match");
          expect(misses.has(supply.flowId)).toBe(verdict === "near_miss");
        }
      }),
      { numRuns: 80 },
    );
  });

  it("orders by score, then joint value, then distance, then id", () => {
    fc.assert(
      fc.property(needWithSupplies, ({ need, supplies }) => {
        const ranked = matcher.rank(need, supplies, many);
        for (const [index, { evaluation, party }] of ranked.entries()) {
          const next = ranked[index + 1];
          if (!next) continue;
          expect(evaluation.score).toBeGreaterThanOrEqual(next.evaluation.score);
          if (
            evaluation.score === next.evaluation.score &&
            evaluation.distanceMeters === next.evaluation.distanceMeters
          )
            expect(
              Number(evaluation.money.perYear.joint) > Number(next.evaluation.money.perYear.joint) ||
                party.flowId < next.party.flowId,
            ).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("finds exactly the best of all, page by page, and may stop where the bound cannot beat the worst that it has", () => {
    const options = fc.record({
      limit: fc.integer({ min: 1, max: 6 }),
      page: fc.integer({ min: 1, max: 5 }),
      minScore: fc.constantFrom(0, 0.4, 0.7),
    });
    fc.assert(
      fc.property(needWithSupplies, options, ({ need, supplies }, { limit, page, minScore }) => {
        const all = matcher.rank(need, supplies, many).filter(({ evaluation }) => evaluation.score >= minScore);
        const best = matcher.createBestMatches(need, { limit, minScore });
        const ordered = supplies
          .map((supply) => ({ supply, bound: boundOf(need, supply) }))
          .sort((left, right) => right.bound - left.bound);
        for (let from = 0; from < ordered.length; from += page) {
          if (ordered[from]!.bound < best.scoreToBeat()) break;
          best.add(ordered.slice(from, from + page).map(({ supply }) => supply));
        }
        expect(best.results()).toEqual(all.slice(0, limit));
        expect(best.isFull()).toBe(all.length >= limit);
      }),
      { numRuns: 80 },
    );
  });
});

describe("the kernel", () => {
  it("finds for a row of many what evaluate finds for the pair alone", () => {
    const rules = compileRules(taxonomy, tables);
    fc.assert(
      fc.property(needWithSupplies, ({ need, supplies }) => {
        const interner = createInterner(rules, asOf);
        const pair = createPair(rules, interner);
        const outputs = encodeParties(supplies, rules, interner);
        const inputs = encodeParties([need], rules, interner);
        for (const [row, supply] of supplies.entries()) {
          const verdict = evaluatePair(pair, outputs, row, inputs, 0, everything);
          const evaluation = matcher.evaluate(supply, need);
          expect(["no_match", "near_miss", "match"][verdict]).toBe(evaluation.verdict);
          const figures = [...pair.figures.slice(at.score, at.score + 3)];
          expect(figures).toEqual([evaluation.low, evaluation.score, evaluation.high]);
          expect(verdict === match || verdict === nearMiss || verdict === 0).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** An order that has nothing to do with the parties. */
const hash = (text: string, seed: number) =>
  [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0) + seed) % 1_000_003, 7);

function boundOf(need: Party, supply: Party): number {
  const search = matcher.search(need);
  const candidate = boundCandidateOf(search, need, supply);
  return candidate === null ? 0 : scoreBound(search.bound, candidate);
}
