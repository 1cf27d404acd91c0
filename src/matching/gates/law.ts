import type { Columns } from "../columns.ts";
import { isNear } from "../nearLimits.ts";
import { at, type Pair, partyReasons } from "../pair.ts";
import { wasteClasses } from "../permits.ts";
import { fail, near, pass, unknown } from "../verdictCodes.ts";

/** A hazardous entry, or a mirror entry not shown to be clean, needs a receiver that holds the permit. */
export function decideHazard(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const wasteClass = output.wasteClass[i]!;
  if (wasteClass === wasteClasses.unclassified) return unknown;
  if (wasteClass !== wasteClasses.hazardous && wasteClass !== wasteClasses.mirror) return pass;
  return pair.interner.coversWaste(input.permitsHeld[j]!, output.waste[i]!) ? pass : fail;
}

/** What one side requires, the other holds; waste goes to a receiver with a permit or an exemption, else `unknown`. */
export function decidePermit(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures, interner, rules } = pair;
  let missing = 0;
  if (output.requiredCount[i]! > 0)
    missing += interner.missingPermits(output.permitsRequired[i]!, input.permitsHeld[j]!);
  if (input.requiredCount[j]! > 0)
    missing += interner.missingPermits(input.permitsRequired[j]!, output.permitsHeld[i]!);
  figures[at.missingPermits] = missing;
  if (missing > 0) return isNear(rules.near.permit, missing, 0, missing) ? near : fail;
  const wasteClass = output.wasteClass[i]!;
  // The hazard gate has answered for waste that is hazardous.
  if (wasteClass !== wasteClasses.nonHazardous && wasteClass !== wasteClasses.unclassified) return pass;
  return interner.coversWaste(input.permitsHeld[j]!, output.waste[i]!) ? pass : unknown;
}

/** Neither has blocked the other; flows of one organization only where one of them asks for that. */
export function decideParty(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures } = pair;
  const giver = output.organization[i]!;
  const taker = input.organization[j]!;
  let reason: number = partyReasons.fits;
  if (giver === taker && output.allowsOwn[i] === 0 && input.allowsOwn[j] === 0) reason = partyReasons.sameOrganization;
  else if (hasBlocked(output, i, taker)) reason = partyReasons.blockedByOutput;
  else if (hasBlocked(input, j, giver)) reason = partyReasons.blockedByInput;
  figures[at.partyReason] = reason;
  return reason === partyReasons.fits ? pass : fail;
}

function hasBlocked({ blocked, blockedStart }: Columns, row: number, organization: number): boolean {
  const until = blockedStart[row + 1]!;
  for (let at = blockedStart[row]!; at < until; at++) if (blocked[at] === organization) return true;
  return false;
}

/** An ask over the other side's most; where one side is silent there is nothing to compare. */
export function decidePrice(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures, rules } = pair;
  const ask = output.price[i]! * figures[at.bridge]!;
  const bid = input.price[j]!;
  const gap = ask - bid;
  // False where one is not stated.
  const isOver = gap > 1e-9 * Math.abs(bid);
  figures[at.priceGap] = isOver ? gap : 0;
  if (!isOver) return pass;
  return isNear(rules.near.price, ask, bid, gap) ? near : fail;
}
