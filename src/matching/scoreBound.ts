import { type BoundCandidate, type BoundParameters, type Coarseness, exactly } from "./candidateSearch.ts";
import { computeProximity } from "./exchange.ts";
import { computeSideTrust } from "./trust.ts";

export const boundAllowances: BoundParameters["allowances"] = {
  /** Distances on the spheroid are at most this much longer than on the sphere that the engine measures on (WGS 84). */
  spheroid: 1.005,
  /** More than all rounding between two ways of adding up. */
  rounding: 1e-9,
  /** Of the longest month. */
  hoursPerMonth: 744,
};

/**
 * An upper bound of the score from columns that a database has: never less than the score of the pair. A store mirrors it:
 *
 *     time      = needHours is null ? 1 : least(1, bits(months & subject months) * 744 / needHours)
 *     amount    = dimension = subject's and basis <> 'recurring'
 *                 ? (subject is input ? left / remaining : remaining / left) * quantity factor : 1
 *     cover     = least(1, amount, needHours is null ? 1 : time)
 *     x         = least(1, greatest(0, distance - slack) / 1.005 / limit),  proximity = (1 - x^2)^2
 *     trust     = (subject trust + precisionShare * levels[level] + (verified ? verifiedShare : 0)
 *                 + exchangesShare * n / (n + exchangesAtHalf)) / 2
 *     bound     = wq * quality bound + wc * cover + wt * time + wp * proximity + we + wr * trust + 1e-9
 *
 * Hours of a month are at most 744, and a year's window has each month of UTC once, be it in two parts. Slack and quantity
 * factor are those of the coarseness: columns tell the true place and quantity, the score follows from what is seen of them.
 */
export function scoreBound(
  bound: BoundParameters,
  candidate: BoundCandidate,
  { slackMeters, quantityFactor }: Coarseness = exactly,
): number {
  const { weights, needHours, allowances } = bound;
  const months = countBits(bound.monthsMask & candidate.monthsMask);
  const time = needHours === null ? 1 : Math.min(1, (months * allowances.hoursPerMonth) / needHours);
  const isComparable = candidate.dimension === bound.dimension && candidate.basis !== "recurring";
  const [supply, need] = bound.subjectIsInput
    ? [candidate.canonicalRemaining, bound.remaining]
    : [bound.remaining, candidate.canonicalRemaining];
  const cover = Math.min(1, isComparable ? (supply / need) * quantityFactor : 1, time);
  const nearest = Math.max(0, candidate.distanceMeters - slackMeters);
  const proximity = computeProximity(nearest / allowances.spheroid, bound.limitMeters);
  const trust =
    (bound.trust.subject +
      computeSideTrust(bound.trust, candidate.precisionLevel, {
        verified: candidate.verified,
        exchangesCompleted: candidate.exchangesCompleted,
      })) /
    2;
  return (
    weights.quality * candidate.qualityBound +
    weights.quantity * cover +
    weights.temporal * time +
    weights.proximity * proximity +
    weights.economics +
    weights.trust * trust +
    allowances.rounding
  );
}

function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
