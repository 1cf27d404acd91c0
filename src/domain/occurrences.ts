import { RRuleTemporal } from "rrule-temporal";
import type { RecurrenceRule } from "./recurrenceRule.ts";

const millisecondsPerDay = 86_400_000;

/** Occurrences a year beyond which a rule is refused: five a day, and some. */
export const occurrencesPerYearLimit = 2_000;
/** Years in which a rule must occur at least once; 29 February on a given weekday comes every 28 years. */
const yearsSearched = 30;
/** The search goes in steps, as nearly every rule occurs within a month. */
const daysSearched = [32, 366, yearsSearched * 366];
/** A rule that takes more steps than this over `yearsSearched` names days that never come. */
const stepsLimit = 12_000;

/**
 * The wall times at which a rule's occurrences start, from `startMs` (inclusive) to `endMs` (exclusive), in order. They
 * are wall times written as UTC ms: the rule is expanded on a clock without daylight saving, and the zone is applied to
 * what comes out. `firstDay` (date, ISO 8601) is what COUNT, INTERVAL and parts that are not stated are taken from;
 * without it the rule has neither COUNT nor INTERVAL, and missing parts mean Monday, the first of the month, January.
 * `utcToLocal` reads the zone's clock, for an UNTIL that is stated in UTC.
 */
export function listOccurrences(
  rule: RecurrenceRule,
  firstDay: string | null,
  startMs: number,
  endMs: number,
  utcToLocal: (utcMs: number) => number,
): number[] {
  return expand(rule, firstDay, startMs, Math.min(endMs, readUntil(rule, utcToLocal) + 1), Number.MAX_SAFE_INTEGER);
}

const verdicts = new Map<string, string | null>();
const verdictsLimit = 500;

/** What is wrong with how often a rule occurs, as a sentence, or null: it must occur, and not too often. */
export function checkOccurrences(rule: RecurrenceRule, firstDay: string | null): string | null {
  const key = `${firstDay} ${rule.until?.milliseconds} ${rule.until?.isUtc} ${rule.parts}`;
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = judgeOccurrences(rule, firstDay);
  if (verdicts.size >= verdictsLimit) verdicts.clear();
  verdicts.set(key, verdict);
  return verdict;
}

function judgeOccurrences(rule: RecurrenceRule, firstDay: string | null): string | null {
  if (firstDay === null && (rule.count !== null || rule.interval > 1))
    return "COUNT and INTERVAL are counted from a first day: state it in `from`";
  const startMs = firstDay === null ? Date.UTC(2024, 0, 1) : Date.parse(firstDay);
  // UNTIL in UTC is up to 14 hours off the local time; a day more is allowed here, and the calendar is exact.
  const untilMs = readUntil(rule, (utcMs) => utcMs + millisecondsPerDay);
  try {
    let first: number | undefined;
    for (const days of daysSearched) {
      const endMs = Math.min(startMs + days * millisecondsPerDay, untilMs + 1);
      first ??= expand(rule, firstDay, startMs, endMs, stepsLimit)[0];
    }
    if (first === undefined) return `it has no occurrence in the ${yearsSearched} years it was looked for`;
    const inYear = expand(rule, firstDay, first, first + 366 * millisecondsPerDay, stepsLimit).length;
    if (inYear > occurrencesPerYearLimit)
      return `it yields ${inYear} occurrences a year; at most ${occurrencesPerYearLimit} are taken`;
    return null;
  } catch {
    return `it has no occurrence in the ${yearsSearched} years it was looked for`;
  }
}

function readUntil(rule: RecurrenceRule, utcToLocal: (utcMs: number) => number): number {
  if (rule.until === null) return Number.POSITIVE_INFINITY;
  return rule.until.isUtc ? utcToLocal(rule.until.milliseconds) : rule.until.milliseconds;
}

function expand(
  rule: RecurrenceRule,
  firstDay: string | null,
  startMs: number,
  endMs: number,
  maxIterations: number,
): number[] {
  if (endMs <= startMs) return [];
  const anchorMs = chooseAnchor(rule, firstDay, startMs);
  const anchor = new Date(anchorMs).toISOString().slice(0, 19).replace(/[-:]/g, "");
  const series = new RRuleTemporal({
    rruleString: `DTSTART:${anchor}Z\nRRULE:${rule.parts}`,
    maxIterations,
    maxCandidateEvaluations: Number.MAX_SAFE_INTEGER,
    cache: false,
  });
  return series
    .between(new Date(Math.max(startMs, anchorMs)), new Date(endMs - 1), true)
    .map((occurrence) => occurrence.epochMilliseconds);
}

/** A DTSTART near the window that leaves the occurrences in it as they are, so that no rule is walked through decades. */
function chooseAnchor(rule: RecurrenceRule, firstDay: string | null, startMs: number): number {
  if (firstDay === null) {
    let year = new Date(startMs).getUTCFullYear() - 1;
    while (new Date(Date.UTC(year, 0, 1)).getUTCDay() !== 1) year--;
    return Date.UTC(year, 0, 1);
  }
  const anchorMs = Date.parse(firstDay);
  const daysPerStep = { YEARLY: 0, MONTHLY: 0, WEEKLY: 7, DAILY: 1, HOURLY: 1 }[rule.frequency] * rule.interval;
  if (rule.count !== null || daysPerStep === 0 || startMs <= anchorMs) return anchorMs;
  const stepMs = daysPerStep * millisecondsPerDay;
  // One step less than fits, so that the window never begins inside the period that DTSTART cuts short.
  return anchorMs + Math.max(0, Math.floor((startMs - anchorMs) / stepMs) - 1) * stepMs;
}
