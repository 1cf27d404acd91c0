/** Shapes of the data files in this folder; README.md says what each holds, in which units, and how to override it. */

import type { Dimension } from "../dimension.ts";
import type { Kind } from "../flow.ts";

/** Keys of sources.json. */
export type SourceIds = readonly string[];

/** A figure as the ends of what is usual; every figure says where it is from. */
export type Range = { low: number; high: number; sources: SourceIds };

/** Where a figure is from; `estimate...` ids are the project's own, with how they were derived. */
export type Source = {
  title: string;
  publisher: string;
  year: number;
  url: string | null;
  licence?: string;
  /** For an estimate: how it was derived. */
  derivation?: string;
};

export type TransportClassName =
  | "heat_pipe"
  | "steam_pipe"
  | "electricity_line"
  | "gas_pipe"
  | "co2_pipe"
  | "water_pipe"
  | "wastewater_pipe"
  | "waste_road"
  | "material_road"
  | "logistics"
  | "equipment"
  | "service";

/** Money for one `per`, a UCUM amount unit. */
export type MoneyRange = { low: number; high: number; currency: "EUR"; per: string };

/** kg of CO2 equivalent avoided for one `per`: by what need not be produced, and by what need not be disposed of. */
export type CarbonRange = {
  replacedLow: number;
  replacedHigh: number;
  disposalLow: number;
  disposalHigh: number;
  per: string;
};

export type Grade = {
  /** Unique over all kinds; the root of a kind has the kind's own name. */
  slug: string;
  kind: Kind;
  /** A grade of the same kind; null only for the root. */
  parent: string | null;
  name: string;
  description: string;
  /** What its amount naturally measures. */
  quantityDimension: Dimension;
  /** As delivered; gases at 0 Cel and 101.325 kPa. */
  densityKgPerM3: number | null;
  /** Net (lower), as delivered. */
  heatingValueMjPerKg: number | null;
  specificHeatKjPerKgK: number | null;
  /** Six-digit codes that such a flow usually carries. */
  ewc: readonly string[];
  /** Harmonized System heading, four digits. */
  hs: string | null;
  /** What a need pays for it otherwise, European wholesale, without taxes and delivery. */
  virginPrice: MoneyRange | null;
  /** What its owner pays otherwise to be rid of it; null where there is nothing to get rid of. */
  disposalCost: MoneyRange | null;
  carbonKgPerUnit: CarbonRange | null;
  transportClass: TransportClassName;
  sources: SourceIds;
};

/** The output may stand in for the input, never the other way round unless stated too. */
export type Substitution = {
  output: string;
  input: string;
  /** 1: as good as the input's own grade; lower: more of it is needed, or it is worth less. */
  qualityFactor: number;
  note: string;
  sources: SourceIds;
};

export type TransportClass = {
  /** Great-circle distance. */
  limitMeters: number;
  /** A further limit for flows of at least this thermal power. */
  large: { fromMegawatts: number; limitMeters: number } | null;
  limitSources: SourceIds;
  /** `pipe` and `line` cost by their length, `road` by t.km, `visit` by journeys of a person or a machine. */
  carriedBy: "pipe" | "line" | "road" | "visit";
  /** Whether it can also cross water by ferry or short-sea ship. */
  crossesSea: boolean;
  /** Of pipe or line, laid, both directions where the medium returns. */
  investmentEurPerKm: Range | null;
  /** Yearly operation and upkeep as a share of the investment. */
  upkeepShareOfInvestmentPerYear: Range | null;
  /** Electricity to move one `per` by one kilometre. */
  pumpingKwhPerKm: (Range & { per: string }) | null;
  /** Lost on the way, as a share of what is carried per kilometre. */
  lossSharePerKm: Range | null;
  /** `visit`: a person with a van, or a lorry that brings a machine; per kilometre driven. */
  visitEurPerKm: Range | null;
  /** `visit`: journeys there and back in a year, where the flow's schedule does not tell. */
  visitsPerYear: Range | null;
};

export type FreightMode = "road" | "road_average" | "rail" | "ferry" | "short_sea" | "inland_waterway";

export type FreightFigures = { costEurPerTonneKm: Range; carbonKgPerTonneKm: Range };

export type Transport = {
  classes: Readonly<Record<TransportClassName, TransportClass>>;
  freight: Readonly<Record<FreightMode, FreightFigures>>;
  /** Usual load of one vehicle or vessel, in t. */
  loadTonnes: Readonly<Record<FreightMode, number>>;
  /** On cost only: carbon factors per t.km are of average loads and have empty running in them. */
  emptyReturnFactor: { value: number; sources: SourceIds };
  /** Length of the way over the great circle. */
  detourFactor: Readonly<
    Record<"road" | "rail" | "pipe" | "line" | "ferry" | "short_sea", { value: number; sources: SourceIds }>
  >;
  /** Loading and unloading, and for a crossing the harbour on both sides. */
  handlingEurPerTonne: Readonly<Record<"road" | "ferry" | "short_sea", Range>>;
  annuity: { ratePerYear: number; years: number; sources: SourceIds };
  /** Contract, permits, analyses and accounts of one exchange. */
  transactionCostEurPerYear: Range;
};

/** What `near` allows: the largest shortfall by which a gate that fails is still worth telling. */
export type NearThreshold = {
  /** The gate, or `quality.` and the property. */
  gate: string;
  /** `absolute`: in `unit`; `relative`: share of the limit; `factor`: ratio; `count`: how many. */
  measure: "absolute" | "relative" | "factor" | "count";
  /** Whether what is offered lies below or above what is accepted; `either` where the two are not told apart. */
  direction: "below" | "above" | "either";
  value: number;
  unit: string | null;
  /** What closes it; a key of closing.json's measures where it costs money. */
  closedBy: string | null;
  reason: string;
  sources: SourceIds;
};

export type HeatMedium = "liquid" | "gas" | "condensing_vapour" | "refrigerant";

/** Least temperature difference between the two sides of a heat exchanger. */
export type ApproachTemperatures = {
  default: { kelvin: number; sources: SourceIds };
  /** A pairing that is not listed takes the default. */
  pairings: readonly { from: HeatMedium; to: HeatMedium; kelvin: number; note: string; sources: SourceIds }[];
  /** What carries the heat of a grade; `liquid` where it is not listed. */
  mediumByGrade: Readonly<Record<string, HeatMedium>>;
};

/** What a measure that closes a near miss costs. */
export type ClosingMeasure = {
  name: string;
  /** The sentence's verb phrase, `{amount}` and `{unit}` filled in: "A heat pump that lifts {amount} {unit}". */
  phrase: string;
  /** Paid once, for one `investmentPer`. */
  investmentEur: Range | null;
  investmentPer: string | null;
  lifetimeYears: number | null;
  /** Paid for each `runningPer`, energy aside. */
  runningEur: Range | null;
  runningPer: string | null;
  /** Heat pumps: share of the Carnot coefficient of performance that is reached. */
  carnotShare: Range | null;
  /** Electricity or heat used for one `energyPer`. */
  electricityKwh: Range | null;
  heatKwh: Range | null;
  energyPer: string | null;
};

export type EnergyFigures = {
  electricity: { priceEurPerMwh: Range; carbonKgPerKwh: Range };
  /** By grade or fuel: kg CO2e of burning one kWh of net calorific value, price of one MWh of it. */
  fuels: Readonly<Record<string, { carbonKgPerKwhNet: number; priceEurPerMwhNet: Range | null; sources: SourceIds }>>;
};

export type Property = {
  /** What it measures; `custom` for plain numbers and scales of their own. */
  dimension: string;
  /** UCUM; what values are brought to. */
  unit: string;
  description: string;
  /** Physical bounds in `unit`; null where there is none. */
  minimum: number | null;
  maximum: number | null;
  /** Excess, in `unit`, at which being better than needed halves the fit; null where more is never worse. */
  overqualificationScale: number | null;
  /** Whether a lower value is the better one (contaminants, moisture). */
  isLowerBetter: boolean;
  contaminant: boolean;
};

export type Properties = {
  properties: Readonly<Record<string, Property>>;
  extension: { rule: string; contaminantUnits: readonly string[] };
};

export type ExchangeRates = {
  /** ISO date of the rates. */
  date: string;
  base: "EUR";
  /** Units of the currency that one euro buys. */
  perEuro: Readonly<Record<string, number>>;
  sources: SourceIds;
};

export type PermitForm = {
  pattern: string;
  example: string;
  meaning: string;
  /** Whether it lets its holder receive the waste it names. */
  coversReceiving: boolean;
  sources: SourceIds;
};

/** AN: absolute non-hazardous, AH: absolute hazardous, MN and MH: mirror entries. */
export type EwcEntryType = "AN" | "AH" | "MN" | "MH";

export type EwcEntry = {
  code: string;
  entry: EwcEntryType;
  description: string;
  /** The opposite entries of a mirror pair; empty where there is none. */
  mirrors: readonly string[];
};

/** One edition of the European List of Waste; a later one may be stated as changes to another. */
export type EwcEdition = {
  edition: string;
  amendedBy: readonly string[];
  /** ISO date. */
  appliesFrom: string;
  /** The edition that this one changes; null when it is whole. */
  changes: string | null;
  /** Codes that no longer apply. */
  removed: readonly string[];
  attribution: string;
  /** By the code's first two digits. */
  chapters: Readonly<Record<string, string>>;
  /** By the code's first four digits. */
  subChapters: Readonly<Record<string, string>>;
  entries: readonly EwcEntry[];
};
