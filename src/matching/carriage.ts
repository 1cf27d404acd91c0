import type { Dimension } from "../domain/dimension.ts";
import { readMeasure } from "../domain/dimension.ts";
import type { Range, TransportClass, TransportClassName } from "../domain/reference/types.ts";
import type { MatchingTables } from "./tables.ts";

/** Low, middle, high. */
export type Triple = readonly [low: number, middle: number, high: number];

/** What carrying costs for one class of transport, per metre of great-circle distance; all money in EUR. */
export type Carriage = {
  name: TransportClassName;
  carriedBy: TransportClass["carriedBy"];
  /** Paid once: pipe or line laid along its detour, or one journey of people and machines, there and back. */
  oncePerMeter: Triple;
  /** Paid each year: the annuity of the investment with its upkeep, or a year's journeys. */
  yearlyPerMeter: Triple;
  /** Freight for one kg over one metre, empty return included, and handling of one kg. */
  freightPerKgMeter: Triple;
  handlingPerKg: Triple;
  /** Pumping one canonical unit of `pumpedDimension` over one metre. */
  pumpedDimension: Dimension | null;
  pumpingPerUnitMeter: Triple;
  /** Share lost for each metre. */
  lossPerMeter: Triple;
  /** kg CO2e of freight for one kg over one metre, and of pumping one unit over one metre. */
  carbonPerKgMeter: Triple;
  carbonPerUnitMeter: Triple;
};

const nothing: Triple = [0, 0, 0];
const metersPerKilometer = 1_000;
const kilogramsPerTonne = 1_000;

/** Scaled by a factor that is not negative. */
const scale = (range: Range | null, factor: number): Triple =>
  range === null ? nothing : [range.low * factor, ((range.low + range.high) / 2) * factor, range.high * factor];

/** The yearly share of an investment: r / (1 - (1 + r)^-n), the annuity of a loan over n years at the rate r. */
export function annuityFactor(ratePerYear: number, years: number): number {
  return ratePerYear === 0 ? 1 / years : ratePerYear / (1 - (1 + ratePerYear) ** -years);
}

export function compileCarriages(tables: MatchingTables): Record<TransportClassName, Carriage> {
  const entries = Object.entries(tables.transport.classes) as [TransportClassName, TransportClass][];
  return Object.fromEntries(entries.map(([name, of]) => [name, compileCarriage(name, of, tables)])) as Record<
    TransportClassName,
    Carriage
  >;
}

function compileCarriage(
  name: TransportClassName,
  of: TransportClass,
  { transport, energy }: MatchingTables,
): Carriage {
  const { detourFactor, emptyReturnFactor, freight, handlingEurPerTonne, annuity } = transport;
  const isRoad = of.carriedBy === "road";
  const detour = detourFactor[of.carriedBy === "visit" ? "road" : of.carriedBy].value;
  const perMeter = detour / metersPerKilometer;
  const isVisit = of.carriedBy === "visit";
  const oncePerMeter = scale(isVisit ? of.visitEurPerKm : of.investmentEurPerKm, perMeter);
  const [least, middle, most] = scale(of.upkeepShareOfInvestmentPerYear, 1);
  const yearly = annuityFactor(annuity.ratePerYear, annuity.years);
  const timesPerYear: Triple = isVisit ? scale(of.visitsPerYear, 1) : [least + yearly, middle + yearly, most + yearly];
  const pumped = of.pumpingKwhPerKm && readMeasure(of.pumpingKwhPerKm.per);
  const pumpedUnits = pumped?.ok ? pumped.measure.factor : 1;
  const kwh = scale(of.pumpingKwhPerKm, perMeter / pumpedUnits);
  const perTonne = perMeter / kilogramsPerTonne;
  return {
    name,
    carriedBy: of.carriedBy,
    oncePerMeter,
    yearlyPerMeter: multiply(oncePerMeter, timesPerYear),
    freightPerKgMeter: isRoad ? scale(freight.road.costEurPerTonneKm, perTonne * emptyReturnFactor.value) : nothing,
    handlingPerKg: isRoad ? scale(handlingEurPerTonne.road, 1 / kilogramsPerTonne) : nothing,
    pumpedDimension: pumped?.ok ? pumped.measure.dimension : null,
    pumpingPerUnitMeter: multiply(kwh, scale(energy.electricity.priceEurPerMwh, 1 / 1_000)),
    lossPerMeter: scale(of.lossSharePerKm, perMeter),
    carbonPerKgMeter: isRoad ? scale(freight.road.carbonKgPerTonneKm, perTonne) : nothing,
    carbonPerUnitMeter: multiply(kwh, scale(energy.electricity.carbonKgPerKwh, 1)),
  };
}

const multiply = (one: Triple, other: Triple): Triple => [one[0] * other[0], one[1] * other[1], one[2] * other[2]];
