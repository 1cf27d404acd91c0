import { dimensions, hoursPerYear } from "../domain/dimension.ts";
import type { ClosingCost } from "./closingCosts.ts";
import type { Columns } from "./columns.ts";
import { unitsOf } from "./economics.ts";
import type { NearLimit } from "./nearLimits.ts";
import { at, type Pair } from "./pair.ts";
import { gateSlots, near } from "./verdictCodes.ts";

const megajoulesPerKilowattHour = 3.6;
const temperatureName = "temperature";
const energyIndex = dimensions.indexOf("energy");

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
  if (limit === null) return;
  for (let index = 0; index < limit.costs.length; index++) addCost(pair, limit.costs[index]!, output, i, input, j);
}

/** By the amount, by the power over the hours used, or once whatever the size; nothing where neither side leads there. */
function addCost({ figures }: Pair, cost: ClosingCost, output: Columns, i: number, input: Columns, j: number) {
  const ends = input.isYearly[j] === 1 ? cost.yearly : cost.once;
  let slot: number = at.closingFixed;
  let times = 1;
  if (cost.dimension >= 0) {
    const units = unitsOf(output, i, input, j, cost.dimension, figures[at.bridge]!);
    const peak = cost.isPower ? hoursPerYear / Math.max(figures[at.usedHours]!, 1) : 1;
    slot = at.closingPerUnit;
    times = Number.isNaN(units) ? 0 : (units * peak) / cost.factor;
  }
  for (let end = 0; end < 3; end++) figures[slot + end] = figures[slot + end]! + ends[end]! * times;
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
  const megajoules = unitsOf(output, i, input, j, energyIndex, figures[at.bridge]!);
  if (!carnot || Number.isNaN(supply) || Number.isNaN(megajoules)) return;
  const { low, high } = rules.tables.energy.electricity.priceEurPerMwh;
  const kilowattHours = ((megajoules / megajoulesPerKilowattHour) * lift) / (supply + lift);
  const least = (kilowattHours / carnot.high) * (low / 1_000);
  const most = (kilowattHours / carnot.low) * (high / 1_000);
  figures[at.closingPerUnit] = figures[at.closingPerUnit]! + least;
  figures[at.closingPerUnit + 1] = figures[at.closingPerUnit + 1]! + (least + most) / 2;
  figures[at.closingPerUnit + 2] = figures[at.closingPerUnit + 2]! + most;
}
