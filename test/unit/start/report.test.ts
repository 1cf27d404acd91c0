import { describe, expect, it } from "vitest";
import type { NearMiss, RankedMatch } from "../../../scripts/start/mainJob.ts";
import { formatSupplies } from "../../../scripts/start/report.ts";

const match = {
  output: "asnaes-steam",
  rank: 1,
  score: 0.8614,
  low: 0.81,
  high: 0.9,
  distanceMeters: 1_070,
  money: { perYear: { joint: "1412000.49" } },
  carbon: { avoidedKgPerYear: -1_234_567 },
} as RankedMatch;

const miss = {
  output: "tepid-heat",
  near: {
    gate: "quality.temperature",
    verdict: "near",
    short: { amount: 45.000001, unit: "K" },
    closes: "A heat pump that lifts 45 K",
    detail: "45 Cel where 80 Cel is asked for",
  },
} as unknown as NearMiss;

describe("the printed main job", () => {
  it("shows each match in one row under its need, with thousands set apart", () => {
    const lines = formatSupplies([
      { need: "novo-steam-need", matches: [match, { ...match, rank: 2, output: "hotter-steam" }], nearMisses: [] },
    ]).split("\n");
    expect(lines[2]).toMatch(
      /^novo-steam-need\s+1 {2}asnaes-steam\s+0\.861 {2}0\.810-0\.900\s+1\.1\s+1 412 000\s+-1 235$/,
    );
    expect(lines[3]).toMatch(/^\s+2 {2}hotter-steam/);
    expect(lines).toContain("No near misses.");
  });

  it("says of a near miss which gate it failed, by how much and what would close it, and of a need that nobody fits", () => {
    const text = formatSupplies([{ need: "town-heat-need", matches: [], nearMisses: [miss] }]);
    expect(text).toMatch(/^town-heat-need\s+nobody yet$/m);
    expect(text).toContain(
      "town-heat-need <- tepid-heat: quality.temperature short by 45 K; 45 Cel where 80 Cel is asked for; would close it: A heat pump that lifts 45 K",
    );
  });
});
