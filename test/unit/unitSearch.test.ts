import { describe, expect, it } from "vitest";
import { searchUnits } from "../../src/domain/unitSearch.ts";

describe("searchUnits", () => {
  it.each([
    ["t", "t"],
    ["kWh", "kW.h"],
    ["gigawatt", "GW.h/a"],
    ["tonne per year", "t/a"],
    ["fahrenheit", "[degF]"],
    ["GJ/h", "GJ/h"],
  ])("answers %j with %s first", (question, code) => {
    expect(searchUnits(question)[0]?.code).toBe(code);
  });

  it("says what a quantity in the unit measures, and how many canonical units it is", () => {
    expect(searchUnits("GW.h/a", 1)).toEqual([
      {
        code: "GW.h/a",
        name: "gigawatt hour per year",
        coherentUnit: "kg.m2.s-3",
        factor: expect.closeTo(114_077.116, 3),
        offset: null,
        quantity: { dimension: "energy", per: "year", canonicalUnit: "MJ/a", factor: expect.closeTo(3_600_000, 6) },
      },
    ]);
    expect(searchUnits("Cel", 1)).toMatchObject([{ code: "Cel", offset: 273.15, quantity: null }]);
  });

  it("lists each unit once, within the limit, and all without a question", () => {
    const codes = searchUnits("", 1_000).map((entry) => entry.code);
    expect(codes.length).toBeGreaterThan(270);
    expect(new Set(codes).size).toBe(codes.length);
    expect(searchUnits("", 5)).toHaveLength(5);
  });

  it("finds nothing for what is no unit", () => {
    expect(searchUnits("zzzz")).toEqual([]);
    expect(searchUnits("x".repeat(5_000))).toEqual([]);
  });
});
