import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderEdition } from "../../scripts/deriveEwc.ts";
import { canonicalUnits } from "../../src/domain/dimension.ts";
import { kinds } from "../../src/domain/flow.ts";
import { currencies } from "../../src/domain/price.ts";
import { checkProperty } from "../../src/domain/property.ts";
import { convertQuantity } from "../../src/domain/quantity.ts";
import approachData from "../../src/domain/reference/approach.json" with { type: "json" };
import closingData from "../../src/domain/reference/closing.json" with { type: "json" };
import energyData from "../../src/domain/reference/energy.json" with { type: "json" };
import ewcData from "../../src/domain/reference/ewc.json" with { type: "json" };
import ratesData from "../../src/domain/reference/exchangeRates.json" with { type: "json" };
import gradesData from "../../src/domain/reference/grades.json" with { type: "json" };
import nearData from "../../src/domain/reference/near.json" with { type: "json" };
import permitsData from "../../src/domain/reference/permits.json" with { type: "json" };
import propertiesData from "../../src/domain/reference/properties.json" with { type: "json" };
import sourcesData from "../../src/domain/reference/sources.json" with { type: "json" };
import substitutionsData from "../../src/domain/reference/substitutions.json" with { type: "json" };
import transportData from "../../src/domain/reference/transport.json" with { type: "json" };
import type {
  ApproachTemperatures,
  ClosingMeasure,
  EnergyFigures,
  EwcEdition,
  ExchangeRates,
  Grade,
  NearThreshold,
  PermitForm,
  Properties,
  Source,
  Substitution,
  Transport,
} from "../../src/domain/reference/types.ts";
import { parseUnit } from "../../src/domain/ucum.ts";

const grades = gradesData as readonly Grade[];
const sources = sourcesData as Record<string, Source>;
const substitutions = substitutionsData as readonly Substitution[];
const transport = transportData as Transport;
const near = nearData as readonly NearThreshold[];
const closing = closingData as Record<string, ClosingMeasure>;
const approach = approachData as ApproachTemperatures;
const energy = energyData as EnergyFigures;
const ewc = ewcData as EwcEdition;
const properties = propertiesData as Properties;
const rates = ratesData as ExchangeRates;
const permits = permitsData as readonly PermitForm[];

const bySlug = new Map(grades.map((grade) => [grade.slug, grade]));
const byCode = new Map(ewc.entries.map((entry) => [entry.code, entry]));
const files = {
  approach,
  closing,
  energy,
  rates,
  grades,
  near,
  permits,
  substitutions,
  transport,
};

type Visit = (node: Record<string, unknown>, path: string, hasSource: boolean) => void;

/** Every object of a data file, with whether it or one it lies in names its sources. */
function walk(node: unknown, path: string, visit: Visit, inherited = false): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) walk(item, `${path}[${index}]`, visit, inherited);
    return;
  }
  const record = node as Record<string, unknown>;
  const hasSource = inherited || (Array.isArray(record.sources) && record.sources.length > 0);
  visit(record, path, hasSource);
  for (const [key, value] of Object.entries(record)) walk(value, `${path}.${key}`, visit, hasSource);
}

const isFinitePositive = (value: number | null) => value === null || (Number.isFinite(value) && value > 0);

describe("the resource taxonomy", () => {
  it("has at least 140 grades, each with a slug of its own in snake_case", () => {
    expect(grades.length).toBeGreaterThanOrEqual(140);
    expect(bySlug.size).toBe(grades.length);
    expect(grades.filter(({ slug }) => !/^[a-z][a-z0-9_]{0,63}$/.test(slug))).toEqual([]);
  });

  it.each(kinds)("has one root for %s, of the kind's own name, and every grade of the kind under it", (kind) => {
    const ofKind = grades.filter((grade) => grade.kind === kind);
    expect(ofKind.filter((grade) => grade.parent === null).map((grade) => grade.slug)).toEqual([kind]);
    expect(ofKind.length).toBeGreaterThan(5);
    for (const grade of ofKind) {
      const line = [grade.slug];
      for (let at: Grade | undefined = grade; at?.parent; at = bySlug.get(at.parent)) {
        expect(bySlug.get(at.parent)?.kind).toBe(kind);
        expect(line).not.toContain(at.parent);
        line.push(at.parent);
      }
      expect(line.at(-1)).toBe(kind);
    }
  });

  it("knows every kind and dimension that it names", () => {
    expect(grades.filter(({ kind }) => !kinds.includes(kind))).toEqual([]);
    expect(grades.filter(({ quantityDimension }) => !(quantityDimension in canonicalUnits))).toEqual([]);
  });

  it("has the grades of Kalundborg under the kinds that they have there", () => {
    const { flows } = JSON.parse(readFileSync(new URL("../../scripts/data/kalundborg.json", import.meta.url), "utf8"));
    for (const flow of flows)
      expect([flow.key, bySlug.get(flow.grade ?? flow.kind)?.kind]).toEqual([flow.key, flow.kind]);
    expect(bySlug.get("process_steam")?.kind).toBe("steam");
  });

  it("gives densities, heating values and specific heats that are positive", () => {
    const wrong = grades.filter(
      ({ densityKgPerM3, heatingValueMjPerKg, specificHeatKjPerKgK }) =>
        ![densityKgPerM3, heatingValueMjPerKg, specificHeatKjPerKgK].every(isFinitePositive),
    );
    expect(wrong).toEqual([]);
  });

  it("prices each grade per a unit that its natural dimension converts to", () => {
    for (const grade of grades)
      for (const figure of [grade.virginPrice, grade.disposalCost, grade.carbonKgPerUnit]) {
        if (!figure) continue;
        const unit = canonicalUnits[grade.quantityDimension];
        expect([grade.slug, convertQuantity({ amount: 1, unit }, figure.per).ok]).toEqual([grade.slug, true]);
      }
  });

  it("names EWC codes that exist and HS headings of four digits", () => {
    expect(grades.flatMap((grade) => grade.ewc).filter((code) => !byCode.has(code))).toEqual([]);
    expect(grades.filter(({ hs }) => hs !== null && !/^\d{4}$/.test(hs))).toEqual([]);
  });

  it("goes by a transport class that has figures", () => {
    expect(grades.filter((grade) => !transport.classes[grade.transportClass])).toEqual([]);
  });
});

describe("substitutions", () => {
  it("are at least 30, between grades that exist, each pair once and never a grade for itself", () => {
    expect(substitutions.length).toBeGreaterThanOrEqual(30);
    expect(new Set(substitutions.map(({ output, input }) => `${output} ${input}`)).size).toBe(substitutions.length);
    expect(substitutions.filter(({ output, input }) => !bySlug.has(output) || !bySlug.has(input))).toEqual([]);
    expect(substitutions.filter(({ output, input }) => output === input)).toEqual([]);
    expect(substitutions.filter(({ qualityFactor }) => !(qualityFactor > 0 && qualityFactor <= 1))).toEqual([]);
  });
});

describe("sources", () => {
  it("stand behind every range and every table entry, and each exists", () => {
    const faults: string[] = [];
    const used = new Set<string>();
    for (const [name, content] of Object.entries(files))
      walk(content, name, (node, path, hasSource) => {
        for (const key of ["sources", "limitSources"])
          for (const id of (node[key] ?? []) as string[]) {
            used.add(id);
            if (!sources[id]) faults.push(`${path}: no source ${id}`);
          }
        const isFigure = Object.values(node).some((value) => typeof value === "number");
        const isLeafOfOthers = /\.loadTonnes$|\.classes\.\w+(\.large)?$/.test(path) || name === "closing";
        if (isFigure && !hasSource && !isLeafOfOthers) faults.push(`${path}: no source`);
      });
    expect(faults).toEqual([]);
    expect(
      Object.keys(sources).filter((id) => !used.has(id) && !["eeaLandfill", "estimateProperty"].includes(id)),
    ).toEqual([]);
  });

  it("are publications with a publisher and a year, or estimates that say how they were derived", () => {
    for (const [id, source] of Object.entries(sources)) {
      expect([id, source.title.length > 5, source.publisher.length > 2]).toEqual([id, true, true]);
      expect(source.year).toBeGreaterThan(1990);
      if (id.startsWith("estimate")) expect(source.derivation?.length ?? 0).toBeGreaterThan(40);
      else expect([id, source.derivation]).toEqual([id, undefined]);
    }
  });

  it("give ranges whose low end is not above the high one", () => {
    const faults: string[] = [];
    for (const [name, content] of Object.entries(files))
      walk(content, name, (node, path) => {
        for (const [low, high] of [
          ["low", "high"],
          ["replacedLow", "replacedHigh"],
          ["disposalLow", "disposalHigh"],
        ] as const)
          if (low in node && !(0 <= Number(node[low]) && Number(node[low]) <= Number(node[high]))) faults.push(path);
      });
    expect(faults).toEqual([]);
  });

  it("give units that UCUM knows", () => {
    const faults: string[] = [];
    for (const [name, content] of Object.entries({ ...files, properties }))
      walk(content, name, (node, path) => {
        for (const key of ["per", "unit", "investmentPer", "runningPer", "energyPer"])
          if (typeof node[key] === "string" && !parseUnit(node[key]).ok) faults.push(`${path}.${key}: ${node[key]}`);
      });
    for (const unit of properties.extension.contaminantUnits) if (!parseUnit(unit).ok) faults.push(unit);
    expect(faults).toEqual([]);
  });
});

describe("the European Waste Catalogue", () => {
  it("is what the committed code list gives", () => {
    expect(readFileSync(new URL("../../src/domain/reference/ewc.json", import.meta.url), "utf8")).toBe(renderEdition());
  });

  it("has 842 codes in order, 408 of them hazardous, each with its chapter and sub-chapter", () => {
    expect(ewc.entries.length).toBe(842);
    expect(byCode.size).toBe(842);
    const codes = ewc.entries.map((entry) => entry.code);
    expect(codes).toEqual([...codes].sort());
    expect(ewc.entries.filter((entry) => entry.entry.endsWith("H")).length).toBe(408);
    expect(codes.filter((code) => !/^\d{6}$/.test(code) || !ewc.chapters[code.slice(0, 2)])).toEqual([]);
    expect(codes.filter((code) => !ewc.subChapters[code.slice(0, 4)])).toEqual([]);
    expect(Object.keys(ewc.chapters).length).toBe(20);
  });

  it("links mirror entries both ways, always hazardous with non-hazardous of the same chapter", () => {
    for (const { code, entry, mirrors } of ewc.entries) {
      if (entry.startsWith("A")) expect([code, mirrors]).toEqual([code, []]);
      for (const mirror of mirrors) {
        const other = byCode.get(mirror);
        expect([code, other?.mirrors.includes(code)]).toEqual([code, true]);
        expect([entry, other?.entry].sort()).toEqual(["MH", "MN"]);
        expect(mirror.slice(0, 2)).toBe(code.slice(0, 2));
      }
    }
  });

  it.each([
    ["190813", ["190814"]],
    ["190210", ["190208", "190209"]],
    ["170106", ["170101", "170102", "170103", "170107"]],
    ["170409", ["170401", "170402", "170403", "170404", "170405", "170406", "170407"]],
    ["160807", ["160801", "160804"]],
    ["061002", ["061099"]],
    ["101401", []],
  ])("links %s with %j", (code, mirrors) => {
    expect(byCode.get(code)?.mirrors).toEqual(mirrors);
  });

  it("leaves few mirror entries without a counterpart", () => {
    const alone = ewc.entries.filter(({ entry, mirrors }) => entry.startsWith("M") && mirrors.length === 0);
    expect(alone.map((entry) => entry.code)).toEqual([
      "010399",
      "010499",
      "010599",
      "100215",
      "101401",
      "140604",
      "140605",
      "170605",
    ]);
  });
});

describe("transport", () => {
  it("limits each class as the design states", () => {
    const limits = Object.fromEntries(
      Object.entries(transport.classes).map(([name, { limitMeters }]) => [name, limitMeters]),
    );
    expect(limits).toEqual({
      heat_pipe: 5_000,
      steam_pipe: 3_000,
      electricity_line: 10_000,
      gas_pipe: 20_000,
      co2_pipe: 20_000,
      water_pipe: 25_000,
      wastewater_pipe: 10_000,
      waste_road: 300_000,
      material_road: 800_000,
      logistics: 200_000,
      equipment: 300_000,
      service: 500_000,
    });
    expect(transport.classes.heat_pipe.large).toEqual({ fromMegawatts: 50, limitMeters: 20_000 });
  });

  it("costs what the design states by road and by heat pipe", () => {
    expect(transport.freight.road).toMatchObject({
      costEurPerTonneKm: { low: 0.05, high: 0.08 },
      carbonKgPerTonneKm: { low: 0.077, high: 0.077 },
    });
    expect(transport.freight.road_average.carbonKgPerTonneKm.low).toBe(0.102);
    expect(transport.freight.rail.carbonKgPerTonneKm.low).toBe(0.028);
    expect([transport.emptyReturnFactor.value, transport.detourFactor.road.value, transport.loadTonnes.road]).toEqual([
      2, 1.3, 24,
    ]);
    const { ratePerYear, years } = transport.annuity;
    const annuity = ratePerYear / (1 - (1 + ratePerYear) ** -years);
    const pipe = transport.classes.heat_pipe.investmentEurPerKm!;
    expect([pipe.low * annuity, pipe.high * annuity].map((cost) => Math.round(cost / 1000))).toEqual([26, 131]);
  });

  it("gives every class what its way of carrying is costed by", () => {
    for (const [
      name,
      { carriedBy, investmentEurPerKm, upkeepShareOfInvestmentPerYear, visitEurPerKm },
    ] of Object.entries(transport.classes)) {
      const isLaid = carriedBy === "pipe" || carriedBy === "line";
      expect([name, investmentEurPerKm !== null, upkeepShareOfInvestmentPerYear !== null]).toEqual([
        name,
        isLaid,
        isLaid,
      ]);
      expect([name, visitEurPerKm !== null]).toEqual([name, carriedBy === "visit"]);
    }
  });
});

describe("the tables beside the gates", () => {
  it.each([
    ["distance", "above", "relative", 0.2, null],
    ["quality.temperature", "below", "absolute", 60, "K"],
    ["quality.purity", "below", "absolute", 10, "%"],
    ["permit", "below", "count", 1, "1"],
    ["quantity", "above", "factor", 2, null],
    ["temporal", "above", "absolute", 1, "mo"],
  ] as const)("call %s %s near by %s %d %s", (gate, direction, measure, value, unit) => {
    expect(near.filter((row) => row.gate === gate && row.direction === direction)).toEqual([
      expect.objectContaining({ measure, value, unit }),
    ]);
  });

  it("name a measure that closes each near gap, and only properties that are known", () => {
    expect(near.filter(({ closedBy }) => closedBy !== null && !closing[closedBy])).toEqual([]);
    const named = near.flatMap(({ gate }) => (gate.startsWith("quality.") ? [gate.slice(8)] : []));
    expect(named.filter((name) => name !== "*" && !properties.properties[name])).toEqual([]);
    expect(new Set(near.map(({ gate, direction }) => `${gate} ${direction}`)).size).toBe(near.length);
  });

  it("keep 10 K between the sides of a heat exchanger unless the media say otherwise", () => {
    expect(approach.default.kelvin).toBe(10);
    expect(approach.pairings.filter(({ kelvin }) => !(kelvin > 0 && kelvin <= 40))).toEqual([]);
    expect(Object.keys(approach.mediumByGrade).filter((slug) => bySlug.get(slug)?.kind !== "heat")).toEqual([]);
  });

  it("count natural gas with 0.202 and fuel oil with 0.27 kg a kWh", () => {
    expect([energy.fuels.natural_gas?.carbonKgPerKwhNet, energy.fuels.fuel_oil?.carbonKgPerKwhNet]).toEqual([
      0.202, 0.27,
    ]);
  });

  it("have a rate for every currency that a price may be in", () => {
    expect(Object.keys(rates.perEuro).sort()).toEqual([...currencies].sort());
    expect(rates.perEuro.EUR).toBe(1);
    expect(rates.perEuro.DKK).toBeCloseTo(7.46, 2);
    expect(rates.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  it("bound properties as values are checked", () => {
    for (const [name, { unit, minimum, maximum }] of Object.entries(properties.properties)) {
      if (minimum !== null) expect([name, checkProperty(name, { minimum, unit })]).toEqual([name, []]);
      if (maximum !== null) expect([name, checkProperty(name, { maximum, unit })]).toEqual([name, []]);
    }
    expect(properties.properties.temperature).toMatchObject({ unit: "K", minimum: 0 });
    expect(properties.properties.purity).toMatchObject({ unit: "%", minimum: 0, maximum: 100 });
  });

  it("write permits so that each example fits its own form", () => {
    for (const { pattern, example } of permits)
      expect([
        example,
        permits.filter((form) => new RegExp(form.pattern).test(example)).map((form) => form.pattern),
      ]).toEqual([example, [pattern]]);
  });
});
