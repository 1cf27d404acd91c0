import { dimensions } from "../../domain/dimension.ts";
import type { Columns } from "../columns.ts";
import { isNear } from "../nearLimits.ts";
import { at, type Pair, quantityReasons } from "../pair.ts";
import { fail, isAtLeast, near, pass, uncertain } from "../verdictCodes.ts";

/**
 * Dimensions agree or lead to each other, both are rates or both amounts, something is left on either side, and neither
 * side's minimum lot is more than what the other has left.
 */
export function decideQuantity(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures } = pair;
  const bridge = findBridge(output, i, input, j);
  figures[at.bridge] = bridge;
  if (Number.isNaN(bridge)) return refuse(pair, quantityReasons.dimension);
  if (output.isYearly[i] !== input.isYearly[j]) return refuse(pair, quantityReasons.basis);
  if (output.amount[i]! <= 0 || input.amount[j]! <= 0) return refuse(pair, quantityReasons.nothingLeft);
  const supplyLot = output.minimumLot[i]!;
  const needLot = input.minimumLot[j]!;
  const ofSupply = compareLot(pair, supplyLot, input.amountLow[j]! * bridge, input.amountHigh[j]! * bridge);
  const ofNeed = compareLot(pair, needLot, output.amountLow[i]! / bridge, output.amountHigh[i]! / bridge);
  const isOfSupply = ofSupply >= ofNeed;
  const verdict = isOfSupply ? ofSupply : ofNeed;
  if (verdict === pass) figures[at.quantityReason] = quantityReasons.fits;
  else figures[at.quantityReason] = isOfSupply ? quantityReasons.supplyLot : quantityReasons.needLot;
  return verdict;
}

/** Canonical units of the output that make one of the input: by the output's own material, else by the input's. */
function findBridge(output: Columns, i: number, input: Columns, j: number): number {
  const from = output.dimension[i]!;
  const to = input.dimension[j]!;
  if (from === to) return 1;
  const perOutput = output.unitsPerOwn[i * dimensions.length + to]!;
  return Number.isNaN(perOutput) ? input.unitsPerOwn[j * dimensions.length + from]! : 1 / perOutput;
}

function refuse({ figures }: Pair, reason: number): number {
  figures[at.quantityReason] = reason;
  return fail;
}

function compareLot(pair: Pair, lot: number, left: number, leftHigh: number): number {
  if (isAtLeast(left, lot)) return pass;
  if (isAtLeast(leftHigh, lot)) return uncertain;
  return isNear(pair.rules.near.quantity, lot, leftHigh, lot - leftHigh) ? near : fail;
}
