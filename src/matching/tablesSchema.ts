import * as z from "zod";
import type { TransportClassName } from "../domain/reference/types.ts";

/** Of an override they may be left out. */
const sources = z.array(z.string()).default([]);
const figure = z.number().nonnegative();
const share = z.number().min(0).max(1);
const range = z
  .strictObject({ low: z.number(), high: z.number(), sources })
  .refine(({ low, high }) => low <= high, { error: "low is over high", path: ["low"] });
const sourced = z.strictObject({ value: figure, sources });

const weights = z
  .strictObject({
    quality: share,
    quantity: share,
    temporal: share,
    proximity: share,
    economics: share,
    trust: share,
  })
  .refine((parts) => isOne(Object.values(parts)), "the weights do not sum to 1");

const trust = z
  .strictObject({
    levels: z.strictObject({ rough: share, estimated: share, measured: share, metered: share }),
    precisionShare: share,
    verifiedShare: share,
    exchangesShare: share,
    exchangesAtHalf: z.number().positive(),
  })
  .refine(
    ({ precisionShare, verifiedShare, exchangesShare }) => isOne([precisionShare, verifiedShare, exchangesShare]),
    "the shares of trust do not sum to 1",
  );

const isOne = (parts: readonly number[]) => Math.abs(parts.reduce((sum, part) => sum + part, 0) - 1) < 1e-9;

const scoring = z.strictObject({
  weights,
  overqualificationLoss: share,
  halfValueRatio: z.number().positive(),
  trust,
  sources: z.record(z.string(), z.string()),
});

const transportClassNames = [
  "heat_pipe",
  "steam_pipe",
  "electricity_line",
  "gas_pipe",
  "co2_pipe",
  "water_pipe",
  "wastewater_pipe",
  "waste_road",
  "material_road",
  "logistics",
  "equipment",
  "service",
] as const satisfies readonly TransportClassName[];

const transportClass = z.strictObject({
  limitMeters: z.number().positive(),
  large: z.strictObject({ fromMegawatts: figure, limitMeters: z.number().positive() }).nullable(),
  limitSources: sources,
  carriedBy: z.enum(["pipe", "line", "road", "visit"]),
  crossesSea: z.boolean(),
  investmentEurPerKm: range.nullable(),
  upkeepShareOfInvestmentPerYear: range.nullable(),
  pumpingKwhPerKm: range.safeExtend({ per: z.string() }).nullable(),
  lossSharePerKm: range.nullable(),
  visitEurPerKm: range.nullable(),
  visitsPerYear: range.nullable(),
});

const freightFigures = z.strictObject({ costEurPerTonneKm: range, carbonKgPerTonneKm: range });
const freightModes = ["road", "road_average", "rail", "ferry", "short_sea", "inland_waterway"] as const;

const transport = z.strictObject({
  classes: z.record(z.enum(transportClassNames), transportClass),
  freight: z.record(z.enum(freightModes), freightFigures),
  loadTonnes: z.record(z.enum(freightModes), z.number().positive()),
  emptyReturnFactor: sourced,
  detourFactor: z.record(z.enum(["road", "rail", "pipe", "line", "ferry", "short_sea"]), sourced),
  handlingEurPerTonne: z.record(z.enum(["road", "ferry", "short_sea"]), range),
  annuity: z.strictObject({ ratePerYear: share, years: z.number().positive(), sources }),
  transactionCostEurPerYear: range,
});

const nearThreshold = z.strictObject({
  gate: z.string(),
  direction: z.enum(["below", "above", "either"]),
  measure: z.enum(["absolute", "relative", "factor", "count"]),
  value: figure,
  unit: z.string().nullable(),
  closedBy: z.string().nullable(),
  reason: z.string(),
  sources,
});

const closingMeasure = z.strictObject({
  name: z.string(),
  phrase: z.string(),
  investmentEur: range.nullable(),
  investmentPer: z.string().nullable(),
  lifetimeYears: z.number().positive().nullable(),
  runningEur: range.nullable(),
  runningPer: z.string().nullable(),
  carnotShare: range.nullable(),
  electricityKwh: range.nullable(),
  heatKwh: range.nullable(),
  energyPer: z.string().nullable(),
});

const property = z.strictObject({
  dimension: z.string(),
  unit: z.string(),
  description: z.string(),
  minimum: z.number().nullable(),
  maximum: z.number().nullable(),
  overqualificationScale: z.number().positive().nullable(),
  isLowerBetter: z.boolean(),
  contaminant: z.boolean(),
});

/** Each table as a whole; unknown keys of a wrong spelling are refused where an override would otherwise be lost. */
export const tablesSchema = z.strictObject({
  scoring,
  transport,
  near: z.array(nearThreshold),
  approachTemperatures: z.strictObject({
    default: z.strictObject({ kelvin: figure, sources }),
    pairings: z.array(z.strictObject({ from: z.string(), to: z.string(), kelvin: figure, note: z.string(), sources })),
    mediumByGrade: z.record(z.string(), z.string()),
  }),
  closing: z.record(z.string(), closingMeasure),
  energy: z.strictObject({
    electricity: z.strictObject({ priceEurPerMwh: range, carbonKgPerKwh: range }),
    fuels: z.record(
      z.string(),
      z.strictObject({ carbonKgPerKwhNet: figure, priceEurPerMwhNet: range.nullable(), sources }),
    ),
  }),
  properties: z.strictObject({
    properties: z.record(z.string(), property),
    extension: z.strictObject({ rule: z.string(), contaminantUnits: z.array(z.string()) }),
  }),
  exchangeRates: z.strictObject({
    date: z.string(),
    base: z.literal("EUR"),
    perEuro: z.record(z.string(), z.number().positive()),
    sources,
  }),
});
