import type { Availability } from "./availability.ts";
import { parseRecurrenceRule } from "./recurrenceRule.ts";
import { readOffsetRange } from "./timeZone.ts";
import { compileWeek, minutesPerDay } from "./week.ts";

export const allMonthsMask = 0xfff;

/**
 * The local months (1 to 12, ascending) in which a window can start, in some year: those that `months`, the date range and
 * the rule's BYMONTH have in common.
 */
export function localMonths({ months, from, until, rrule }: Availability): number[] {
  const ruleMonths = rrule === null ? null : (parseRecurrenceRule(rrule).rule?.months ?? null);
  const inRange = monthsOfRange(from, until);
  return Array.from({ length: 12 }, (_, index) => index + 1).filter(
    (month) =>
      (months?.includes(month) ?? true) && (ruleMonths?.includes(month) ?? true) && (inRange?.has(month) ?? true),
  );
}

/**
 * The months **of UTC** in which a flow can be open in any year, as 12 bits, January the lowest. Two flows with no bit in
 * common share no hour, so SQL may drop the pair.
 *
 * It is sound across zones because an instant has one UTC month: if both are open at it, both have that bit. A local
 * month reaches into the UTC month before it when a window can start before UTC does (Copenhagen's January begins on
 * 31 December at 23:00 UTC), and into the one after it west of Greenwich or when a window runs past midnight; the zone's
 * lowest and highest offset and the earliest and latest weekly hour decide which. It says too much, never too little:
 * neighbouring seasons may have a bit in common and share no hour, which the engine finds.
 */
export function monthsMask(availability: Availability, timeZone: string): number {
  const { weekly, rrule } = availability;
  const { lowestMs, highestMs } = readOffsetRange(timeZone);
  // A rule's hours may start at any time of the day and end an hour after midnight.
  const hasRuleHours = rrule !== null && parseRecurrenceRule(rrule).rule?.hasHours === true;
  const week = compileWeek(weekly).flat();
  const earliestMs = Math.min(...week) * 60_000;
  const latestMs = (Math.max(...week) - minutesPerDay + (hasRuleHours ? 60 : 0)) * 60_000;
  const reachesBefore = earliestMs < highestMs;
  const reachesAfter = latestMs > lowestMs;
  let mask = 0;
  for (const month of localMonths(availability)) mask |= 1 << (month - 1);
  return mask | (reachesBefore ? rotate(mask, 11) : 0) | (reachesAfter ? rotate(mask, 1) : 0);
}

/**
 * A mask with every season lengthened by `months` at both ends: what a season extended so far can reach. A pair with
 * `monthGap` <= `months` has a bit in common between this of one side and the mask of the other, unless a side's `months`
 * are already cut by its own dates or BYMONTH.
 */
export function widenMonthsMask(mask: number, months: number): number {
  let widened = mask;
  for (let month = 0; month < Math.min(months, 6); month++) widened |= rotate(widened, 1) | rotate(widened, 11);
  return widened;
}

/**
 * An availability whose `months` and date range reach `months` calendar months further at both ends. `from` stays where a
 * recurrence rule counts from it.
 */
export function extendSeason(availability: Availability, months: number): Availability {
  const { from, until, rrule } = availability;
  const extended =
    availability.months && new Set(availability.months.flatMap((month) => neighbouringMonths(month, months)));
  return {
    ...availability,
    months: extended && extended.size < 12 ? [...extended].sort((left, right) => left - right) : null,
    from: from && rrule === null ? shiftDate(from, -months) : from,
    until: until && shiftDate(until, months),
  };
}

function neighbouringMonths(month: number, reach: number): number[] {
  const steps = Math.min(reach, 6);
  return Array.from({ length: 2 * steps + 1 }, (_, index) => ((month - 1 - steps + index + 12) % 12) + 1);
}

/** A date some calendar months on; the last day of a month stays the last when it is moved forward, and 31 becomes 30. */
function shiftDate(date: string, months: number): string {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  const lastDay = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  const isLast = months > 0 && day === new Date(Date.UTC(year, month, 0)).getUTCDate();
  const shifted = Date.UTC(year, month - 1 + months, isLast ? lastDay : Math.min(day, lastDay));
  return new Date(shifted).toISOString().slice(0, 10);
}

/** Months that a range of days touches; null where it has no end on one side or spans all months. */
function monthsOfRange(from: string | null, until: string | null): Set<number> | null {
  if (from === null || until === null) return null;
  const first = Number(from.slice(0, 4)) * 12 + Number(from.slice(5, 7)) - 1;
  const last = Number(until.slice(0, 4)) * 12 + Number(until.slice(5, 7)) - 1;
  if (last - first >= 11) return null;
  return new Set(Array.from({ length: last - first + 1 }, (_, index) => ((first + index) % 12) + 1));
}

function rotate(mask: number, months: number): number {
  return ((mask << months) | (mask >> (12 - months))) & allMonthsMask;
}
