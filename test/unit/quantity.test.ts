import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalUnitOf, canonicalUnits, dimensions, readMeasure } from "../../src/domain/dimension.ts";
import {
  amountUnitSchema,
  checkFlowQuantity,
  convert,
  convertQuantity,
  quantitySchema,
  toCanonical,
  unitSchema,
} from "../../src/domain/quantity.ts";

const amountUnits = [
  "t",
  "kg",
  "[lb_av]",
  "m3",
  "L",
  "[gal_us]",
  "kW.h",
  "GJ",
  "[Btu_IT]",
  "{pieces}",
  "h",
  "d",
  "t.km",
  "km",
  "har",
];
const rateUnits = ["t/a", "kg/h", "m3/d", "L/s", "kW", "GW.h/a", "MJ/h", "{pieces}/a", "h/a", "h/wk", "t.km/a", "km/a"];
const amounts = fc.double({ min: 1e-3, max: 1e9, noNaN: true });

const issuesOf = (result: { error?: { issues: readonly unknown[] } | undefined }) => result.error?.issues;

describe("toCanonical", () => {
  it.each([
    [1, "kW", "energy", "year", 31_557.6],
    [8_766, "kW.h/a", "energy", "year", 31_557.6],
    [550_000, "t/a", "mass", "year", 550_000_000],
    [24, "t", "mass", "once", 24_000],
    [1, "m3/h", "volume", "year", 8_766],
    [2_000, "h/a", "time", "year", 2_000],
    [1, "h/d", "time", "year", 365.25],
    [90, "min", "time", "once", 1.5],
    [12, "{pieces}", "count", "once", 12],
    [3, "{trips}/d", "count", "year", 1_095.75],
    [10, "t.km/a", "transport", "year", 10],
    [2, "km", "length", "once", 2_000],
    [1, "har", "area", "once", 10_000],
    [1, "MW.h", "energy", "once", 3_600],
  ])("brings %d %s to %s per %s", (amount, unit, dimension, per, value) => {
    const result = toCanonical({ amount, unit });
    expect(result).toMatchObject({ ok: true, canonical: { dimension, per } });
    if (result.ok) expect(result.canonical.value / value).toBeCloseTo(1, 12);
  });

  it("tells 24 t once from 24 t a year", () => {
    expect(toCanonical({ amount: 24, unit: "t" })).not.toEqual(toCanonical({ amount: 24, unit: "t/a" }));
  });

  it.each(["K", "Cel", "bar", "%", "[ppm]", "[pH]", "mg/L", "EUR", "kW/a"])(
    "refuses %s, which no flow can have",
    (unit) => {
      expect(toCanonical({ amount: 1, unit })).toMatchObject({ ok: false });
    },
  );

  it("names each canonical unit so that it reads back as one of itself", () => {
    for (const dimension of dimensions)
      for (const per of ["once", "year"] as const) {
        const read = readMeasure(canonicalUnitOf({ dimension, per }));
        expect(read).toMatchObject({ ok: true, measure: { dimension, per } });
        if (read.ok) expect(read.measure.factor).toBeCloseTo(1, 12);
      }
    expect(canonicalUnits.energy).toBe("MJ");
  });
});

describe("convertQuantity", () => {
  it("comes back to the same amount within 1e-9", () => {
    const properties = { densityKgPerM3: 743.2, heatingValueMjPerKg: 41.9 };
    let converted = 0;
    for (const units of [amountUnits, rateUnits])
      fc.assert(
        fc.property(amounts, fc.constantFrom(...units), fc.constantFrom(...units), (amount, from, to) => {
          const there = convertQuantity({ amount, unit: from }, to, properties);
          if (!there.ok) {
            expect(there.reason).toBe("dimension_mismatch");
            return;
          }
          const back = convertQuantity({ amount: there.value, unit: to }, from, properties);
          expect(back.ok && Math.abs(back.value / amount - 1)).toBeLessThan(1e-9);
          converted++;
        }),
      );
    expect(converted).toBeGreaterThan(50);
  });

  it("gives the same by way of a third unit", () => {
    fc.assert(
      fc.property(amounts, fc.constantFrom("t", "m3", "MW.h"), fc.constantFrom("kg", "L", "GJ"), (amount, from, to) => {
        const properties = { densityKgPerM3: 850, heatingValueMjPerKg: 42.6 };
        const direct = convertQuantity({ amount, unit: from }, to, properties);
        const mass = convertQuantity({ amount, unit: from }, "g", properties);
        const indirect = mass.ok ? convertQuantity({ amount: mass.value, unit: "g" }, to, properties) : mass;
        expect(direct.ok && indirect.ok && Math.abs(direct.value / indirect.value - 1)).toBeLessThan(1e-9);
      }),
    );
  });

  it("never converts between a rate and an amount", () => {
    const properties = { densityKgPerM3: 1_000, heatingValueMjPerKg: 40, heatingValueMjPerM3: 36 };
    for (const amount of amountUnits)
      for (const rate of rateUnits) {
        expect(convertQuantity({ amount: 1, unit: amount }, rate, properties).ok, `${amount} ${rate}`).toBe(false);
        expect(convertQuantity({ amount: 1, unit: rate }, amount, properties).ok, `${rate} ${amount}`).toBe(false);
      }
    expect(convertQuantity({ amount: 1, unit: "t" }, "t/a")).toEqual({
      ok: false,
      reason: "rate_against_amount",
      message: "t/a is a rate and t an amount; write both per time or neither.",
    });
  });

  it("refuses mass against volume until it knows the density", () => {
    expect(convertQuantity({ amount: 1, unit: "t/a" }, "m3/a")).toEqual({
      ok: false,
      reason: "density_needed",
      message: "t/a measures mass and m3/a volume; comparing them needs a density in kg/m3.",
    });
    expect(convertQuantity({ amount: 1, unit: "t/a" }, "m3/a", { densityKgPerM3: 800 })).toEqual({
      ok: true,
      value: 1.25,
    });
  });

  it("refuses energy against mass until it knows the heating value", () => {
    expect(convertQuantity({ amount: 36, unit: "MW.h/a" }, "t/a")).toMatchObject({
      ok: false,
      reason: "heating_value_needed",
      message: "MW.h/a measures energy and t/a mass; comparing them needs a heating value in MJ/kg.",
    });
    const known = convertQuantity({ amount: 10, unit: "t" }, "MW.h", { heatingValueMjPerKg: 36 });
    expect(known.ok && known.value).toBeCloseTo(100, 9);
  });

  it("goes from energy to volume by both figures or by a heating value per volume", () => {
    const quantity = { amount: 36, unit: "GJ" };
    expect(convertQuantity(quantity, "m3")).toMatchObject({ reason: "heating_value_needed" });
    expect(convertQuantity(quantity, "m3", { densityKgPerM3: 900 })).toMatchObject({ reason: "heating_value_needed" });
    expect(convertQuantity(quantity, "m3", { heatingValueMjPerKg: 40 })).toMatchObject({ reason: "density_needed" });
    expect(convertQuantity(quantity, "m3", { densityKgPerM3: 900, heatingValueMjPerKg: 40 })).toEqual({
      ok: true,
      value: expect.closeTo(1, 9),
    });
    expect(convertQuantity(quantity, "m3", { heatingValueMjPerM3: 36 })).toEqual({
      ok: true,
      value: expect.closeTo(1_000, 9),
    });
    expect(convertQuantity({ amount: 1_000, unit: "m3" }, "GJ", { heatingValueMjPerM3: 36 })).toEqual({
      ok: true,
      value: expect.closeTo(36, 9),
    });
  });

  it("takes a density of nought, less or infinity for none", () => {
    for (const densityKgPerM3 of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, null])
      expect(convertQuantity({ amount: 1, unit: "t" }, "m3", { densityKgPerM3 })).toMatchObject({
        reason: "density_needed",
      });
  });

  it("refuses hours against pieces, although UCUM gives h/a no dimension", () => {
    expect(convert(1, "h/a", "1")).toMatchObject({ ok: false, reason: "dimension_mismatch" });
    expect(convert(1, "%", "h/a")).toMatchObject({ ok: false, reason: "dimension_mismatch" });
    expect(convert(1, "t", "km")).toMatchObject({ ok: false, reason: "dimension_mismatch" });
  });

  it("says which of the two units is not one", () => {
    expect(convert(1, "kWh", "MJ")).toMatchObject({ reason: "unknown_unit", message: "kWh is not UCUM; write kW.h." });
    expect(convert(1, "MJ", "kWh")).toMatchObject({ reason: "unknown_unit" });
  });

  it("converts what is no quantity of a flow by its scale", () => {
    expect(convert(0, "Cel", "K")).toEqual({ ok: true, value: 273.15 });
    expect(convert(250, "[ppm]", "%")).toMatchObject({ ok: true, value: expect.closeTo(0.025, 12) });
  });
});

describe("checkFlowQuantity", () => {
  const steam = { amount: 550_000, unit: "t/a", basis: "rate" as const, minimumLot: { amount: 24, unit: "t" } };

  it("finds nothing wrong with a sound one", () => {
    expect(checkFlowQuantity(steam)).toEqual([]);
    expect(checkFlowQuantity({ amount: 3, unit: "MW", basis: "rate", minimumLot: null })).toEqual([]);
    expect(
      checkFlowQuantity({ amount: 30, unit: "t", basis: "one_off", minimumLot: { amount: 30_000, unit: "kg" } }),
    ).toEqual([]);
    expect(checkFlowQuantity({ amount: 8, unit: "h", basis: "recurring" })).toEqual([]);
  });

  it.each([
    [{ ...steam, unit: "t" }, ["unit"], "rate_against_amount"],
    [{ ...steam, basis: "one_off" as const }, ["unit"], "rate_against_amount"],
    [{ ...steam, basis: "recurring" as const }, ["unit"], "rate_against_amount"],
    [{ ...steam, unit: "bar" }, ["unit"], "not_a_quantity"],
    [{ ...steam, unit: "%" }, ["unit"], "not_a_quantity"],
    [{ ...steam, amount: 0 }, ["amount"], "amount_out_of_range"],
    [{ ...steam, amount: -5 }, ["amount"], "amount_out_of_range"],
    [{ ...steam, amount: Number.NaN }, ["amount"], "amount_out_of_range"],
    [{ ...steam, amount: 1e300 }, ["amount"], "amount_out_of_range"],
    [{ ...steam, minimumLot: { amount: 24, unit: "m3" } }, ["minimumLot", "unit"], "dimension_mismatch"],
    [{ ...steam, minimumLot: { amount: 24, unit: "t/a" } }, ["minimumLot", "unit"], "rate_against_amount"],
    [{ ...steam, minimumLot: { amount: 24, unit: "K" } }, ["minimumLot", "unit"], "not_a_quantity"],
    [{ ...steam, minimumLot: { amount: 0, unit: "t" } }, ["minimumLot", "amount"], "amount_out_of_range"],
    [
      { amount: 1, unit: "t", basis: "one_off" as const, minimumLot: { amount: 2, unit: "t" } },
      ["minimumLot", "amount"],
      "lot_over_quantity",
    ],
  ])("names the field and the fault of %j", (quantity, path, code) => {
    const faults = checkFlowQuantity(quantity);
    expect(faults).toContainEqual({ path, code, message: expect.any(String) });
  });

  it("leaves an unknown unit to the unit's own schema", () => {
    expect(checkFlowQuantity({ ...steam, unit: "kWh", minimumLot: { amount: 1, unit: "kWh" } })).toEqual([]);
  });
});

describe("the schemas", () => {
  it("carry the reason of a refused unit", () => {
    expect(issuesOf(quantitySchema.safeParse({ amount: 1, unit: "kWh" }))).toMatchObject([
      { path: ["unit"], message: "kWh is not UCUM; write kW.h.", params: { code: "unknown_unit" } },
    ]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, "1", null])("refuse %s as an amount", (amount) => {
    expect(quantitySchema.safeParse({ amount, unit: "t" }).success).toBe(false);
  });

  it("refuse an unknown field and a unit of any length once", () => {
    expect(quantitySchema.safeParse({ amount: 1, unit: "t", basis: "rate" }).success).toBe(false);
    expect(issuesOf(unitSchema.safeParse("t".repeat(10_000)))).toHaveLength(1);
    expect(issuesOf(amountUnitSchema.safeParse("t".repeat(10_000)))).toHaveLength(1);
    expect(issuesOf(amountUnitSchema.safeParse("kWh"))).toHaveLength(1);
  });

  it.each(["t", "MW.h", "m3", "h", "1", "t.km", "{pieces}"])("let a price be per %s", (unit) => {
    expect(amountUnitSchema.safeParse(unit).success).toBe(true);
  });

  it.each([
    ["t/a", "rate_against_amount"],
    ["kW", "rate_against_amount"],
    ["h/a", "rate_against_amount"],
    ["Cel", "not_a_quantity"],
    ["%", "not_a_quantity"],
  ])("let no price be per %s", (unit, code) => {
    expect(issuesOf(amountUnitSchema.safeParse(unit))).toMatchObject([{ params: { code } }]);
  });
});
