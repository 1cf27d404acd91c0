import type { PrecisionLevel } from "../domain/flow.ts";
import type {
  ApproachTemperatures,
  ClosingMeasure,
  EnergyFigures,
  ExchangeRates,
  NearThreshold,
  Properties,
  Transport,
} from "../domain/reference/types.ts";
import { defaultTables } from "./defaultTables.ts";
import type { TermName } from "./evaluation.ts";
import { tablesSchema } from "./tablesSchema.ts";

/** How terms are scored; every figure that is not a fact of the trade. */
export type Scoring = {
  /** Share of each term; they sum to 1. */
  weights: Readonly<Record<TermName, number>>;
  /** What a supply that is far better than needed loses of its fit at the most. */
  overqualificationLoss: number;
  /** Joint value over what the need would otherwise cost, at which the economics term is one half. */
  halfValueRatio: number;
  trust: {
    levels: Readonly<Record<PrecisionLevel, number>>;
    /** Parts of a side's trust; they sum to 1. */
    precisionShare: number;
    verifiedShare: number;
    exchangesShare: number;
    /** Completed exchanges at which half of that share is earned. */
    exchangesAtHalf: number;
  };
  /** Why each figure is what it is. */
  sources: Readonly<Record<string, string>>;
};

/** Everything that matching reads beside the parties and the taxonomy. */
export type MatchingTables = {
  scoring: Scoring;
  transport: Transport;
  near: readonly NearThreshold[];
  approachTemperatures: ApproachTemperatures;
  closing: Readonly<Record<string, ClosingMeasure>>;
  energy: EnergyFigures;
  properties: Properties;
  exchangeRates: ExchangeRates;
};

/**
 * The default tables with overrides: a deep partial of `MatchingTables`, objects merged and all else replaced.
 * @throws z.ZodError that names each wrong field.
 */
export function parseTables(overrides: unknown = {}): MatchingTables {
  return tablesSchema.parse(merge(defaultTables, overrides)) as MatchingTables;
}

function merge(base: unknown, override: unknown): unknown {
  if (override === undefined) return base;
  if (!isPlainObject(base) || !isPlainObject(override)) return override;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(override))
    if (key !== "__proto__") merged[key] = merge(Object.hasOwn(base, key) ? base[key] : undefined, value);
  return merged;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
