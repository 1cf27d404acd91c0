import { earthRadiusMeters } from "../../domain/geography.ts";
import type { Columns } from "../columns.ts";
import { isNear } from "../nearLimits.ts";
import { at, type Pair, writeTriple } from "../pair.ts";
import { fail, isAtLeast, near, pass, uncertain } from "../verdictCodes.ts";

/**
 * Great-circle distance within the limit of what is carried (farther for heat of great power, by the smaller of both
 * sides' power) and within both sides' own. Where a cell stands for a place, the true distance lies within both radii of
 * that of the positions: within the limit at every end is `pass`, at none `near` or `fail` by the nearest, else `uncertain`.
 */
export function decideDistance(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures, rules } = pair;
  const distance = measureDistance(output, i, input, j);
  const radius = output.radiusMeters[i]! + input.radiusMeters[j]!;
  const nearest = Math.max(0, distance - radius);
  const farthest = distance + radius;
  const grade = output.grade[i]!;
  let limit = grade < 0 ? 0 : rules.limitMeters[grade]!;
  if (grade >= 0 && Math.min(output.megawatts[i]!, input.megawatts[j]!) >= rules.largeFromMegawatts[grade]!)
    limit = Math.max(limit, rules.largeLimitMeters[grade]!);
  limit = Math.min(limit, output.ownLimitMeters[i]!, input.ownLimitMeters[j]!);
  writeTriple(figures, at.nearestMeters, nearest, distance, farthest);
  figures[at.limitMeters] = limit;
  if (isAtLeast(limit, farthest)) return pass;
  if (isAtLeast(limit, nearest)) return uncertain;
  return isNear(rules.near.distance, nearest, limit, nearest - limit) ? near : fail;
}

/** By the chord between two points of the unit sphere: the haversine formula without its trigonometry. */
function measureDistance(output: Columns, i: number, input: Columns, j: number): number {
  const dx = output.x[i]! - input.x[j]!;
  const dy = output.y[i]! - input.y[j]!;
  const dz = output.z[i]! - input.z[j]!;
  const halfChord = Math.sqrt(dx * dx + dy * dy + dz * dz) / 2;
  return 2 * earthRadiusMeters * Math.asin(Math.min(halfChord, 1));
}
