import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCell, maximumCellRadiusMeters } from "../../src/domain/cell.ts";
import type { Position } from "../../src/domain/geography.ts";
import { type Coarseness, exactly } from "../../src/matching/candidateSearch.ts";
import { coarsenParty, quantityStep } from "../../src/matching/coarseParty.ts";
import type { Party } from "../../src/matching/party.ts";
import { scoreBound } from "../../src/matching/scoreBound.ts";
import { needWithSupplies } from "../support/matchingArbitraries.ts";
import { createParty, matcher, north } from "../support/matchingParties.ts";
import { boundCandidateOf, isFetched } from "../support/matchingStore.ts";

describe("the search for hidden counterparts", () => {
  const coarseness: Coarseness = { slackMeters: 2 * maximumCellRadiusMeters, quantityFactor: quantityStep };

  /** What the engine is given of a party: its cell, and what it has left in two digits. */
  const coarsen = async (party: Party): Promise<Party> => coarsenParty(party, await findCell(party.site.position));

  it("covers every match and near miss, and bounds every score from above, by the columns of the true place", async () => {
    const verdicts = new Set<string>();
    await fc.assert(
      fc.asyncProperty(needWithSupplies, fc.boolean(), async ({ need, supplies }, isSubjectHidden) => {
        const subject = isSubjectHidden ? await coarsen(need) : need;
        const search = matcher.search(subject);
        const of = { ...coarseness, slackMeters: coarseness.slackMeters + subject.site.radiusMeters };
        for (const supply of supplies) {
          const { verdict, score } = matcher.evaluate(await coarsen(supply), subject);
          verdicts.add(verdict);
          if (verdict === "match") expect(isFetched(search, search.match, subject, supply, of)).toBe(true);
          if (verdict === "near_miss") expect(isFetched(search, search.near, subject, supply, of)).toBe(true);
          const candidate = boundCandidateOf(search, subject, supply);
          if (candidate && verdict === "match")
            expect(scoreBound(search.bound, candidate, of)).toBeGreaterThanOrEqual(score);
        }
      }),
      { numRuns: 100 },
    );
    expect(verdicts).toEqual(new Set(["match", "near_miss", "no_match"]));
  });

  it("would fall short of a score that has nothing left to gain, were it not for the slack and the factor", async () => {
    const euros = (amount: string) => ({ amount, currency: "EUR" as const, per: "t" });
    const supplyOf = (amount: number) =>
      createParty({ quantity: { amount, unit: "t/a" }, economics: { disposalCost: euros("500") } });
    const needOf = (amount: number) =>
      createParty({
        id: 2,
        direction: "input",
        quantity: { amount, unit: "t/a" },
        economics: { virginPrice: euros("1") },
        position: north(1_000),
      });
    const check = (subject: Party, counterpart: Party, shown: Party, short: Coarseness) => {
      const search = matcher.search(subject);
      const candidate = boundCandidateOf(search, subject, counterpart)!;
      const [supply, need] = shown.flow.direction === "output" ? [shown, subject] : [subject, shown];
      const { score, verdict } = matcher.evaluate(supply, need);
      expect(verdict).toBe("match");
      expect(scoreBound(search.bound, candidate, coarseness)).toBeGreaterThanOrEqual(score);
      expect(scoreBound(search.bound, candidate, short)).toBeLessThan(score);
    };
    const inTwoDigits = (party: Party): Party => ({
      ...coarsenParty(party, cellAt(party.site.position)),
      site: party.site,
    });
    const cellAt = (center: Position) => ({ id: "", center, radiusMeters: 1_500 });
    const noFactor = { ...coarseness, slackMeters: 0, quantityFactor: 1 };
    // 10,500 is seen as 11,000 and 10,499 as 10,000.
    check(needOf(100_000), supplyOf(10_500), inTwoDigits(supplyOf(10_500)), noFactor);
    check(supplyOf(5_000), needOf(10_499), inTwoDigits(needOf(10_499)), noFactor);
    const halfway = coarsenParty(supplyOf(10_000), cellAt(north(500)));
    check(needOf(10_000), supplyOf(10_000), halfway, { ...coarseness, slackMeters: 0 });
  });

  it("asks for no more than it did where nothing is hidden", () => {
    fc.assert(
      fc.property(needWithSupplies, ({ need, supplies }) => {
        const search = matcher.search(need);
        for (const supply of supplies) {
          const candidate = boundCandidateOf(search, need, supply);
          if (candidate === null) continue;
          const bound = scoreBound(search.bound, candidate);
          expect(scoreBound(search.bound, candidate, exactly)).toBe(bound);
          expect(scoreBound(search.bound, candidate, coarseness)).toBeGreaterThanOrEqual(bound);
        }
      }),
      { numRuns: 40 },
    );
  });
});
