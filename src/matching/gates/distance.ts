import { earthRadiusMeters } from "../../domain/geography.ts";
import type { Columns } from "../columns.ts";
import { isNear } from "../nearLimits.ts";
import { at, type Pair } from "../pair.ts";
import { fail, isAtLeast, near, pass } from "../verdictCodes.ts";

/**
 * Great-circle distance within the limit of what is carried (farther for heat of great power, by the smaller of both
 * sides' power) and within both sides' own.
 */
export function decideDistance(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures, rules } = pair;
  const distance = measureDistance(output, i, input, j);
  const grade = output.grade[i]!;
  let limit = grade < 0 ? 0 : rules.limitMeters[grade]!;
  if (grade >= 0 && Math.min(output.megawatts[i]!, input.megawatts[j]!) >= rules.largeFromMegawatts[grade]!)
    limit = Math.max(limit, rules.largeLimitMeters[grade]!);
  limit = Math.min(limit, output.ownLimitMeters[i]!, input.ownLimitMeters[j]!);
  figures[at.distanceMeters] = distance;
  figures[at.limitMeters] = limit;
  if (isAtLeast(limit, distance)) return pass;
  return isNear(rules.near.distance, distance, limit, distance - limit) ? near : fail;
}

/** By the chord between two points of the unit sphere: the haversine formula without its trigonometry. */
function measureDistance(output: Columns, i: number, input: Columns, j: number): number {
  const dx = output.x[i]! - input.x[j]!;
  const dy = output.y[i]! - input.y[j]!;
  const dz = output.z[i]! - input.z[j]!;
  const halfChord = Math.sqrt(dx * dx + dy * dy + dz * dz) / 2;
  return 2 * earthRadiusMeters * Math.asin(Math.min(halfChord, 1));
}
