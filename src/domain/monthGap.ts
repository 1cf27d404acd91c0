import { type Calendar, createCalendar } from "./calendar.ts";
import { extendSeason } from "./season.ts";
import { sharedHours } from "./sharedHours.ts";

/** A season that is twelve months longer leaves nothing out. */
const wholeYear = 12;

/**
 * The least number of calendar months by which one side's season (its `months`, or its `from` and `until`) would have to
 * be longer for the two to share an hour: 1 for a season that ends in March and one that begins in April. Null when they
 * share hours already, and when no season keeps them apart but weekly hours or a recurrence rule do. Symmetric.
 */
export function monthGap(left: Calendar, right: Calendar): number | null {
  if (sharedHours(left, right) > 0) return null;
  const isClosedBy = (months: number) =>
    sharedHours(extend(left, months), right) > 0 || sharedHours(left, extend(right, months)) > 0;
  if (!isClosedBy(wholeYear)) return null;
  for (let months = 1; months < wholeYear; months++) if (isClosedBy(months)) return months;
  return wholeYear;
}

function extend(calendar: Calendar, months: number): Calendar {
  const { availability, timeZone, window } = calendar;
  if (availability.months === null && availability.from === null && availability.until === null) return calendar;
  return createCalendar(extendSeason(availability, months), timeZone, window);
}
