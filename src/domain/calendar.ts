import type { Availability } from "./availability.ts";
import { listOccurrences } from "./occurrences.ts";
import { parseRecurrenceRule, type RecurrenceRule } from "./recurrenceRule.ts";
import { localToUtc, readZoneTimeline, utcToLocal, type ZoneTimeline } from "./timeZone.ts";
import { compileWeek, millisecondsPerDay, millisecondsPerHour, type Week } from "./week.ts";

/** The span over which hours are compared, UTC ms: `startMs` inclusive, `endMs` exclusive. */
export type YearWindow = { readonly startMs: number; readonly endMs: number };

/** The open hours of an availability in a zone over a window. Equal arguments give the same object, while it is cached. */
export type Calendar = {
  readonly availability: Availability;
  readonly timeZone: string;
  readonly window: YearWindow;
  /** Start and end of each open interval by turns, UTC ms; sorted, merged, clipped to the window. */
  readonly intervals: Float64Array;
  readonly hoursOpen: number;
  readonly isAlwaysOpen: boolean;
  /**
   * How often a recurring quantity comes in the window: occurrences of `rrule` that the other parts leave open, else weekly
   * windows (overlapping ones are one), else null, as nothing says how often.
   */
  readonly occurrences: number | null;
};

/** The year from the UTC midnight at or before `asOf` (ms), 365 or 366 days; whole days let callers share calendars. */
export function createYearWindow(asOfMs: number): YearWindow {
  const startMs = Math.floor(asOfMs / millisecondsPerDay) * millisecondsPerDay;
  const end = new Date(startMs);
  end.setUTCFullYear(end.getUTCFullYear() + 1);
  return { startMs, endMs: end.getTime() };
}

const keys = new WeakMap<Availability, string>();
const calendars = new Map<string, Calendar>();
let cachedNumbers = 0;
/** Bound of the cache in interval ends, 8 bytes each: 4 MB. The oldest go first. */
const cachedNumbersLimit = 500_000;
/** What a calendar costs beside its intervals, in the same measure. */
const numbersPerCalendar = 100;

/**
 * The calendar of an availability that `availabilitySchema` has passed, on the clocks of `timeZone`. The object given must
 * not be changed afterwards. The window is at most 366 days.
 * @throws RangeError for a zone that `isTimeZone` refuses.
 */
export function createCalendar(availability: Availability, timeZone: string, window: YearWindow): Calendar {
  const key = `${timeZone} ${window.startMs} ${window.endMs} ${readKey(availability)}`;
  const known = calendars.get(key);
  if (known) return known;
  const calendar = buildCalendar(availability, timeZone, window);
  calendars.set(key, calendar);
  cachedNumbers += calendar.intervals.length + numbersPerCalendar;
  for (const [oldestKey, oldest] of calendars) {
    if (cachedNumbers <= cachedNumbersLimit) break;
    calendars.delete(oldestKey);
    cachedNumbers -= oldest.intervals.length + numbersPerCalendar;
  }
  return calendar;
}

/** Hours in which the flow is open in the window. */
export function hoursOpen(calendar: Calendar): number {
  return calendar.hoursOpen;
}

/** See `Calendar.occurrences`. */
export function occurrencesInYear(availability: Availability, timeZone: string, window: YearWindow): number | null {
  return createCalendar(availability, timeZone, window).occurrences;
}

function readKey(availability: Availability): string {
  const known = keys.get(availability);
  if (known !== undefined) return known;
  const { months, weekly, from, until, rrule } = availability;
  const key = JSON.stringify([months, weekly?.map(({ day, from, to }) => day + from + to), from, until, rrule]);
  keys.set(availability, key);
  return key;
}

function buildCalendar(availability: Availability, timeZone: string, window: YearWindow): Calendar {
  const { months, weekly, from, until, rrule } = availability;
  const timeline = readZoneTimeline(timeZone, new Date(window.startMs).getUTCFullYear());
  const hours = (window.endMs - window.startMs) / millisecondsPerHour;
  if (months === null && weekly === null && from === null && until === null && rrule === null) {
    const intervals = new Float64Array([window.startMs, window.endMs]);
    return { availability, timeZone, window, intervals, hoursOpen: hours, isAlwaysOpen: true, occurrences: null };
  }
  const rule = rrule === null ? null : parseRecurrenceRule(rrule).rule;
  const days = createDayFilter(availability, rule);
  const collector = createCollector(window);
  const occurrences = rule
    ? addOccurrences(collector, rule, from, days, compileWeek(weekly), timeline, window)
    : addDays(collector, days, compileWeek(weekly), timeline, window);
  const intervals = new Float64Array(collector.ends);
  const open = sumHours(intervals);
  return {
    availability,
    timeZone,
    window,
    intervals,
    hoursOpen: open,
    isAlwaysOpen: open === hours,
    occurrences: rule || weekly ? occurrences : null,
  };
}

function sumHours(intervals: Float64Array): number {
  let milliseconds = 0;
  for (let index = 0; index < intervals.length; index += 2) milliseconds += intervals[index + 1]! - intervals[index]!;
  return milliseconds / millisecondsPerHour;
}

/** Whether a local day (days since 1970-01-01) is one of the months, the date range and the rule's months. */
type DayFilter = (day: number) => boolean;

function createDayFilter({ months, from, until }: Availability, rule: RecurrenceRule | null): DayFilter {
  const first = from === null ? Number.NEGATIVE_INFINITY : Date.parse(from) / millisecondsPerDay;
  const last = until === null ? Number.POSITIVE_INFINITY : Date.parse(until) / millisecondsPerDay;
  const isOpen = Array.from(
    { length: 12 },
    (_, month) => (months?.includes(month + 1) ?? true) && (rule?.months?.includes(month + 1) ?? true),
  );
  return (day) => day >= first && day <= last && isOpen[new Date(day * millisecondsPerDay).getUTCMonth()]!;
}

/** Gathers intervals that come in order of their start: clipped to the window, merged where they touch. */
function createCollector(window: YearWindow) {
  const ends: number[] = [];
  return {
    ends,
    add(startMs: number, endMs: number) {
      const start = Math.max(startMs, window.startMs);
      const end = Math.min(endMs, window.endMs);
      if (end <= start) return;
      const last = ends.length - 1;
      if (last < 0 || start > ends[last]!) ends.push(start, end);
      else if (end > ends[last]!) ends[last] = end;
    },
  };
}
type Collector = ReturnType<typeof createCollector>;

/** @returns how many windows start in the calendar's window */
function addDays(collector: Collector, days: DayFilter, week: Week, timeline: ZoneTimeline, window: YearWindow) {
  const [firstDay, lastDay] = localDays(timeline, window);
  let count = 0;
  for (let day = firstDay; day <= lastDay; day++)
    if (days(day)) count += addDay(collector, day, week, timeline, window);
  return count;
}

function addDay(collector: Collector, day: number, week: Week, timeline: ZoneTimeline, window: YearWindow): number {
  // 1970-01-01 was a Thursday.
  const minutes = week[(((day + 3) % 7) + 7) % 7]!;
  const midnight = day * millisecondsPerDay;
  let count = 0;
  for (let index = 0; index < minutes.length; index += 2) {
    const start = localToUtc(timeline, midnight + minutes[index]! * 60_000);
    const end = localToUtc(timeline, midnight + minutes[index + 1]! * 60_000);
    collector.add(start, end);
    if (end > start && start >= window.startMs && start < window.endMs) count++;
  }
  return count;
}

/** @returns how many occurrences start in the calendar's window */
function addOccurrences(
  collector: Collector,
  rule: RecurrenceRule,
  from: string | null,
  days: DayFilter,
  week: Week,
  timeline: ZoneTimeline,
  window: YearWindow,
): number {
  const [firstDay, lastDay] = localDays(timeline, window);
  const starts = listOccurrences(
    rule,
    from,
    firstDay * millisecondsPerDay,
    (lastDay + 1) * millisecondsPerDay,
    (utcMs) => utcToLocal(timeline, utcMs),
  );
  let count = 0;
  for (const localStart of starts) {
    const day = Math.floor(localStart / millisecondsPerDay);
    if (!days(day)) continue;
    if (!rule.hasHours) {
      if (addDay(collector, day, week, timeline, window) > 0) count++;
      continue;
    }
    const start = localToUtc(timeline, localStart);
    const isSkipped = utcToLocal(timeline, start) !== localStart;
    if (isSkipped) continue;
    collector.add(start, start + millisecondsPerHour);
    if (start >= window.startMs && start < window.endMs) count++;
  }
  return count;
}

/** The local days that may have an hour in the window, one spare for a weekly window that began the day before. */
function localDays(timeline: ZoneTimeline, window: YearWindow): [number, number] {
  return [
    Math.floor(utcToLocal(timeline, window.startMs) / millisecondsPerDay) - 2,
    Math.floor(utcToLocal(timeline, window.endMs) / millisecondsPerDay) + 1,
  ];
}
