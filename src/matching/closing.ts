import { dimensions, hoursPerYear, readMeasure } from "../domain/dimension.ts";
import type { ClosingMeasure } from "../domain/reference/types.ts";
import { annuityFactor } from "./carriage.ts";
import type { Columns } from "./columns.ts";
import { unitsOf } from "./economics.ts";
import type { NearLimit } from "./nearLimits.ts";
import { at, type Pair } from "./pair.ts";
import { gateSlots, near } from "./verdictCodes.ts";

const megajoulesPerKilowattHour = 3.6;
const temperatureName = "temperature";

/** Writes what it costs to close the gates that are near; nothing where none is, or where it costs no money. */
export function computeClosing(pair: Pair, output: Columns, i: number, input: Columns, j: number) {
  const { figures, gates, rules, interner, qualityVerdicts, qualityShort } = pair;
  figures.fill(0, at.closingFixed, at.closingPerUnit + 3);
  const count = figures[at.qualityCount]!;
  const start = input.properties.start[j]!;
  for (let ask = 0; ask < count; ask++) {
    if (qualityVerdicts[ask] !== near) continue;
    const property = interner.propertyFacts[input.properties.name[start + ask]!]!;
    const short = qualityShort[ask]!;
    addMeasure(pair, short > 0 ? property.near.below : property.near.above, output, i, input, j);
    if (property.name === temperatureName && short > 0) addLift(pair, property.near.below, short, output, i, input, j);
  }
  if (gates[gateSlots.quantity] === near) addMeasure(pair, rules.near.quantity, output, i, input, j);
  if (gates[gateSlots.temporal] === near) addMeasure(pair, rules.near.temporal, output, i, input, j);
  if (gates[gateSlots.distance] === near) addMeasure(pair, rules.near.distance, output, i, input, j);
  if (gates[gateSlots.permit] === near) addMeasure(pair, rules.near.permit, output, i, input, j);
  if (gates[gateSlots.price] === near) addMeasure(pair, rules.near.price, output, i, input, j);
}

function addMeasure(pair: Pair, limit: NearLimit | null, output: Columns, i: number, input: Columns, j: number) {
  const measure = limit?.closing;
  if (!measure) return;
  const { annuity } = pair.rules.tables.transport;
  const { electricity, fuels } = pair.rules.tables.energy;
  const yearly = annuityFactor(annuity.ratePerYear, measure.lifetimeYears ?? annuity.years);
  const share = input.isYearly[j] === 1 ? yearly : 1;
  addCost(pair, measure.investmentEur, share, measure.investmentPer, output, i, input, j);
  addCost(pair, measure.runningEur, 1, measure.runningPer, output, i, input, j);
  const heatPrice = fuels[usualFuel]?.priceEurPerMwhNet ?? null;
  addCost(
    pair,
    multiply(measure.electricityKwh, electricity.priceEurPerMwh),
    1e-3,
    measure.energyPer,
    output,
    i,
    input,
    j,
  );
  addCost(pair, multiply(measure.heatKwh, heatPrice), 1e-3, measure.energyPer, output, i, input, j);
}

/** The fuel that heat for drying is taken to come from. */
const usualFuel = "natural_gas";

type Ends = { low: number; high: number } | null;

const multiply = (one: Ends, other: Ends): Ends =>
  one && other && { low: one.low * other.low, high: one.high * other.high };

/** `per` is an amount, a power (`kW`, of the heat over the hours used), or 1 for what is bought once whatever the size. */
function addCost(
  { figures }: Pair,
  ends: Ends,
  share: number,
  per: ClosingMeasure["runningPer"],
  output: Columns,
  i: number,
  input: Columns,
  j: number,
) {
  if (ends === null) return;
  const read = per === null ? null : readMeasure(per);
  const isWhole = !read?.ok || read.measure.dimension === "count";
  let slot: number = at.closingFixed;
  let times = share;
  if (!isWhole) {
    slot = at.closingPerUnit;
    const { dimension, factor } = read.measure;
    const units = unitsOf(output, i, input, j, dimensions.indexOf(dimension), figures[at.bridge]!);
    const hours = figures[at.usedHours]!;
    const isPower = read.measure.per === "year";
    times = Number.isNaN(units) ? 0 : (share * units * (isPower ? hoursPerYear / Math.max(hours, 1) : 1)) / factor;
  }
  figures[slot] = figures[slot]! + ends.low * times;
  figures[slot + 1] = figures[slot + 1]! + ((ends.low + ends.high) / 2) * times;
  figures[slot + 2] = figures[slot + 2]! + ends.high * times;
}

/**
 * Electricity of a heat pump for one unit of heat: 1 / COP, with `COP = share of Carnot * Th / (Th - Tc)`, Th what is
 * needed and Tc what there is.
 */
function addLift(
  { figures, rules }: Pair,
  limit: NearLimit | null,
  lift: number,
  output: Columns,
  i: number,
  input: Columns,
  j: number,
) {
  const carnot = limit?.closing?.carnotShare;
  const supply = output.temperature[i]!;
  const megajoules = unitsOf(output, i, input, j, dimensions.indexOf("energy"), figures[at.bridge]!);
  if (!carnot || Number.isNaN(supply) || Number.isNaN(megajoules)) return;
  const { low, high } = rules.tables.energy.electricity.priceEurPerMwh;
  const kilowattHours = ((megajoules / megajoulesPerKilowattHour) * lift) / (supply + lift);
  const least = (kilowattHours / carnot.high) * (low / 1_000);
  const most = (kilowattHours / carnot.low) * (high / 1_000);
  figures[at.closingPerUnit] = figures[at.closingPerUnit]! + least;
  figures[at.closingPerUnit + 1] = figures[at.closingPerUnit + 1]! + (least + most) / 2;
  figures[at.closingPerUnit + 2] = figures[at.closingPerUnit + 2]! + most;
}
