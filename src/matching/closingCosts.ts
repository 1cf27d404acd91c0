import { dimensions, readMeasure } from "../domain/dimension.ts";
import type { ClosingMeasure } from "../domain/reference/types.ts";
import { annuityFactor, type Triple } from "./carriage.ts";
import type { MatchingTables } from "./tables.ts";

/** One cost of a measure that closes a near gate, in EUR, ready for the kernel. */
export type ClosingCost = {
  /** For each `per`: every year, and for what is exchanged once. */
  yearly: Triple;
  once: Triple;
  /** Index of the dimension that it is paid by; -1 for what costs the same whatever the size. */
  dimension: number;
  /** Canonical units in one `per`; of a power (`kW`) canonical units a year. */
  factor: number;
  isPower: boolean;
};

/** The fuel that heat for drying is taken to come from. */
const usualFuel = "natural_gas";
const megawattHoursPerKilowattHour = 1e-3;

type Ends = { low: number; high: number } | null | undefined;

/** What a measure costs besides the electricity of a heat pump's lift, which depends on the two temperatures. */
export function compileClosingCosts(measure: ClosingMeasure | null, tables: MatchingTables): readonly ClosingCost[] {
  if (measure === null) return [];
  const { annuity } = tables.transport;
  const yearly = annuityFactor(annuity.ratePerYear, measure.lifetimeYears ?? annuity.years);
  const { electricity, fuels } = tables.energy;
  return [
    compileCost(measure.investmentEur, { high: 1, low: 1 }, yearly, 1, measure.investmentPer),
    compileCost(measure.runningEur, { high: 1, low: 1 }, 1, 1, measure.runningPer),
    compileEnergy(measure.electricityKwh, electricity.priceEurPerMwh, measure.energyPer),
    compileEnergy(measure.heatKwh, fuels[usualFuel]?.priceEurPerMwhNet, measure.energyPer),
  ].filter((cost) => cost !== null);
}

const compileEnergy = (kilowattHours: Ends, eurPerMwh: Ends, per: string | null) =>
  compileCost(kilowattHours, eurPerMwh, megawattHoursPerKilowattHour, megawattHoursPerKilowattHour, per);

function compileCost(amount: Ends, price: Ends, yearly: number, once: number, per: string | null): ClosingCost | null {
  if (!amount || !price) return null;
  const [low, high] = [amount.low * price.low, amount.high * price.high];
  const scaled = (share: number): Triple => [low * share, ((low + high) / 2) * share, high * share];
  const read = per === null ? null : readMeasure(per);
  const isWhole = !read?.ok || read.measure.dimension === "count";
  return {
    yearly: scaled(yearly),
    once: scaled(once),
    dimension: isWhole ? -1 : dimensions.indexOf(read.measure.dimension),
    factor: isWhole ? 1 : read.measure.factor,
    isPower: !isWhole && read.measure.per === "year",
  };
}
