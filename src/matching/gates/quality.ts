import type { Columns } from "../columns.ts";
import { isNear } from "../nearLimits.ts";
import { at, type Pair, termAt } from "../pair.ts";
import { fail, isAtLeast, near, pass, uncertain, unknown } from "../verdictCodes.ts";

/**
 * Containment, property by property: what is supplied must stay within what is accepted. Contained at every end of what is
 * uncertain is `pass`, at none `near` or `fail`, else `uncertain`; what is asked for and not stated is `unknown`.
 *
 * Writes the verdicts, what each is short, and the quality term: the mean fit over what is asked for. A fit is 1, less for
 * a supply that is better than needed, which wastes what makes it better: the loss is
 * `greatest * (1 - scale / (excess + scale))`, half of the greatest at an excess of one scale. The term is that mean
 * times the factor of a substitution.
 *
 * @returns the worst verdict
 */
export function decideQuality(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures, terms, qualityVerdicts, qualityShort, interner, rules } = pair;
  const stated = output.properties;
  const asked = input.properties;
  const from = asked.start[j]!;
  const until = asked.start[j + 1]!;
  const statedUntil = stated.start[i + 1]!;
  const greatestLoss = rules.tables.scoring.overqualificationLoss;
  const approach = figures[at.approachKelvin]!;
  let entry = stated.start[i]!;
  let worst: number = pass;
  figures[at.isTemperatureNear] = 0;
  let sumLow = 0;
  let sum = 0;
  let sumHigh = 0;
  for (let ask = from; ask < until; ask++) {
    const name = asked.name[ask]!;
    while (entry < statedUntil && stated.name[entry]! < name) entry++;
    const isStated =
      entry < statedUntil && stated.name[entry] === name && stated.dimension[entry] === asked.dimension[ask];
    let verdict: number = unknown;
    let short = 0;
    if (!isStated) sumHigh += 1;
    else {
      const facts = interner.propertyFacts[name]!;
      const shift = approach > 0 && facts.name === "temperature" ? approach : 0;
      const low = stated.minimumLow[entry]!;
      const high = stated.maximumHigh[entry]!;
      const minimumLow = asked.minimumLow[ask]! + shift;
      const minimumHigh = asked.minimumHigh[ask]! + shift;
      const maximumLow = asked.maximumLow[ask]!;
      const maximumHigh = asked.maximumHigh[ask]!;
      if (!isAtLeast(high, minimumLow)) {
        short = minimumLow - high;
        verdict = isNear(facts.near.below, high, minimumLow, short) ? near : fail;
        if (verdict === near && shift > 0) figures[at.isTemperatureNear] = 1;
      } else if (!isAtLeast(maximumHigh, low)) {
        short = maximumHigh - low;
        verdict = isNear(facts.near.above, low, maximumHigh, -short) ? near : fail;
      } else {
        const isContained = isAtLeast(low, minimumHigh) && isAtLeast(maximumLow, high);
        verdict = isContained ? pass : uncertain;
        const isLowerBetter = facts.isLowerBetter;
        // Where no bound is set on the side that could be bettered, nothing is in excess.
        const isOpen = isLowerBetter
          ? maximumHigh === Number.POSITIVE_INFINITY
          : minimumLow === Number.NEGATIVE_INFINITY;
        const most = Math.max(isLowerBetter ? maximumHigh - low : high - minimumLow, 0);
        const least = Math.max(isLowerBetter ? maximumLow - high : low - minimumHigh, 0);
        const scale = isOpen ? 0 : facts.overqualificationScale;
        const fit = 1 - loss((most + least) / 2, scale, greatestLoss);
        sumHigh += 1 - loss(least, scale, greatestLoss);
        if (isContained) {
          sum += fit;
          sumLow += 1 - loss(most, scale, greatestLoss);
        } else {
          sum += fit * shareInside(low, high, (minimumLow + minimumHigh) / 2, (maximumLow + maximumHigh) / 2);
        }
      }
    }
    qualityVerdicts[ask - from] = verdict;
    qualityShort[ask - from] = short;
    if (verdict > worst) worst = verdict;
  }
  const count = until - from;
  const factor = figures[at.qualityFactor]!;
  figures[at.qualityCount] = count;
  terms[termAt.quality] = count === 0 ? factor : (sumLow / count) * factor;
  terms[termAt.quality + 1] = count === 0 ? factor : (sum / count) * factor;
  terms[termAt.quality + 2] = count === 0 ? factor : (sumHigh / count) * factor;
  return worst;
}

/** An excess without end loses the greatest. */
function loss(excess: number, scale: number, greatest: number): number {
  if (scale === 0) return 0;
  return greatest * (1 - scale / (excess + scale));
}

/** The part of [low, high] that lies within the bounds; half where an end is open or nothing is wide. */
function shareInside(low: number, high: number, minimum: number, maximum: number): number {
  const width = high - low;
  if (!(width > 0) || width === Number.POSITIVE_INFINITY) return 0.5;
  const inside = Math.min(high, maximum) - Math.max(low, minimum);
  return inside <= 0 ? 0 : inside >= width ? 1 : inside / width;
}
