import type { Availability } from "../../src/domain/availability.ts";
import type { Calendar, YearWindow } from "../../src/domain/calendar.ts";

/**
 * A slow second opinion on open hours: the wall clock is read from Intl at every quarter of an hour, and windows are laid
 * over what it read. All offsets and changes of today's zones are multiples of a quarter of an hour.
 */
export const quarterMs = 900_000;
const dayMs = 86_400_000;
const spareMs = 4 * dayMs;

export type Clock = {
  startMs: number;
  /** What the wall clock shows at each quarter, written as UTC ms. */
  readings: Float64Array;
  /** The latest time that it has shown so far. */
  latest: Float64Array;
};

const clocks = new Map<string, Clock>();

export function readClock(timeZone: string, window: YearWindow): Clock {
  const key = `${timeZone} ${window.startMs} ${window.endMs}`;
  const known = clocks.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  const startMs = window.startMs - spareMs;
  const length = (window.endMs + spareMs - startMs) / quarterMs;
  const readings = new Float64Array(length);
  const latest = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    readings[index] = Date.parse(`${format.format(startMs + index * quarterMs).replace(" ", "T")}Z`);
    latest[index] = Math.max(readings[index]!, latest[index - 1] ?? 0);
  }
  const clock = { startMs, readings, latest };
  clocks.set(key, clock);
  return clock;
}

/** Index of the first quarter at which the clock has shown `localMs` or later. */
function firstQuarter({ latest }: Clock, localMs: number): number {
  let low = 0;
  let high = latest.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (latest[middle]! >= localMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** 1 for each quarter of the window that is open. `isRuleDay` and `ruleTimes` stand for the recurrence rule. */
export function openQuarters(
  availability: Availability,
  timeZone: string,
  window: YearWindow,
  rule: { isDay: (date: Date) => boolean; hours: number[] | null } = { isDay: () => true, hours: null },
): Uint8Array {
  const clock = readClock(timeZone, window);
  const open = new Uint8Array(clock.readings.length);
  const { months, weekly, from, until } = availability;
  const shownDays = new Set<number>();
  for (let day = Math.floor(clock.readings[0]! / dayMs); day <= clock.readings.at(-1)! / dayMs; day++)
    shownDays.add(day);
  for (const day of shownDays) {
    const date = new Date(day * dayMs);
    const iso = date.toISOString().slice(0, 10);
    if (months && !months.includes(date.getUTCMonth() + 1)) continue;
    if ((from && iso < from) || (until && iso > until) || !rule.isDay(date)) continue;
    if (rule.hours) {
      for (const hour of rule.hours) {
        const start = firstQuarter(clock, date.getTime() + hour * 3_600_000);
        if (clock.readings[start] === date.getTime() + hour * 3_600_000) open.fill(1, start, start + 4);
      }
      continue;
    }
    const windows = weekly ?? days.map((name) => ({ day: name, from: "00:00", to: "24:00" }));
    for (const { day: name, from: opens, to: closes } of windows) {
      if (days[date.getUTCDay()] !== name) continue;
      const next = closes <= opens ? dayMs : 0;
      open.fill(
        1,
        firstQuarter(clock, date.getTime() + clockMs(opens)),
        firstQuarter(clock, date.getTime() + next + clockMs(closes)),
      );
    }
  }
  return open.slice(spareMs / quarterMs, open.length - spareMs / quarterMs);
}

function clockMs(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return (hours! * 60 + minutes!) * 60_000;
}

/** The same for a calendar under test. */
export function calendarQuarters({ intervals, window }: Calendar): Uint8Array {
  const open = new Uint8Array((window.endMs - window.startMs) / quarterMs);
  for (let index = 0; index < intervals.length; index += 2)
    open.fill(
      1,
      (intervals[index]! - window.startMs) / quarterMs,
      (intervals[index + 1]! - window.startMs) / quarterMs,
    );
  return open;
}

/** Where two strips of quarters differ first, as a time, or null. */
export function firstDifference(left: Uint8Array, right: Uint8Array, window: YearWindow): string | null {
  if (left.length !== right.length) return `lengths ${left.length} and ${right.length}`;
  const index = left.findIndex((value, at) => value !== right[at]);
  return index < 0 ? null : new Date(window.startMs + index * quarterMs).toISOString();
}
