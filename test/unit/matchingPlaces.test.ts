import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCell } from "../../src/domain/cell.ts";
import { distanceMeters, earthRadiusMeters, type Position } from "../../src/domain/geography.ts";
import { coarsenParty } from "../../src/matching/coarseParty.ts";
import type { Evaluation, GateResult } from "../../src/matching/evaluation.ts";
import type { Party } from "../../src/matching/party.ts";
import { pairInputs } from "../support/matchingArbitraries.ts";
import { createParty, matcher, north, type PartyInput } from "../support/matchingParties.ts";

const runs = { numRuns: 200 };
const many = { limit: 1_000 };

// Whole numbers, for doubles are drawn by their exponents and so lie next to nothing as a rule.
const share = fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000);
const radius = fc.integer({ min: 1, max: 1_700 });
const bearing = fc.integer({ min: 0, max: 359 }).map((degrees) => (degrees * Math.PI) / 180);

/** Where a place is shown, how far the true one can lie from there, and where in that circle it does. */
const hiding = fc.record({ radius, bearing, share });
type Hiding = typeof hiding extends fc.Arbitrary<infer T> ? T : never;

/** Two sides that might meet, as far apart as the limits of steam, heat and what goes by road are, and beyond. */
const sides = fc
  .tuple(
    pairInputs,
    fc.oneof(
      fc.integer({ min: 0, max: 12_000 }),
      fc.integer({ min: 295_000, max: 305_000 }),
      fc.integer({ min: 0, max: 900_000 }),
    ),
  )
  .map(([{ output, input }, meters]) => ({ output, input: { ...input, position: north(meters) } }));

/** One side is hidden, or both; the other is seen where it is. */
const hidden = fc
  .record({ output: fc.option(hiding), input: fc.option(hiding) })
  .filter(({ output, input }) => output !== null || input !== null);

const seen = (party: Party, of: Hiding | null): Party =>
  of === null ? party : { ...party, site: { ...party.site, radiusMeters: of.radius } };

const truly = (party: Party, of: Hiding | null): Party => {
  if (of === null) return party;
  const position = moveFrom(party.site.position, of.bearing, of.radius * of.share);
  return { ...party, site: { ...party.site, position } };
};

/** The end of a great circle that leaves a point on a bearing. */
function moveFrom([longitude, latitude]: Position, bearing: number, meters: number): Position {
  const angle = meters / earthRadiusMeters;
  const from = (latitude * Math.PI) / 180;
  const to = Math.asin(Math.sin(from) * Math.cos(angle) + Math.cos(from) * Math.sin(angle) * Math.cos(bearing));
  const east = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(from),
    Math.cos(angle) - Math.sin(from) * Math.sin(to),
  );
  return [longitude + (east * 180) / Math.PI, (to * 180) / Math.PI];
}

const distanceGate = ({ gates }: Evaluation): GateResult => gates.find(({ gate }) => gate === "distance")!;
const proximity = ({ terms }: Evaluation) => terms.find(({ term }) => term === "proximity")!;

/** The ends of all that an evaluation states as an interval. */
function intervalsOf({ low, high, distanceLowMeters, distanceHighMeters, terms, money, carbon }: Evaluation) {
  return [
    { name: "distance", low: distanceLowMeters, high: distanceHighMeters, slack: 1e-3 },
    { name: "score", low, high, slack: 1e-9 },
    ...terms.map((term) => ({ name: term.term, low: term.low, high: term.high, slack: 1e-9 })),
    { name: "money", low: Number(money.low), high: Number(money.high), slack: 0.1 },
    { name: "carbon", low: carbon.low, high: carbon.high, slack: 1e-6 * (1 + Math.abs(carbon.low)) },
  ];
}

function expectWithin(inner: Evaluation, outer: Evaluation) {
  const wide = intervalsOf(outer);
  for (const [index, { name, low, high }] of intervalsOf(inner).entries()) {
    const around = wide[index]!;
    expect(low, `low end of ${name}`).toBeGreaterThanOrEqual(around.low - around.slack);
    expect(high, `high end of ${name}`).toBeLessThanOrEqual(around.high + around.slack);
  }
}

const evaluateHidden = ({ output, input }: { output: PartyInput; input: PartyInput }, by: HiddenSides) => {
  const [supply, need] = [createParty(output), createParty(input)];
  return {
    coarse: matcher.evaluate(seen(supply, by.output), seen(need, by.input)),
    exact: matcher.evaluate(truly(supply, by.output), truly(need, by.input)),
  };
};
type HiddenSides = { output: Hiding | null; input: Hiding | null };

describe("a pair whose places are hidden", () => {
  it("lies, wherever they are, within the distance, the score, the money and the carbon that are told of it", () => {
    fc.assert(
      fc.property(sides, hidden, (pair, by) => {
        const { coarse, exact } = evaluateHidden(pair, by);
        expectWithin(exact, coarse);
        expect(exact.distanceMeters).toBeGreaterThanOrEqual(coarse.distanceLowMeters - 1e-3);
        expect(exact.distanceMeters).toBeLessThanOrEqual(coarse.distanceHighMeters + 1e-3);
        expect(exact.score).toBeGreaterThanOrEqual(coarse.low - 1e-9);
        expect(exact.score).toBeLessThanOrEqual(coarse.high + 1e-9);
      }),
      runs,
    );
  });

  it("passes the distance gate only where it does so wherever they are, and is refused likewise", () => {
    const allowed = { pass: ["pass"], near: ["near", "fail"], fail: ["fail"], uncertain: ["pass", "near", "fail"] };
    const met = new Set<string>();
    fc.assert(
      fc.property(sides, hidden, (pair, by) => {
        const { coarse, exact } = evaluateHidden(pair, by);
        const verdict = distanceGate(coarse).verdict as keyof typeof allowed;
        expect(allowed[verdict]).toContain(distanceGate(exact).verdict);
        met.add(verdict);
      }),
      { numRuns: 400 },
    );
    expect([...met].sort()).toEqual(["fail", "near", "pass", "uncertain"]);
  });

  it("is told no less widely when they are hidden more widely, and by the same middle", () => {
    fc.assert(
      fc.property(sides, hidden, share, (pair, by, part) => {
        const [supply, need] = [createParty(pair.output), createParty(pair.input)];
        const narrower = (of: Hiding | null) => of && { ...of, radius: of.radius * part };
        const exact = matcher.evaluate(supply, need);
        const near = matcher.evaluate(seen(supply, narrower(by.output)), seen(need, narrower(by.input)));
        const far = matcher.evaluate(seen(supply, by.output), seen(need, by.input));
        expectWithin(exact, near);
        expectWithin(near, far);
        for (const { score, distanceMeters, quantity, money, carbon } of [near, far]) {
          expect(score).toBe(exact.score);
          expect(distanceMeters).toBe(exact.distanceMeters);
          expect(quantity).toEqual(exact.quantity);
          expect(money.perYear).toEqual(exact.money.perYear);
          expect(carbon.avoidedKgPerYear).toBe(exact.carbon.avoidedKgPerYear);
        }
      }),
      runs,
    );
  });

  it("has contributions that sum to its score, between its ends", () => {
    fc.assert(
      fc.property(sides, hidden, (pair, by) => {
        const { coarse } = evaluateHidden(pair, by);
        expect(coarse.terms.reduce((sum, { contribution }) => sum + contribution, 0)).toBe(coarse.score);
        expect(coarse.low).toBeLessThanOrEqual(coarse.score);
        expect(coarse.score).toBeLessThanOrEqual(coarse.high);
        for (const term of coarse.terms) {
          expect(term.low).toBeLessThanOrEqual(term.value);
          expect(term.value).toBeLessThanOrEqual(term.high);
        }
      }),
      runs,
    );
  });

  it("is the same for all places that one cell stands for", async () => {
    const position = fc.tuple(
      fc.double({ min: 10.9, max: 11.2, noNaN: true }),
      fc.double({ min: 54.9, max: 55.1, noNaN: true }),
    );
    await fc.assert(
      fc.asyncProperty(sides, position, bearing, share, async ({ output, input }, one, way, part) => {
        const cell = await findCell(one);
        const other = moveFrom(one, way, cell.radiusMeters * part);
        fc.pre((await findCell(other)).id === cell.id);
        const need = createParty(input);
        const evaluateFrom = (place: Position) =>
          matcher.evaluate(coarsenParty(createParty({ ...output, position: place }), cell), need);
        expect(evaluateFrom(other)).toEqual(evaluateFrom(one));
        const real = distanceMeters(other, need.site.position);
        expect(real).toBeGreaterThanOrEqual(evaluateFrom(one).distanceLowMeters);
        expect(real).toBeLessThanOrEqual(evaluateFrom(one).distanceHighMeters);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a pair whose places are known", () => {
  it("has one distance and one proximity", () => {
    fc.assert(
      fc.property(sides, ({ output, input }) => {
        const evaluation = matcher.evaluate(createParty(output), createParty(input));
        expect(evaluation.distanceLowMeters).toBe(evaluation.distanceMeters);
        expect(evaluation.distanceHighMeters).toBe(evaluation.distanceMeters);
        const { low, value, high } = proximity(evaluation);
        expect([low, high]).toEqual([value, value]);
        expect(distanceGate(evaluation).verdict).not.toBe("uncertain");
        expect(distanceGate(evaluation).detail).not.toContain("Between");
      }),
      runs,
    );
  });
});

describe("the distance gate of a hidden place", () => {
  /** Steam may be carried 3 km; near is up to 3.6 km. */
  const need = createParty({ id: 2, direction: "input" });
  const supplyAt = (meters: number, radiusMeters: number): Party => {
    const party = createParty({ position: north(meters) });
    return { ...party, site: { ...party.site, radiusMeters } };
  };
  const gateAt = (meters: number, radiusMeters: number) =>
    distanceGate(matcher.evaluate(supplyAt(meters, radiusMeters), need));

  it("passes where the farthest place is in reach, and tells both ends", () => {
    const gate = gateAt(1_500, 1_400);
    expect(gate).toMatchObject({ verdict: "pass", short: null, closes: null });
    expect(gate.detail).toBe("Between 0.1 and 2.9 km apart; the limit is 3 km (steam pipe, or a side's own limit)");
  });

  it("is uncertain where only the nearest is, and such a pair is still a match and no near miss", () => {
    expect(gateAt(2_900, 1_400)).toMatchObject({ verdict: "uncertain", short: null, closes: null });
    expect(gateAt(4_300, 1_400).verdict).toBe("uncertain");
    const supplies = [supplyAt(4_300, 1_400)];
    const [found] = matcher.rank(need, supplies, many);
    expect(found?.evaluation.verdict).toBe("match");
    expect(found && proximity(found.evaluation)).toMatchObject({ low: 0, value: 0 });
    expect(found && proximity(found.evaluation).high).toBeGreaterThan(0);
    expect(matcher.nearMisses(need, supplies, many)).toEqual([]);
  });

  it("is near by how much the nearest is over, and fails beyond what is near", () => {
    const gate = gateAt(4_900, 1_400);
    expect(gate.verdict).toBe("near");
    expect(gate.short?.unit).toBe("km");
    expect(gate.short?.amount).toBeCloseTo(0.5, 3);
    expect(gate.closes).toMatch(/^0\.5 km more than the usual reach/);
    expect(matcher.nearMisses(need, [supplyAt(4_900, 1_400)], many)).toHaveLength(1);
    expect(gateAt(5_100, 1_400).verdict).toBe("fail");
  });

  it("holds to the limit that either side sets itself, by both radii together", () => {
    const near = createParty({ id: 2, direction: "input", constraints: { maximumDistanceMeters: 1_000 } });
    const hiddenNeed = { ...near, site: { ...near.site, radiusMeters: 300 } };
    const verdictAt = (meters: number) => distanceGate(matcher.evaluate(supplyAt(meters, 400), hiddenNeed)).verdict;
    expect([299, 301, 1_699, 1_701, 1_899, 1_901].map(verdictAt)).toEqual([
      "pass",
      "uncertain",
      "uncertain",
      "near",
      "near",
      "fail",
    ]);
  });

  it("takes the way, the losses on it and its costs from the nearest to the farthest", () => {
    const known = matcher.evaluate(supplyAt(2_000, 0), need);
    const { terms, money, carbon, ...rest } = matcher.evaluate(supplyAt(2_000, 900), need);
    expect([rest.distanceLowMeters, rest.distanceHighMeters].map(Math.round)).toEqual([1_100, 2_900]);
    const part = (label: string, of: typeof money) => of.parts.find((one) => one.label === label)!;
    const pipe = part("Pipe, as an annuity", money);
    const knownPipe = part("Pipe, as an annuity", known.money);
    expect(Number(pipe.low) / Number(knownPipe.low)).toBeCloseTo(2_900 / 2_000, 3);
    expect(pipe.amount).toBe(knownPipe.amount);
    expect(Number(pipe.high) / Number(knownPipe.high)).toBeCloseTo(1_100 / 2_000, 3);
    expect(Number(money.low)).toBeLessThan(Number(known.money.low));
    expect(Number(money.high)).toBeGreaterThan(Number(known.money.high));
    expect(carbon.low).toBeLessThan(known.carbon.low);
    expect(carbon.high).toBeGreaterThan(known.carbon.high);
    const { low, value, high } = proximity({ ...known, terms });
    expect([low, value, high]).toEqual(
      [
        proximity(matcher.evaluate(supplyAt(2_900, 0), need)).value,
        proximity(known).value,
        proximity(matcher.evaluate(supplyAt(1_100, 0), need)).value,
      ].map((at) => expect.closeTo(at, 6)),
    );
  });
});
