import { describe, expect, it } from "vitest";
import {
  checkProperty,
  convertProperty,
  findPropertyRule,
  toFraction,
  toKelvin,
  toPascals,
} from "../../src/domain/property.ts";
import { qualitySchema } from "../../src/domain/quality.ts";

describe("checkProperty", () => {
  it.each([
    ["temperature", { value: 200, unit: "Cel" }],
    ["temperature", { minimum: -459.67, unit: "[degF]" }],
    ["returnTemperature", { maximum: 353, unit: "K" }],
    ["temperature", { value: -273.15, unit: "Cel" }],
    ["pressure", { minimum: 13, maximum: 15, unit: "bar" }],
    ["purity", { value: 100, unit: "%" }],
    ["purity", { value: 0.98, unit: "1" }],
    ["moisture", { maximum: 500, unit: "[ppm]" }],
    ["heatingValue", { value: 36, unit: "MJ/m3" }],
    ["heatingValue", { value: 10, unit: "kW.h/kg" }],
    ["pH", { minimum: 6.5, maximum: 8.5, unit: "[pH]" }],
    ["pH", { value: 7, unit: "1" }],
    ["particleSize", { maximum: 90, unit: "um" }],
    ["chloride", { maximum: 250, unit: "mg/L" }],
    ["chloride", { maximum: 250, unit: "mg/kg" }],
    ["sulphur", { maximum: 0.1, unit: "%" }],
    ["conductivity", { maximum: 800, unit: "uS/cm" }],
  ])("takes %s %j", (name, range) => {
    expect(checkProperty(name, range)).toEqual([]);
  });

  it.each([
    ["temperature", { value: 200, unit: "bar" }, "unit", "wrong_dimension"],
    ["temperature", { value: 200, unit: "C" }, "unit", "wrong_dimension"],
    ["temperature", { value: -300, unit: "Cel" }, "value", "below_absolute_zero"],
    ["temperature", { minimum: -1, unit: "K" }, "minimum", "below_absolute_zero"],
    ["returnTemperature", { maximum: -460, unit: "[degF]" }, "maximum", "below_absolute_zero"],
    ["glassTransition", { value: -5, unit: "K" }, "value", "below_absolute_zero"],
    ["pressure", { value: 8, unit: "Cel" }, "unit", "wrong_dimension"],
    ["pressure", { value: -1, unit: "bar" }, "value", "value_out_of_range"],
    ["purity", { value: 98, unit: "1" }, "value", "value_out_of_range"],
    ["purity", { value: 101, unit: "%" }, "value", "value_out_of_range"],
    ["purity", { value: 1, unit: "h/a" }, "unit", "wrong_dimension"],
    ["moisture", { value: 3, unit: "[pH]" }, "unit", "wrong_dimension"],
    ["heatingValue", { value: 10, unit: "kW.h" }, "unit", "wrong_dimension"],
    ["pH", { value: 7, unit: "%" }, "unit", "wrong_dimension"],
    ["pH", { value: 7, unit: "pH" }, "unit", "wrong_dimension"],
    ["pH", { value: 17, unit: "[pH]" }, "value", "value_out_of_range"],
    ["particleSize", { value: 5, unit: "g" }, "unit", "wrong_dimension"],
    ["chloride", { minimum: -1, unit: "mg/L" }, "minimum", "value_out_of_range"],
    ["temperature", { value: Number.NaN, unit: "K" }, "value", "value_out_of_range"],
  ])("refuses %s %j", (name, range, field, code) => {
    expect(checkProperty(name, range)).toEqual([{ path: [field], code, message: expect.any(String) }]);
  });

  it("says what a lookalike unit is", () => {
    expect(checkProperty("temperature", { value: 90, unit: "C" })[0]?.message).toBe(
      "temperature is a temperature, not C: C is the coulomb; write Cel for degrees Celsius.",
    );
    expect(checkProperty("pH", { value: 7, unit: "pH" })[0]?.message).toContain("write [pH]");
  });

  it("names every wrong end, and reaches the schema of quality with its path and code", () => {
    const quality = { temperature: { minimum: -400, maximum: -300, unit: "Cel" } };
    expect(qualitySchema.safeParse(quality).error?.issues).toMatchObject([
      { path: ["temperature", "minimum"], params: { code: "below_absolute_zero" } },
      { path: ["temperature", "maximum"], params: { code: "below_absolute_zero" } },
    ]);
  });

  it("gives contaminants no rule", () => {
    expect(findPropertyRule("cadmium")).toBeNull();
    expect(findPropertyRule("vapourPressure")?.measures).toBe("pressure");
  });
});

describe("coherent values", () => {
  it("come in kelvin, pascals and fractions of 1", () => {
    expect(toKelvin(140, "Cel")).toBeCloseTo(413.15, 9);
    expect(toKelvin(212, "[degF]")).toBeCloseTo(373.15, 9);
    expect(toPascals(14, "bar")).toBeCloseTo(1.4e6, 3);
    expect(toFraction(99.5, "%")).toBeCloseTo(0.995, 12);
  });

  it("are null for a unit that measures something else", () => {
    expect([toKelvin(1, "bar"), toPascals(1, "K"), toFraction(1, "kg"), toKelvin(1, "kWh")]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe("convertProperty", () => {
  it("turns a concentration by volume into one by mass with the density, and back", () => {
    expect(convertProperty(900, "mg/L", "mg/kg", { densityKgPerM3: 900 })).toMatchObject({
      value: expect.closeTo(1_000, 9),
    });
    expect(convertProperty(1_000, "mg/kg", "mg/L", { densityKgPerM3: 900 })).toMatchObject({
      value: expect.closeTo(900, 9),
    });
    expect(convertProperty(50, "MJ/kg", "MJ/m3", { densityKgPerM3: 0.8 })).toMatchObject({
      value: expect.closeTo(40, 9),
    });
    expect(convertProperty(40, "MJ/m3", "MJ/kg", { densityKgPerM3: 0.8 })).toMatchObject({
      value: expect.closeTo(50, 9),
    });
  });

  it("refuses without the density, and whatever measures something else", () => {
    expect(convertProperty(1, "mg/L", "mg/kg")).toEqual({
      ok: false,
      reason: "density_needed",
      message: "mg/L is per volume and mg/kg per mass; comparing them needs a density in kg/m3.",
    });
    expect(convertProperty(1, "bar", "Cel", { densityKgPerM3: 1 })).toMatchObject({ reason: "dimension_mismatch" });
    expect(convertProperty(1, "foo", "Cel")).toMatchObject({ reason: "unknown_unit" });
  });

  it("turns units of one dimension without any", () => {
    expect(convertProperty(25, "Cel", "K")).toEqual({ ok: true, value: 298.15 });
  });
});
