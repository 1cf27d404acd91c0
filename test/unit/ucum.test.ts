import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveUnitFiles, readUnitFile } from "../../scripts/deriveUnits.ts";
import { convertValue, parseUnit, type Unit } from "../../src/domain/ucum.ts";

const require = createRequire(import.meta.url);
const reference = require("@lhncbc/ucum-lhc").UcumLhcUtils.getInstance();
const { UnitTables } = require("@lhncbc/ucum-lhc/source-cjs/unitTables.js");
const { PrefixTables } = require("@lhncbc/ucum-lhc/source-cjs/prefixTables.js");

type ReferenceUnit = {
  csCode_: string;
  source_: string;
  magnitude_: number;
  dim_: { dimVec_: number[] | null } | null;
  isMetric_: boolean;
  isBase_: boolean;
  isArbitrary_: boolean;
  isSpecial_: boolean;
};

/** Where the reference holds the reciprocal of what UCUM defines; checked by their definitions below. */
const wrongInReference = ["[diop]", "[mesh_i]", "Bd"];
const singleUnits = Object.values<ReferenceUnit>(UnitTables.getInstance().unitCodes_).filter(
  (unit) =>
    unit.source_ === "UCUM" && !unit.isArbitrary_ && !unit.isSpecial_ && !wrongInReference.includes(unit.csCode_),
);
const plainCodes = singleUnits.map((unit) => unit.csCode_);
const prefixableCodes = singleUnits.filter((unit) => unit.isMetric_ || unit.isBase_).map((unit) => unit.csCode_);
const prefixes = Object.keys(PrefixTables.getInstance().byCode_);

const symbol = fc.oneof(
  fc.constantFrom(...plainCodes),
  fc.tuple(fc.constantFrom(...prefixes), fc.constantFrom(...prefixableCodes)).map((parts) => parts.join("")),
  fc.constantFrom("t", "kg", "m3", "kW", "h", "a", "MJ", "L", "d"),
);
const component = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(symbol, fc.constantFrom("", "", "2", "-1", "3", "+2", "-2"))
      .map(([code, exponent]) => (/\d$/.test(code) ? code : `${code}${exponent}`)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 9_999 }).map(String) },
  { weight: 1, arbitrary: symbol.map((code) => `${code}{wet}`) },
);
const joined = (parts: fc.Arbitrary<string>) =>
  fc
    .tuple(parts, fc.array(fc.tuple(fc.constantFrom(".", "/"), parts), { maxLength: 3 }))
    .map(([first, rest]) => first + rest.flat().join(""));
const expression = fc
  .tuple(
    fc.constantFrom("", "", "/"),
    joined(
      fc.oneof(
        { weight: 4, arbitrary: component },
        { weight: 1, arbitrary: joined(component).map((inner) => `(${inner})`) },
      ),
    ),
  )
  .map((parts) => parts.join(""))
  .filter((code) => code.length <= 64);

function parse(code: string): Unit {
  const result = parseUnit(code);
  if (!result.ok) throw new Error(`${code}: ${result.message}`);
  return result.unit;
}

function exponentsOf(dimension: string): number[] {
  const order = ["m", "s", "kg", "rad", "K", "C", "cd"];
  const exponents = order.map(() => 0);
  for (const part of dimension === "1" ? [] : dimension.split(".")) {
    const [, base, exponent] = /^([a-zA-Z]+)(-?\d+)?$/.exec(part)!;
    exponents[order.indexOf(base!)] = Number(exponent ?? 1);
  }
  return exponents;
}

describe("the table of units", () => {
  it("is what the installed UCUM library gives", () => {
    for (const [name, text] of Object.entries(deriveUnitFiles())) expect(readUnitFile(name), name).toBe(text);
  });

  it("knows every single unit of UCUM that is neither arbitrary nor logarithmic", () => {
    expect(plainCodes.length).toBeGreaterThan(240);
    for (const code of plainCodes) expect(parseUnit(code), code).toMatchObject({ ok: true });
  });

  it("corrects the units that UCUM defines as reciprocals", () => {
    expect(parse("[diop]")).toMatchObject({ dimension: "m-1", factor: 1 });
    expect(parse("[mesh_i]").factor).toBeCloseTo(1 / 0.0254, 9);
    expect(parse("Bd")).toMatchObject({ dimension: "s-1", factor: 1 });
  });
});

describe("parseUnit", () => {
  it("agrees with the UCUM library on random expressions", () => {
    let compared = 0;
    fc.assert(
      fc.property(expression, (code) => {
        const theirs: ReferenceUnit | null = reference.getSpecifiedUnit(code, "validate").unit;
        const ours = parseUnit(code);
        // Beyond this range a product of extreme prefixes is refused here on purpose.
        if (!theirs || !(theirs.magnitude_ > 1e-150 && theirs.magnitude_ < 1e150)) return;
        expect(ours, code).toMatchObject({ ok: true });
        const exponents = theirs.dim_?.dimVec_ ?? [0, 0, 0, 0, 0, 0, 0];
        const unit = parse(code);
        expect(exponentsOf(unit.dimension), code).toEqual(exponents.map((exponent) => exponent || 0));
        const expected = theirs.magnitude_ / 1000 ** exponents[2]!;
        expect(Math.abs(unit.factor / expected - 1), `${code}: ${unit.factor} for ${expected}`).toBeLessThan(1e-9);
        compared++;
      }),
      { numRuns: 4_000, seed: 20_261_117 },
    );
    expect(compared).toBeGreaterThan(3_500);
  });

  it("reads division from the left", () => {
    expect(parse("m3/h.d").factor).toBeCloseTo(24, 12);
    expect(parse("W/(m2.K)").dimension).toBe("kg.s-3.K-1");
  });

  it("takes kg, although its tables hold the gram", () => {
    expect(parse("kg")).toEqual({ code: "kg", dimension: "kg", factor: 1, offset: null, isTimeOverTime: false });
  });

  it("takes a year of 365.25 days", () => {
    expect(parse("a").factor).toBe(365.25 * 86_400);
  });

  it("tells time over time from a plain number", () => {
    expect(parse("h/a").isTimeOverTime).toBe(true);
    expect(parse("{shifts}.h.wk-1").isTimeOverTime).toBe(true);
    expect(parse("%").isTimeOverTime).toBe(false);
    expect(parse("kW.h/a").isTimeOverTime).toBe(false);
  });

  it.each([
    ["kWh", "kWh is not UCUM; write kW.h."],
    ["GWh", "GWh is not UCUM; write GW.h."],
    ["MWh/a", "MWh/a is not UCUM; write MW.h/a."],
    ["kWh/yr", "kWh/yr is not UCUM; write kW.h/a."],
    ["t/yr", "t/yr is not UCUM; write t/a."],
    ["t/year", "t/year is not UCUM; write t/a."],
    ["tonnes per year", "tonnes per year is not UCUM; write t/a."],
    ["tonne", "tonne is not UCUM; write t."],
    ["°C", "°C is not UCUM; write Cel."],
    ["m³", "m³ is not UCUM; write m3."],
    ["m³/h", "m³/h is not UCUM; write m3/h."],
    ["m^3", "m^3 is not UCUM; write m3."],
    ["m3 / day", "m3 / day is not UCUM; write m3/d."],
    ["Nm3/h", "Nm3/h is not UCUM; write m3/h."],
    ["µg/L", "µg/L is not UCUM; write ug/L."],
    ["ppm", "ppm is not UCUM; write [ppm]."],
    ["psi", "psi is not UCUM; write [psi]."],
    ["tkm/a", "tkm/a is not UCUM; write t.km/a."],
    ["Kg", "Kg is not UCUM; write kg."],
    ["hrs/week", "hrs/week is not UCUM; write h/wk."],
    ["pcs", "pcs is not UCUM; write {pieces}."],
    ["bar(g)", "bar(g) is not UCUM; write bar, and the absolute pressure: gauge pressure and 1.01325 bar."],
    ["EUR", "EUR is not UCUM; a currency belongs in a price, and its unit is what the price is per."],
    ["EUR/t", "EUR/t is not UCUM; a currency belongs in a price, and its unit is what the price is per."],
    ["toe", "toe is not UCUM; a tonne of oil equivalent is 41.868 GJ; give the amount in GJ."],
    ["furlongs", "furlongs is not UCUM; see /v1/taxonomy/units."],
    ["t/sack", "t/sack is not UCUM: there is no unit sack; see /v1/taxonomy/units."],
    ["mCel", "mCel is not UCUM; see /v1/taxonomy/units."],
    ["kmin", "kmin is not UCUM; see /v1/taxonomy/units."],
  ])("refuses %s and says what to write", (code, message) => {
    expect(parseUnit(code)).toEqual({ ok: false, reason: "unknown_unit", message });
  });

  it.each([
    ["", "malformed_unit"],
    ["  ", "malformed_unit"],
    ["t/", "malformed_unit"],
    ["t//a", "malformed_unit"],
    ["(t", "malformed_unit"],
    ["t)", "malformed_unit"],
    ["t{dry", "malformed_unit"],
    ["m-", "malformed_unit"],
    ["m123", "malformed_unit"],
    ["9999999999999.t", "malformed_unit"],
    ["t/{<script>}", "bad_annotation"],
    ['t{"}', "bad_annotation"],
    ["t{}", "bad_annotation"],
    ["kJ/Cel", "scale_not_alone"],
    ["Cel2", "scale_not_alone"],
    ["/Cel", "scale_not_alone"],
    ["2.[degF]", "scale_not_alone"],
    ["0.t", "unit_out_of_range"],
    ["t/0", "unit_out_of_range"],
    ["Ym99", "unit_out_of_range"],
    ["(((((((((t)))))))))", "unit_too_deep"],
    ["t.".repeat(40), "unit_too_long"],
    ["toString", "unknown_unit"],
    ["__proto__", "unknown_unit"],
    ["constructor", "unknown_unit"],
  ])("refuses %j with %s", (code, reason) => {
    expect(parseUnit(code)).toMatchObject({ ok: false, reason });
  });

  it("only ever advises what it would take itself", () => {
    fc.assert(
      fc.property(expression, fc.constantFrom("Wh", "yr", "tonnes", " ", "^2", "³", "°C", "x"), (code, noise) => {
        const result = parseUnit(`${code}/${noise}`);
        const advised = result.ok ? null : /; write (\S+)\.$/.exec(result.message)?.[1];
        if (advised) expect(parseUnit(advised)).toMatchObject({ ok: true });
      }),
      { numRuns: 500 },
    );
  });

  it("never throws, quotes no markup, and is quick whatever it is given", () => {
    const pieces = fc.constantFrom(
      "(",
      ")",
      "/",
      ".",
      "{",
      "}",
      "[",
      "]",
      "1",
      "10*",
      "m",
      "kg",
      "Cel",
      "-",
      "<b>",
      "°",
      "😀",
      "\u0000",
    );
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join("")),
    );
    const started = performance.now();
    fc.assert(
      fc.property(hostile, (code) => {
        const result = parseUnit(code);
        if (!result.ok) expect(result.message).not.toMatch(/[<>]/);
      }),
      { numRuns: 3_000 },
    );
    for (const code of ["(".repeat(2_000), "(".repeat(64), "m2".repeat(32), "x ".repeat(32), "9".repeat(1e6)])
      parseUnit(code);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("convertValue", () => {
  it.each([
    [100, "Cel", "K", 373.15],
    [212, "[degF]", "Cel", 100],
    [-40, "[degF]", "Cel", -40],
    [1, "[lb_av]", "kg", 0.45359237],
    [1, "kW.h", "MJ", 3.6],
    [14, "bar", "Pa", 1_400_000],
    [1, "[gal_us]", "L", 3.785411784],
    [50, "%", "1", 0.5],
    [5, "mg/kg", "[ppm]", 5],
  ])("turns %d %s into %s", (value, from, to, expected) => {
    expect(convertValue(value, parse(from), parse(to))).toBeCloseTo(expected, 9);
  });

  it("refuses units of different dimension", () => {
    expect(convertValue(1, parse("t"), parse("m3"))).toBeNull();
  });
});
