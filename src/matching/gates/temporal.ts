import type { Columns } from "../columns.ts";
import { isNear } from "../nearLimits.ts";
import { at, type Pair } from "../pair.ts";
import { fail, near, pass } from "../verdictCodes.ts";

/** Some hour of the year is open on both sides, each on its own site's clocks. */
export function decideTemporal(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures, interner, rules } = pair;
  const hours = interner.sharedHours(output.calendar[i]!, input.calendar[j]!);
  figures[at.sharedHours] = hours;
  figures[at.usedHours] = hours;
  figures[at.seasonMonthsShort] = 0;
  if (hours > 0) return pass;
  const closing = interner.closeSeason(output.calendar[i]!, input.calendar[j]!);
  if (closing === null) return fail;
  figures[at.seasonMonthsShort] = closing.months;
  if (!isNear(rules.near.temporal, closing.months, 0, closing.months)) return fail;
  figures[at.usedHours] = closing.hours;
  return near;
}
