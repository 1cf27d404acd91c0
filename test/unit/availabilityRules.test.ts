import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { availabilitySchema } from "../../src/domain/availability.ts";
import { createCalendar, createYearWindow, occurrencesInYear } from "../../src/domain/calendar.ts";
import { availabilityOf, zones } from "../support/availabilities.ts";
import { calendarQuarters, firstDifference, openQuarters } from "../support/quarterHours.ts";

const year2027 = createYearWindow(Date.UTC(2027, 0, 1));

function refusal(rrule: string, from: string | null = null): string {
  const result = availabilitySchema.safeParse({ pattern: "batch", rrule, from });
  if (result.success) return "";
  for (const issue of result.error.issues) expect(issue.path).toEqual(["rrule"]);
  return result.error.issues.map((issue) => issue.message).join("; ");
}

describe("a recurrence rule", () => {
  it.each([
    ["FREQ=DAILY;BYMONTH=13", "BYMONTH has `13`"],
    ["FREQ=DAILY;BYMONTH=0", "BYMONTH has `0`"],
    ["FREQ=DAILY;BYMONTH=1,,2", "BYMONTH has ``"],
    ["FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY has `32`"],
    ["FREQ=MONTHLY;BYMONTHDAY=-32", "BYMONTHDAY has `-32`"],
    ["FREQ=DAILY;BYHOUR=24", "BYHOUR has `24`"],
    ["FREQ=DAILY;BYHOUR=6;BYMINUTE=60", "BYMINUTE has `60`"],
    ["FREQ=DAILY;BYHOUR=6;BYSECOND=30", "BYSECOND can only be 0"],
    ["FREQ=DAILY;COUNT=3;UNTIL=20281231", "COUNT and UNTIL"],
    ["FREQ=DAILY;COLOUR=RED", "COLOUR is not a part"],
    ["FREQ=DAILY;FREQ=WEEKLY", "FREQ is stated twice"],
    ["FREQ=SECONDLY", "thousands of occurrences a day"],
    ["FREQ=MINUTELY;INTERVAL=1440", "thousands of occurrences a day"],
    ["FREQ=FORTNIGHTLY", "FREQ must be one of"],
    ["BYDAY=MO", "FREQ is missing"],
    ["FREQ=DAILY;INTERVAL=0", "INTERVAL has `0`"],
    ["FREQ=DAILY;COUNT=1,2", "COUNT takes one number"],
    ["FREQ=WEEKLY;BYDAY=MONDAY", "BYDAY has `MONDAY`"],
    ["FREQ=MONTHLY;BYDAY=0MO", "BYDAY has `0MO`"],
    ["FREQ=DAILY;BYDAY=1MO", "a numbered BYDAY"],
    ["FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY cannot stand"],
    ["FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY cannot stand"],
    ["FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO needs FREQ=YEARLY"],
    ["FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs another"],
    ["FREQ=DAILY;BYMINUTE=30", "need BYHOUR"],
    ["FREQ=DAILY;UNTIL=20270230", "UNTIL must be a date"],
    ["FREQ=DAILY;UNTIL=2027-01-01", "UNTIL must be a date"],
    ["FREQ=DAILY;WKST=MONDAY", "WKST must be"],
    ["RRULE:FREQ=DAILY", "without `RRULE:`"],
    ["FREQ=DAILY\nEXDATE=20270101", "is not of the form"],
    ["FREQ=HOURLY", "8784 occurrences a year"],
    ["FREQ=DAILY;BYHOUR=0,2,4,6,8,10", "2196 occurrences a year"],
    ["FREQ=HOURLY;BYMINUTE=0,15,30,45", "96 occurrences a day"],
    ["FREQ=DAILY;COUNT=3", "state it in `from`"],
    ["FREQ=WEEKLY;INTERVAL=2", "state it in `from`"],
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no occurrence"],
    ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "no occurrence"],
    ["FREQ=DAILY;UNTIL=20100101", "no occurrence"],
  ])("is refused as %j", (rrule, message) => {
    expect(refusal(rrule)).toContain(message);
  });

  it("has all its faults told at once", () => {
    const message = refusal("FREQ=DAILY;BYMONTH=13;BYHOUR=25;FOO=1");
    for (const part of ["BYMONTH", "BYHOUR", "FOO"]) expect(message).toContain(part);
  });

  it("is refused when it ends before the flow begins", () => {
    expect(refusal("FREQ=DAILY;UNTIL=20270101", "2027-01-02")).toContain("no occurrence");
    expect(refusal("FREQ=DAILY;UNTIL=20270102", "2027-01-02")).toBe("");
  });

  it.each([
    "FREQ=DAILY",
    "freq=weekly;byday=mo,we",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=DAILY;BYHOUR=6,14,22;BYMINUTE=0;BYSECOND=0",
    "FREQ=HOURLY;BYHOUR=6;BYMONTH=1",
    "FREQ=DAILY;UNTIL=20281231T220000Z",
  ])("is taken as %s", (rrule) => {
    expect(refusal(rrule)).toBe("");
  });

  it("is never an exception, whatever is sent", () => {
    const piece = fc.constantFrom(
      "FREQ=",
      "DAILY",
      "WEEKLY",
      ";",
      "BYDAY=",
      "MO",
      "-1",
      ",",
      "COUNT=",
      "UNTIL=",
      "20270101",
      "BYHOUR=",
      "9",
      "=",
    );
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (rrule) => {
        expect(() => availabilitySchema.safeParse({ pattern: "batch", rrule, from: "2027-01-01" })).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});

describe("the hours of a recurrence rule", () => {
  const days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
  const ruled = fc.record({
    days: fc.option(fc.uniqueArray(fc.constantFrom(...days), { minLength: 1 })),
    months: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 })),
    monthDays: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 3, maxLength: 20 })),
    hours: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 4 })),
    interval: fc.integer({ min: 1, max: 5 }),
    until: fc.option(fc.integer({ min: 0, max: 300 })),
  });

  it("agree with a clock read at every quarter of an hour", () => {
    fc.assert(
      fc.property(ruled, fc.constantFrom(...zones), (rule, zone) => {
        const from = "2026-10-03";
        const lastDay = Date.UTC(2027, 0, 15 + (rule.until ?? 0));
        const parts = ["FREQ=DAILY", `INTERVAL=${rule.interval}`];
        if (rule.days) parts.push(`BYDAY=${rule.days}`);
        if (rule.months) parts.push(`BYMONTH=${rule.months}`);
        if (rule.monthDays) parts.push(`BYMONTHDAY=${rule.monthDays}`);
        if (rule.hours) parts.push(`BYHOUR=${rule.hours}`);
        if (rule.until !== null)
          parts.push(`UNTIL=${new Date(lastDay).toISOString().slice(0, 10).replaceAll("-", "")}`);
        const parsed = availabilitySchema.safeParse({ pattern: "batch", from, rrule: parts.join(";") });
        fc.pre(parsed.success);
        const isDay = (date: Date) =>
          (date.getTime() - Date.parse(from)) % (rule.interval * 86_400_000) === 0 &&
          (rule.days?.includes(days[date.getUTCDay()]!) ?? true) &&
          (rule.months?.includes(date.getUTCMonth() + 1) ?? true) &&
          (rule.monthDays?.includes(date.getUTCDate()) ?? true) &&
          (rule.until === null || date.getTime() <= lastDay);
        const calendar = createCalendar(parsed.data!, zone, year2027);
        const expected = openQuarters({ ...parsed.data!, rrule: null }, zone, year2027, { isDay, hours: rule.hours });
        expect(firstDifference(calendarQuarters(calendar), expected, year2027)).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it("are the weekly windows of the days it names", () => {
    const availability = availabilityOf({
      pattern: "batch",
      rrule: "FREQ=MONTHLY;BYDAY=1MO",
      weekly: [
        { day: "mon", from: "06:00", to: "09:00" },
        { day: "tue", from: "06:00", to: "22:00" },
      ],
    });
    const calendar = createCalendar(availability, "Europe/Copenhagen", year2027);
    expect(calendar.hoursOpen).toBe(12 * 3);
    expect(calendar.occurrences).toBe(12);
  });

  it("skip an hour that daylight saving skips", () => {
    const nightly = availabilityOf({ pattern: "batch", rrule: "FREQ=DAILY;BYHOUR=2" });
    expect(occurrencesInYear(nightly, "Europe/Copenhagen", year2027)).toBe(364);
    expect(occurrencesInYear(nightly, "UTC", year2027)).toBe(365);
  });

  it("end with COUNT, counted from the first day, and with an UNTIL in UTC", () => {
    const counted = availabilityOf({ pattern: "batch", from: "2026-12-30", rrule: "FREQ=DAILY;COUNT=5" });
    expect(occurrencesInYear(counted, "UTC", year2027)).toBe(3);
    const until = availabilityOf({ pattern: "batch", rrule: "FREQ=DAILY;BYHOUR=6;UNTIL=20270103T053000Z" });
    expect(occurrencesInYear(until, "UTC", year2027)).toBe(2);
    expect(occurrencesInYear(until, "Europe/Copenhagen", year2027)).toBe(3);
  });

  it("keep the step of every other week over many years", () => {
    const availability = (from: string) =>
      availabilityOf({ pattern: "batch", from, rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR" });
    const near = createCalendar(availability("2026-12-21"), "UTC", year2027);
    const far = createCalendar(availability("1986-12-29"), "UTC", year2027);
    const weeksBetween = (Date.UTC(2026, 11, 21) - Date.UTC(1986, 11, 29)) / (7 * 86_400_000);
    expect(weeksBetween % 2).toBe(0);
    expect([...far.intervals]).toEqual([...near.intervals]);
    expect(near.occurrences).toBe(52);
  });

  it("choose the last working day of each month", () => {
    const availability = availabilityOf({ pattern: "batch", rrule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1" });
    const { intervals } = createCalendar(availability, "UTC", year2027);
    const starts = [...intervals].filter((_, index) => index % 2 === 0);
    expect(starts.slice(0, 3).map((start) => new Date(start).toISOString().slice(0, 10))).toEqual([
      "2027-01-29",
      "2027-02-26",
      "2027-03-31",
    ]);
    expect(starts).toHaveLength(12);
  });
});
