import { computeClosing } from "./closing.ts";
import type { Columns } from "./columns.ts";
import { decideEconomics } from "./economics.ts";
import { computeQuantity, computeTimeAndPlace, computeTrust } from "./exchange.ts";
import { decideDistance } from "./gates/distance.ts";
import { decideHazard, decideParty, decidePermit, decidePrice } from "./gates/law.ts";
import { decideQuality } from "./gates/quality.ts";
import { decideQuantity } from "./gates/quantity.ts";
import { decideResource } from "./gates/resource.ts";
import { decideTemporal } from "./gates/temporal.ts";
import { at, type Pair, termAt } from "./pair.ts";
import { scoreUnits } from "./rules.ts";
import { fail, gateSlots, near, unknown } from "./verdictCodes.ts";

/** Codes of `Verdict`. */
export const noMatch = 0;
export const nearMiss = 1;
export const match = 2;

/** What is asked: every gate and term; or a match, or at least a near miss, given up as soon as it cannot be one. */
export const everything = 0;
export const onlyMatches = 1;
export const onlyNearMisses = 2;

/**
 * Evaluates output `i` against input `j` and leaves all that it found in `pair`. Allocates nothing.
 * @returns the verdict; with `everything` the figures are complete whatever it is
 */
export function evaluatePair(pair: Pair, output: Columns, i: number, input: Columns, j: number, asked: number): number {
  const { gates } = pair;
  const nearsAllowed = asked === onlyMatches ? 0 : asked === onlyNearMisses ? 1 : Number.POSITIVE_INFINITY;
  const isAll = asked === everything;
  let nears = 0;
  let fails = 0;

  let verdict = decideResource(pair, output, i, input, j);
  gates[gateSlots.resource] = verdict;
  if (verdict === fail) fails++;
  if (fails > 0 && !isAll) return noMatch;

  verdict = decideDistance(pair, output, i, input, j);
  gates[gateSlots.distance] = verdict;
  if (verdict === fail) fails++;
  else if (verdict === near) nears++;
  if ((fails > 0 || nears > nearsAllowed) && !isAll) return noMatch;

  verdict = decideTemporal(pair, output, i, input, j);
  gates[gateSlots.temporal] = verdict;
  if (verdict === fail) fails++;
  else if (verdict === near) nears++;
  if ((fails > 0 || nears > nearsAllowed) && !isAll) return noMatch;

  verdict = decideQuality(pair, output, i, input, j);
  if (verdict === fail) fails++;
  else if (verdict === near) nears += countNear(pair);
  if ((fails > 0 || nears > nearsAllowed) && !isAll) return noMatch;

  verdict = decideQuantity(pair, output, i, input, j);
  gates[gateSlots.quantity] = verdict;
  if (verdict === fail) fails++;
  else if (verdict === near) nears++;

  verdict = decideHazard(pair, output, i, input, j);
  gates[gateSlots.hazard] = verdict;
  if (verdict === fail) fails++;

  verdict = decidePermit(pair, output, i, input, j);
  gates[gateSlots.permit] = verdict;
  if (verdict === fail) fails++;
  else if (verdict === near) nears++;

  verdict = decideParty(pair, output, i, input, j);
  gates[gateSlots.party] = verdict;
  if (verdict === fail) fails++;

  verdict = decidePrice(pair, output, i, input, j);
  gates[gateSlots.price] = verdict;
  if (verdict === fail) fails++;
  else if (verdict === near) nears++;
  if ((fails > 0 || nears > nearsAllowed) && !isAll) return noMatch;

  computeQuantity(pair, output, i, input, j);
  computeClosing(pair, output, i, input, j);
  verdict = decideEconomics(pair, output, i, input, j);
  gates[gateSlots.economics] = verdict;
  if (verdict === fail) fails++;
  if (fails > 0 && !isAll) return noMatch;

  computeTimeAndPlace(pair, input, j);
  computeTrust(pair, output, i, input, j);
  addUp(pair);
  return fails > 0 || nears > 1 ? noMatch : nears === 1 ? nearMiss : match;
}

function countNear({ figures, qualityVerdicts }: Pair): number {
  let count = 0;
  for (let ask = 0; ask < figures[at.qualityCount]!; ask++) if (qualityVerdicts[ask] === near) count++;
  return count;
}

/**
 * The score and its ends. Each contribution is cut down to a whole number of 2^-40, so adding up is exact; the order of
 * values is kept, and no score is over 1. A resource that is unknown leaves the quality term its low end, 0.
 */
function addUp({ figures, gates, terms, contributions, rules }: Pair) {
  if (gates[gateSlots.resource] === unknown) {
    terms[termAt.quality] = 0;
    terms[termAt.quality + 1] = 0;
  }
  for (let end = 0; end < 3; end++) {
    let sum = 0;
    for (let term = 0; term < 6; term++) {
      const part = Math.floor(rules.weightUnits[term]! * terms[term * 3 + end]!) / scoreUnits;
      contributions[term * 3 + end] = part;
      sum += part;
    }
    figures[at.score + end] = sum;
  }
}
