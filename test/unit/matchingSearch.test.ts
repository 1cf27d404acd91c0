import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scoreBound } from "../../src/matching/scoreBound.ts";
import { needWithSupplies } from "../support/matchingArbitraries.ts";
import { createParty, createSampleParty, matcher, north, organizationIdOf } from "../support/matchingParties.ts";
import { boundCandidateOf, isFetched } from "../support/matchingStore.ts";

describe("what a store is asked for", () => {
  it("covers every match and, widened, every near miss, from either side", () => {
    fc.assert(
      fc.property(needWithSupplies, ({ need, supplies }) => {
        const forNeed = matcher.search(need);
        for (const supply of supplies) {
          const forSupply = matcher.search(supply);
          const { verdict } = matcher.evaluate(supply, need);
          if (verdict === "match") {
            expect(isFetched(forNeed, forNeed.match, need, supply)).toBe(true);
            expect(isFetched(forSupply, forSupply.match, supply, need)).toBe(true);
          }
          if (verdict === "near_miss") {
            expect(isFetched(forNeed, forNeed.near, need, supply)).toBe(true);
            expect(isFetched(forSupply, forSupply.near, supply, need)).toBe(true);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("bounds every score from above by columns alone, from either side", () => {
    fc.assert(
      fc.property(needWithSupplies, ({ need, supplies }) => {
        for (const supply of supplies) {
          const { score, verdict } = matcher.evaluate(supply, need);
          for (const [subject, counterpart] of [
            [need, supply],
            [supply, need],
          ] as const) {
            const search = matcher.search(subject);
            const candidate = boundCandidateOf(search, subject, counterpart);
            if (verdict === "match") expect(candidate).not.toBeNull();
            if (candidate && verdict === "match")
              expect(scoreBound(search.bound, candidate)).toBeGreaterThanOrEqual(score);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("still bounds a score that has nothing left to gain, by distances on the spheroid", () => {
    const euros = (amount: string) => ({ amount, currency: "EUR" as const, per: "t" });
    const need = createParty({ id: 2, direction: "input", economics: { virginPrice: euros("1") } });
    const search = matcher.search(need);
    for (const meters of [0, 500, 1_500, 2_500, 2_999]) {
      const supply = createParty({
        id: 1,
        position: north(meters),
        quantity: { amount: 1e6, unit: "t/a" },
        economics: { disposalCost: euros("500") },
      });
      const { score } = matcher.evaluate(supply, need);
      const candidate = boundCandidateOf(search, need, supply)!;
      // On the ellipsoid of WGS 84 a distance is 0.56 % shorter to 0.45 % longer than on the sphere.
      for (const stretch of [0.9944, 1, 1.0045]) {
        const bound = scoreBound(search.bound, { ...candidate, distanceMeters: candidate.distanceMeters * stretch });
        expect(bound).toBeGreaterThanOrEqual(score);
        expect(bound - score).toBeLessThan(0.01);
      }
    }
  });

  it("tells far, small, rough and out of season from the best by the bound", () => {
    const need = createSampleParty("novo-steam-need");
    const search = matcher.search(need);
    const bound = (changes: Parameters<typeof createSampleParty>[1]) => {
      const supply = createSampleParty("asnaes-steam", changes);
      return scoreBound(search.bound, boundCandidateOf(search, need, supply)!);
    };
    const best = bound({});
    expect(bound({ position: [11.0955, 55.69] })).toBeLessThan(best);
    expect(bound({ quantity: { amount: 1_000, unit: "t/a" } })).toBeLessThan(best);
    expect(bound({ precision: { level: "rough" } })).toBeLessThan(best);
    expect(bound({ availability: { pattern: "seasonal", months: [1, 2] } })).toBeLessThan(best);
  });

  it("asks for the other side's directions, the subject's own limits and what it has blocked", () => {
    const search = matcher.search(
      createParty({
        direction: "input",
        constraints: { maximumDistanceMeters: 1_200, blockedOrganizationIds: [organizationIdOf(7)] },
      }),
    );
    expect(search.directions).toEqual(["output", "shared"]);
    expect(search.match.radiusMeters).toBeCloseTo(1_207, 0);
    expect(search.near.radiusMeters).toBeCloseTo(1_448.2, 0);
    expect(search.blockedOrganizationIds).toEqual([organizationIdOf(7)]);
    expect(
      matcher.search(createParty({ direction: "shared", kind: "equipment", quantity: { amount: 10, unit: "h/a" } }))
        .directions,
    ).toEqual(["input"]);
  });

  it("asks of heat for a need of 80 Cel 90 Cel, and 30 Cel where a heat pump may lift it", () => {
    const search = matcher.search(createSampleParty("town-heat-need"));
    expect(search.match.temperatureMaximumAtLeastKelvin).toBeCloseTo(363.15, 3);
    expect(search.near.temperatureMaximumAtLeastKelvin).toBeCloseTo(303.15, 3);
    expect(search.match.temperatureMinimumAtMostKelvin).toBeNull();
  });

  it("reaches as far as large heat may be carried only for a subject of that power", () => {
    const heat = (amount: number) =>
      matcher.search(createParty({ kind: "heat", quantity: { amount, unit: "GW.h/a" }, position: north(0) })).bound
        .limitMeters;
    expect(heat(437)).toBe(5_000);
    expect(heat(439)).toBe(20_000);
  });

  it("does not hold a single amount against rates, nor a recurring amount's size against the bound", () => {
    const once = matcher.search(createParty({ quantity: { amount: 5, unit: "t", basis: "one_off" } }));
    expect(once.bases).toEqual(["one_off"]);
    expect(once.dimensions).toContain("mass/once");
    const weekly = createParty({
      quantity: { amount: 5, unit: "t", basis: "recurring" },
      availability: { pattern: "windowed", rrule: "FREQ=WEEKLY;BYDAY=MO", from: "2025-01-06" },
    });
    expect(matcher.search(weekly).bound.dimension).toBeNull();
    expect(matcher.search(weekly).bases).toEqual(["rate", "recurring"]);
  });
});

describe("the best matches", () => {
  it("count a counterpart once that comes twice, and hold none of the subject's own side", () => {
    const need = createSampleParty("novo-steam-need");
    const supply = createSampleParty("asnaes-steam");
    const best = matcher.createBestMatches(need, { limit: 5 });
    best.add([supply, need, createSampleParty("statoil-steam-need")]);
    best.add([supply]);
    expect(best.results().map(({ party }) => party.flowId)).toEqual([supply.flowId]);
    expect(best.isFull()).toBe(false);
    expect(best.scoreToBeat()).toBe(0);
  });

  it("tell the score to beat once they are full, and the least score asked for until then", () => {
    const need = createSampleParty("novo-steam-need");
    const best = matcher.createBestMatches(need, { limit: 1, minScore: 0.2 });
    expect(best.scoreToBeat()).toBe(0.2);
    best.add([createSampleParty("asnaes-steam")]);
    expect(best.isFull()).toBe(true);
    expect(best.scoreToBeat()).toBe(best.results()[0]!.evaluation.score);
  });
});
