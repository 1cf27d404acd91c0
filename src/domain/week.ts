import type { Availability, Weekday } from "./availability.ts";

export const millisecondsPerHour = 3_600_000;
export const millisecondsPerDay = 24 * millisecondsPerHour;
export const minutesPerDay = 1_440;

const weekdayIndex: Record<Weekday, number> = { mon: 0, tue: 1, wed: 2, thu: 3, fri: 4, sat: 5, sun: 6 };

/**
 * The windows that start on each day, Monday first: start and end by turns in minutes after that day's midnight, sorted;
 * those that overlap are merged. An end beyond 1,440 is a time of the next day.
 */
export type Week = readonly (readonly number[])[];

const wholeDays: Week = Array.from({ length: 7 }, () => [0, minutesPerDay]);

/** The week of `weekly`; whole days where it is null. */
export function compileWeek(weekly: Availability["weekly"]): Week {
  if (weekly === null) return wholeDays;
  const days: [number, number][][] = Array.from({ length: 7 }, () => []);
  for (const { day, from, to } of weekly) {
    const start = readMinutes(from);
    const end = readMinutes(to);
    days[weekdayIndex[day]]!.push([start, end > start ? end : end + minutesPerDay]);
  }
  return days.map(mergeWindows);
}

function mergeWindows(windows: [number, number][]): number[] {
  const merged: number[] = [];
  for (const [start, end] of windows.sort((left, right) => left[0] - right[0])) {
    const last = merged.length - 1;
    if (last >= 0 && start <= merged[last]!) merged[last] = Math.max(merged[last]!, end);
    else merged.push(start, end);
  }
  return merged;
}

function readMinutes(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
