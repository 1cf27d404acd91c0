import { describe, expect, it } from "vitest";
import { createMatcher } from "../../src/matching/matcher.ts";
import { parseTables } from "../../src/matching/tables.ts";
import { asOf, createSampleParty, taxonomy } from "../support/matchingParties.ts";

const evaluate = (overrides: unknown, output = "asnaes-steam", input = "novo-steam-need") =>
  createMatcher({ taxonomy, tables: parseTables(overrides), asOf }).evaluate(
    createSampleParty(output),
    createSampleParty(input),
  );

describe("the matching tables", () => {
  it("have weights that sum to one and a reason for each figure of scoring", () => {
    const { weights, sources } = parseTables().scoring;
    expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(Object.keys(sources).sort()).toEqual(["halfValueRatio", "overqualificationLoss", "trust", "weights"]);
  });

  it("hold the limits of the design", () => {
    const { classes } = parseTables().transport;
    const kilometers = Object.fromEntries(Object.entries(classes).map(([name, of]) => [name, of.limitMeters / 1_000]));
    expect(kilometers).toEqual({
      heat_pipe: 5,
      steam_pipe: 3,
      electricity_line: 10,
      gas_pipe: 20,
      co2_pipe: 20,
      water_pipe: 25,
      wastewater_pipe: 10,
      waste_road: 300,
      material_road: 800,
      logistics: 200,
      equipment: 300,
      service: 500,
    });
    expect(classes.heat_pipe.large).toEqual({ fromMegawatts: 50, limitMeters: 20_000 });
  });

  it("are overridden in part, and leave the rest as it is", () => {
    expect(evaluate({}).verdict).toBe("match");
    const short = evaluate({ transport: { classes: { steam_pipe: { limitMeters: 1_000 } } } });
    expect(short.verdict).toBe("near_miss");
    expect(short.gates.find(({ gate }) => gate === "distance")!.verdict).toBe("near");
    const strict = evaluate({ transport: { classes: { steam_pipe: { limitMeters: 1_000 } } }, near: [] });
    expect(strict.verdict).toBe("no_match");
    const weights = { quality: 1, quantity: 0, temporal: 0, proximity: 0, economics: 0, trust: 0 };
    const only = evaluate({ scoring: { weights } });
    expect(only.score).toBeCloseTo(only.terms[0]!.value, 9);
  });

  it("keep a score of ones at exactly one, whatever the weights", () => {
    const weights = { quality: 0.1, quantity: 0.3, temporal: 0.15, proximity: 0.15, economics: 0.2, trust: 0.1 };
    const { terms } = evaluate({ scoring: { weights, overqualificationLoss: 0 } });
    const units = terms.map(({ weight }) => weight);
    expect(units.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(terms[0]!.value).toBe(1);
    expect(terms[0]!.contribution).toBeLessThanOrEqual(0.1 + 1e-11);
  });

  it.each([
    ["weights that do not sum to one", { scoring: { weights: { quality: 0.9 } } }, "weights"],
    ["a field that does not exist", { scoring: { wieghts: {} } }, "wieghts"],
    ["a table that does not exist", { distances: {} }, "distances"],
    ["a class that does not exist", { transport: { classes: { steampipe: { limitMeters: 1 } } } }, "steampipe"],
    ["a limit that is not a number", { transport: { classes: { steam_pipe: { limitMeters: "far" } } } }, "limitMeters"],
    [
      "a range whose low is over its high",
      { transport: { transactionCostEurPerYear: { low: 9, high: 1 } } },
      "transactionCostEurPerYear",
    ],
    ["a misspelt field of a class", { transport: { classes: { steam_pipe: { limitMetres: 5_000 } } } }, "limitMetres"],
  ])("refuse %s by name", (_, overrides, name) => {
    expect(() => parseTables(overrides)).toThrow(name);
  });
});
