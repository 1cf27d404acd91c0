import { dimensions } from "../domain/dimension.ts";
import type { Carriage, Triple } from "./carriage.ts";
import type { Columns } from "./columns.ts";
import { at, type Pair, termAt, writeTriple } from "./pair.ts";
import { fail, pass, uncertain, unknown } from "./verdictCodes.ts";

const massIndex = dimensions.indexOf("mass");

/**
 * The joint value, in EUR a year or once:
 *
 *     joint = Q (virgin price + disposal avoided - both treatments - freight - pumping) - pipe or journeys - transaction
 *
 * The price is not in it: it moves value between the sides only. `virgin price` is what the need otherwise pays, times the
 * factor of a substitution. Every figure has its ends, and so has the result: least of everything earned with most of
 * everything paid, and the reverse.
 *
 * The gate passes where each unit brings both sides' floors at every end of what is uncertain, fails where it does so at
 * none. The term is `r^2 / (r^2 + h^2)` of the joint value over what the need would otherwise cost, r, with one half at
 * h (`halfValueRatio`), and 0 where r <= 0; figures that are only usual for the grade count at their less favourable end.
 */
export function decideEconomics(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures, terms, rules } = pair;
  readMargin(pair, output, i, input, j);
  readCarriage(pair, output, i, input, j);
  const { low, high } = rules.tables.transport.transactionCostEurPerYear;
  writeTriple(figures, at.transaction, low, (low + high) / 2, high);
  const factor = figures[at.qualityFactor]!;
  const half = rules.tables.scoring.halfValueRatio;
  const lowVirgin = figures[at.virgin]!;
  const highVirgin = figures[at.virgin + 2]!;
  const lowCost = besidesVirgin(figures, figures[at.disposal]!, 2);
  const highCost = besidesVirgin(figures, figures[at.disposal + 2]!, 0);
  for (let end = 0; end < 3; end++) {
    const others = besidesVirgin(figures, figures[at.disposal + end]!, 2 - end);
    figures[at.joint + end] = jointOf(figures, figures[at.virgin + end]! * factor + others, end);
  }
  const isUnknown = figures[at.isMoneyUnknown] === 1;
  if (!(figures[at.quantity + 2]! > 0)) {
    writeTriple(terms, termAt.economics, 0, 0, 0);
    return unknown;
  }
  const lowEach = lowCost - each(fixedCost(figures, 2), figures[at.quantity]!);
  const highEach = highCost - each(fixedCost(figures, 0), figures[at.quantity + 2]!);
  const statedDisposal = output.statesDisposal[i] === 1 ? figures[at.disposal + 1]! : figures[at.disposal]!;
  const valueEach = besidesVirgin(figures, statedDisposal, 1) - each(fixedCost(figures, 1), figures[at.quantity + 1]!);
  const usualVirgin = valueEach < 0 ? lowVirgin : highVirgin;
  const statedVirgin = input.statesVirgin[j] === 1 ? figures[at.virgin + 1]! : usualVirgin;
  writeTriple(
    terms,
    termAt.economics,
    isUnknown ? 0 : squash(ratio(lowEach, lowEach < 0 ? lowVirgin : highVirgin, factor), half),
    isUnknown ? 0 : squash(ratio(valueEach, statedVirgin, factor), half),
    isUnknown ? 1 : squash(ratio(highEach, highEach < 0 ? highVirgin : lowVirgin, factor), half),
  );
  const floors = output.floor[i]! * figures[at.bridge]! + input.floor[j]!;
  if (isUnknown) return unknown;
  if (highVirgin * factor + highEach < floors) return fail;
  return lowVirgin * factor + lowEach >= floors ? pass : uncertain;
}

/** Half of the scale at `half`; nothing for what loses money. */
function squash(ratio: number, half: number): number {
  if (!(ratio > 0)) return 0;
  if (ratio === Number.POSITIVE_INFINITY) return 1;
  return (ratio * ratio) / (ratio * ratio + half * half);
}

/** Joint value over what the need would otherwise cost; without such a cost, whether there is any value. */
function ratio(besides: number, virgin: number, factor: number): number {
  if (virgin > 0) return factor + besides / virgin;
  return besides > 0 ? Number.POSITIVE_INFINITY : 0;
}

const each = (cost: number, quantity: number) => (cost === 0 ? 0 : cost / quantity);

/** Per unit, all but the virgin price: `costs` picks the end of what is paid. */
function besidesVirgin(figures: Float64Array, disposal: number, costs: number): number {
  return (
    disposal -
    figures[at.treatment]! -
    figures[at.freight + costs]! -
    figures[at.pumping + costs]! -
    figures[at.closingPerUnit + costs]!
  );
}

function fixedCost(figures: Float64Array, costs: number): number {
  return figures[at.carriageFixed + costs]! + figures[at.closingFixed + costs]! + figures[at.transaction + costs]!;
}

/** A margin that is positive is worst on the least quantity, one that is negative on the most. */
function jointOf(figures: Float64Array, margin: number, end: number): number {
  const quantityEnd = end === 1 ? 1 : margin >= 0 ? end : 2 - end;
  return figures[at.quantity + quantityEnd]! * margin - fixedCost(figures, 2 - end);
}

function readMargin(pair: Pair, output: Columns, i: number, input: Columns, j: number) {
  const { figures } = pair;
  const bridge = Number.isNaN(figures[at.bridge]!) ? 0 : figures[at.bridge]!;
  const isOwn = !Number.isNaN(input.virginLow[j]!);
  const low = isOwn ? input.virginLow[j]! : output.virginLow[i]! * bridge;
  const high = isOwn ? input.virginHigh[j]! : output.virginHigh[i]! * bridge;
  const isUnknown = Number.isNaN(low);
  figures[at.isMoneyUnknown] = isUnknown ? 1 : 0;
  writeTriple(figures, at.virgin, isUnknown ? 0 : low, isUnknown ? 0 : (low + high) / 2, isUnknown ? 0 : high);
  writeTriple(
    figures,
    at.disposal,
    output.disposalLow[i]! * bridge,
    output.disposal[i]! * bridge,
    output.disposalHigh[i]! * bridge,
  );
  figures[at.treatment] = output.treatment[i]! * bridge + input.treatment[j]!;
}

const nothing: Triple = [0, 0, 0];

function readCarriage(pair: Pair, output: Columns, i: number, input: Columns, j: number) {
  const { figures, rules } = pair;
  const grade = output.grade[i]!;
  const carriage: Carriage | null = grade < 0 ? null : rules.carriages[grade]!;
  const distance = figures[at.distanceMeters]!;
  const bridge = figures[at.bridge]!;
  const kilograms = unitsOf(output, i, input, j, massIndex, bridge);
  const fixed = carriage === null ? nothing : input.isYearly[j] === 1 ? carriage.yearlyPerMeter : carriage.oncePerMeter;
  const pumped = carriage?.pumpedDimension ?? null;
  const pumpedUnits = pumped === null ? 0 : unitsOf(output, i, input, j, dimensions.indexOf(pumped), bridge);
  if (carriage?.carriedBy === "road" && Number.isNaN(kilograms)) figures[at.isMoneyUnknown] = 1;
  for (let end = 0; end < 3; end++) {
    figures[at.carriageFixed + end] = fixed[end]! * distance;
    figures[at.freight + end] =
      carriage === null || Number.isNaN(kilograms)
        ? 0
        : kilograms * (carriage.freightPerKgMeter[end]! * distance + carriage.handlingPerKg[end]!);
    figures[at.pumping + end] =
      carriage === null || Number.isNaN(pumpedUnits) ? 0 : pumpedUnits * carriage.pumpingPerUnitMeter[end]! * distance;
  }
}

/** Canonical units of a dimension that one unit of the need makes; NaN where neither side's material leads there. */
export function unitsOf(
  output: Columns,
  i: number,
  input: Columns,
  j: number,
  dimension: number,
  bridge: number,
): number {
  const own = input.unitsPerOwn[j * dimensions.length + dimension]!;
  return Number.isNaN(own) ? output.unitsPerOwn[i * dimensions.length + dimension]! * bridge : own;
}
