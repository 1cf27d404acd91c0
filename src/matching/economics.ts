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
  addUpCosts(figures);
  const factor = figures[at.qualityFactor]!;
  for (let end = 0; end < 3; end++) {
    const margin =
      figures[at.virgin + end]! * factor + figures[at.disposal + end]! - figures[at.paidPerUnit + 2 - end]!;
    // A margin that is positive is worst on the least quantity, one that is negative on the most.
    const quantityEnd = end === 1 || margin >= 0 ? end : 2 - end;
    figures[at.joint + end] = figures[at.quantity + quantityEnd]! * margin - figures[at.paidFixed + 2 - end]!;
  }
  const isUnknown = figures[at.isMoneyUnknown] === 1;
  if (!(figures[at.quantity + 2]! > 0)) {
    writeTriple(terms, termAt.economics, 0, 0, 0);
    return unknown;
  }
  const lowVirgin = figures[at.virgin]!;
  const highVirgin = figures[at.virgin + 2]!;
  // Per unit, all but the virgin price; nothing to pay for nothing is nothing.
  const lowFixed = figures[at.paidFixed + 2]! === 0 ? 0 : figures[at.paidFixed + 2]! / figures[at.quantity]!;
  const lowEach = figures[at.disposal]! - figures[at.paidPerUnit + 2]! - lowFixed;
  const highEach =
    figures[at.disposal + 2]! - figures[at.paidPerUnit]! - figures[at.paidFixed]! / figures[at.quantity + 2]!;
  const fixed = figures[at.paidFixed + 1]! === 0 ? 0 : figures[at.paidFixed + 1]! / figures[at.quantity + 1]!;
  const disposal = output.statesDisposal[i] === 1 ? figures[at.disposal + 1]! : figures[at.disposal]!;
  const valueEach = disposal - figures[at.paidPerUnit + 1]! - fixed;
  const usualVirgin = valueEach < 0 ? lowVirgin : highVirgin;
  const virgin = input.statesVirgin[j] === 1 ? figures[at.virgin + 1]! : usualVirgin;
  const half = rules.tables.scoring.halfValueRatio;
  const slot = termAt.economics;
  terms[slot] = isUnknown ? 0 : scoreValue(lowEach, lowEach < 0 ? lowVirgin : highVirgin, factor, half);
  terms[slot + 1] = isUnknown ? 0 : scoreValue(valueEach, virgin, factor, half);
  terms[slot + 2] = isUnknown ? 1 : scoreValue(highEach, highEach < 0 ? highVirgin : lowVirgin, factor, half);
  const floors = output.floor[i]! * figures[at.bridge]! + input.floor[j]!;
  if (isUnknown) return unknown;
  if (highVirgin * factor + highEach < floors) return fail;
  return lowVirgin * factor + lowEach >= floors ? pass : uncertain;
}

/**
 * `r^2 / (r^2 + half^2)` of the joint value over what the need would otherwise cost; nothing for what loses money. Where the
 * need would cost nothing, all or nothing.
 */
function scoreValue(besidesVirgin: number, virgin: number, factor: number, half: number): number {
  if (!(virgin > 0)) return besidesVirgin > 0 ? 1 : 0;
  const ratio = factor + besidesVirgin / virgin;
  return ratio > 0 ? 1 / (1 + (half / ratio) * (half / ratio)) : 0;
}

function addUpCosts(figures: Float64Array) {
  for (let end = 0; end < 3; end++) {
    figures[at.paidPerUnit + end] =
      figures[at.treatment]! +
      figures[at.freight + end]! +
      figures[at.pumping + end]! +
      figures[at.closingPerUnit + end]!;
    figures[at.paidFixed + end] =
      figures[at.carriageFixed + end]! + figures[at.closingFixed + end]! + figures[at.transaction + end]!;
  }
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
  const bridge = figures[at.bridge]!;
  const kilograms = unitsOf(output, i, input, j, massIndex, bridge);
  const fixed = carriage === null ? nothing : input.isYearly[j] === 1 ? carriage.yearlyPerMeter : carriage.oncePerMeter;
  const pumped = carriage?.pumpedDimension ?? null;
  const pumpedUnits = pumped === null ? 0 : unitsOf(output, i, input, j, dimensions.indexOf(pumped), bridge);
  if (carriage?.carriedBy === "road" && Number.isNaN(kilograms)) figures[at.isMoneyUnknown] = 1;
  for (let end = 0; end < 3; end++) {
    const distance = figures[at.nearestMeters + end]!;
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
