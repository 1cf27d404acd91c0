import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { alwaysAvailable, type Weekday, weekdays } from "../../src/domain/availability.ts";
import { createCalendar, createYearWindow, hoursOpen, occurrencesInYear } from "../../src/domain/calendar.ts";
import { sharedHours } from "../../src/domain/sharedHours.ts";
import { availabilityOf, ruleless, zones } from "../support/availabilities.ts";
import { calendarQuarters, firstDifference, openQuarters } from "../support/quarterHours.ts";

const year2026 = createYearWindow(Date.UTC(2026, 10, 23, 21, 14));
const leapYear = createYearWindow(Date.UTC(2028, 0, 1));
const windows = [year2026, leapYear];

function daily(from: string, to: string, days: readonly Weekday[] = weekdays) {
  return days.map((day) => ({ day, from, to }));
}

/** Hours open on the clocks of a zone between two instants. */
function hoursBetween(input: Parameters<typeof availabilityOf>[0], timeZone: string, from: string, to: string) {
  return createCalendar(availabilityOf(input), timeZone, { startMs: Date.parse(from), endMs: Date.parse(to) })
    .hoursOpen;
}

describe("a year's window", () => {
  it("starts at the UTC midnight before and has 365 days, or 366 over a 29 February", () => {
    expect(new Date(year2026.startMs).toISOString()).toBe("2026-11-23T00:00:00.000Z");
    expect(new Date(year2026.endMs).toISOString()).toBe("2027-11-23T00:00:00.000Z");
    expect(hoursOpen(createCalendar(alwaysAvailable, "Europe/Copenhagen", year2026))).toBe(8_760);
    expect(hoursOpen(createCalendar(alwaysAvailable, "Europe/Copenhagen", leapYear))).toBe(8_784);
    const fromLeapDay = createYearWindow(Date.UTC(2028, 1, 29));
    expect(new Date(fromLeapDay.endMs).toISOString()).toBe("2029-03-01T00:00:00.000Z");
  });
});

describe("open hours and daylight saving", () => {
  const night = { pattern: "windowed" as const, weekly: daily("01:00", "04:00", ["sun"]) };

  it("has an hour less on the Sunday in spring and an hour more in autumn, in Copenhagen", () => {
    expect(hoursBetween(night, "Europe/Copenhagen", "2027-03-27T12:00Z", "2027-03-28T12:00Z")).toBe(2);
    expect(hoursBetween(night, "Europe/Copenhagen", "2027-10-30T12:00Z", "2027-10-31T12:00Z")).toBe(4);
    expect(hoursBetween(night, "Europe/Copenhagen", "2027-06-05T12:00Z", "2027-06-06T12:00Z")).toBe(3);
  });

  it("gives no hours to a time that is skipped, and means the first of a time that comes twice", () => {
    const skipped = { pattern: "windowed" as const, weekly: daily("02:00", "03:00", ["sun"]) };
    expect(hoursBetween(skipped, "Europe/Copenhagen", "2027-03-27T12:00Z", "2027-03-28T12:00Z")).toBe(0);
    const twice = { pattern: "windowed" as const, weekly: daily("02:00", "02:30", ["sun"]) };
    const calendar = createCalendar(availabilityOf(twice), "Europe/Copenhagen", {
      startMs: Date.parse("2027-10-30T12:00Z"),
      endMs: Date.parse("2027-10-31T12:00Z"),
    });
    expect([...calendar.intervals].map((end) => new Date(end).toISOString())).toEqual([
      "2027-10-31T00:00:00.000Z",
      "2027-10-31T00:30:00.000Z",
    ]);
  });

  it("knows New York's own Sundays and Lord Howe's half hours", () => {
    expect(hoursBetween(night, "America/New_York", "2027-03-14T00:00Z", "2027-03-15T00:00Z")).toBe(2);
    expect(hoursBetween(night, "America/New_York", "2027-11-07T00:00Z", "2027-11-08T00:00Z")).toBe(4);
    expect(hoursBetween(night, "Australia/Lord_Howe", "2027-04-03T10:00Z", "2027-04-04T10:00Z")).toBe(3.5);
    expect(hoursBetween(night, "Australia/Lord_Howe", "2027-10-02T10:00Z", "2027-10-03T10:00Z")).toBe(2.5);
  });

  it("has no 30 December 2011 in Apia, where the date line was crossed", () => {
    const december30 = { pattern: "seasonal" as const, from: "2011-12-30", until: "2011-12-30" };
    const decemberEnd = { pattern: "seasonal" as const, from: "2011-12-29", until: "2011-12-31" };
    expect(hoursBetween(december30, "Pacific/Apia", "2011-12-01T00:00Z", "2012-02-01T00:00Z")).toBe(0);
    expect(hoursBetween(decemberEnd, "Pacific/Apia", "2011-12-01T00:00Z", "2012-02-01T00:00Z")).toBe(48);
  });

  it("gives a local day of 25 hours where midnight itself comes twice, and 23 where it is skipped", () => {
    const havana = { pattern: "seasonal" as const, from: "2027-11-07", until: "2027-11-07" };
    expect(hoursBetween(havana, "America/Havana", "2027-11-01T00:00Z", "2027-11-14T00:00Z")).toBe(25);
    const cairo = { pattern: "seasonal" as const, from: "2027-04-30", until: "2027-04-30" };
    expect(hoursBetween(cairo, "Africa/Cairo", "2027-04-20T00:00Z", "2027-05-10T00:00Z")).toBe(23);
  });
});

describe("months, ranges and weekly hours", () => {
  it("counts January in the site's zone across the year's end", () => {
    const january = availabilityOf({ pattern: "seasonal", months: [1] });
    const calendar = createCalendar(january, "Europe/Copenhagen", year2026);
    expect([...calendar.intervals].map((end) => new Date(end).toISOString())).toEqual([
      "2026-12-31T23:00:00.000Z",
      "2027-01-31T23:00:00.000Z",
    ]);
    expect(calendar.hoursOpen).toBe(31 * 24);
  });

  it("counts 29 days of February in a leap year", () => {
    const february = availabilityOf({ pattern: "seasonal", months: [2] });
    expect(createCalendar(february, "UTC", leapYear).hoursOpen).toBe(29 * 24);
    expect(createCalendar(february, "UTC", year2026).hoursOpen).toBe(28 * 24);
  });

  it("includes both ends of a range of days", () => {
    expect(
      hoursBetween(
        { pattern: "seasonal", from: "2027-02-01", until: "2027-02-03" },
        "UTC",
        "2027-01-01T00:00Z",
        "2027-03-01T00:00Z",
      ),
    ).toBe(72);
  });

  it("runs a window over midnight to its end, also out of its month, and takes equal times for a whole day", () => {
    const overnight = { pattern: "batch" as const, months: [1], weekly: daily("22:00", "06:00", ["sun"]) };
    expect(hoursBetween(overnight, "UTC", "2027-01-26T00:00Z", "2027-02-15T00:00Z")).toBe(8);
    const round = { pattern: "windowed" as const, weekly: daily("06:00", "06:00", ["mon"]) };
    expect(hoursBetween(round, "UTC", "2027-01-04T00:00Z", "2027-01-11T00:00Z")).toBe(24);
  });

  it("keeps the tail of a window that began before the year did", () => {
    const overnight = { pattern: "windowed" as const, weekly: daily("22:00", "06:00", ["thu"]) };
    expect(hoursBetween(overnight, "UTC", "2027-01-01T00:00Z", "2027-01-02T00:00Z")).toBe(6);
  });

  it("is closed in a year that its range does not touch", () => {
    const past = availabilityOf({ pattern: "seasonal", from: "2020-01-01", until: "2020-12-31" });
    expect(createCalendar(past, "UTC", year2026).hoursOpen).toBe(0);
  });

  it("agrees with a clock read at every quarter of an hour, whatever the zone and the pattern", () => {
    fc.assert(
      fc.property(ruleless, fc.constantFrom(...zones), fc.constantFrom(...windows), (availability, zone, window) => {
        const calendar = createCalendar(availability, zone, window);
        const expected = openQuarters(availability, zone, window);
        expect(firstDifference(calendarQuarters(calendar), expected, window)).toBeNull();
        expect(calendar.hoursOpen).toBe(expected.reduce((sum, open) => sum + open, 0) / 4);
      }),
      { numRuns: 150 },
    );
  });

  it("agrees with that clock in the year in which Apia lost a day", () => {
    const window = createYearWindow(Date.UTC(2011, 5, 1));
    fc.assert(
      fc.property(ruleless, (availability) => {
        const undated = { ...availability, from: null, until: null };
        const calendar = createCalendar(undated, "Pacific/Apia", window);
        const expected = openQuarters(undated, "Pacific/Apia", window);
        expect(firstDifference(calendarQuarters(calendar), expected, window)).toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  it("has sorted intervals that do not touch", () => {
    fc.assert(
      fc.property(ruleless, fc.constantFrom(...zones), (availability, zone) => {
        const { intervals } = createCalendar(availability, zone, year2026);
        for (let index = 1; index < intervals.length; index++)
          expect(intervals[index]).toBeGreaterThan(intervals[index - 1]!);
      }),
      { numRuns: 100 },
    );
  });
});

describe("shared hours", () => {
  it("of two zones are those of one instant, not of one reading of the clock", () => {
    const shift = availabilityOf({ pattern: "windowed", weekly: daily("08:00", "16:00") });
    const window = { startMs: Date.parse("2027-01-04T00:00Z"), endMs: Date.parse("2027-01-11T00:00Z") };
    const copenhagen = createCalendar(shift, "Europe/Copenhagen", window);
    const newYork = createCalendar(shift, "America/New_York", window);
    expect(sharedHours(copenhagen, newYork)).toBe(2 * 7);
    const summer = { startMs: Date.parse("2027-03-15T00:00Z"), endMs: Date.parse("2027-03-22T00:00Z") };
    const between = [
      createCalendar(shift, "Europe/Copenhagen", summer),
      createCalendar(shift, "America/New_York", summer),
    ];
    expect(sharedHours(between[0]!, between[1]!)).toBe(3 * 7);
  });

  it("with a flow that is always open are all hours of the other", () => {
    const months = createCalendar(
      availabilityOf({ pattern: "seasonal", months: [3, 4] }),
      "Europe/Copenhagen",
      year2026,
    );
    const always = createCalendar(alwaysAvailable, "America/New_York", year2026);
    expect(sharedHours(months, always)).toBe(months.hoursOpen);
    expect(sharedHours(always, months)).toBe(months.hoursOpen);
    expect(sharedHours(always, always)).toBe(8_760);
  });

  it("agree with the quarters that both clocks show, from either side", () => {
    const zone = fc.constantFrom(...zones);
    fc.assert(
      fc.property(
        ruleless,
        zone,
        ruleless,
        zone,
        fc.constantFrom(...windows),
        (left, leftZone, right, rightZone, window) => {
          const leftQuarters = openQuarters(left, leftZone, window);
          const rightQuarters = openQuarters(right, rightZone, window);
          const expected = leftQuarters.reduce((sum, open, index) => sum + (open & rightQuarters[index]!), 0) / 4;
          const leftCalendar = createCalendar(left, leftZone, window);
          const rightCalendar = createCalendar(right, rightZone, window);
          expect(sharedHours(leftCalendar, rightCalendar)).toBe(expected);
          expect(sharedHours(rightCalendar, leftCalendar)).toBe(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("refuse calendars of different years", () => {
    const left = createCalendar(alwaysAvailable, "UTC", year2026);
    const right = createCalendar(alwaysAvailable, "UTC", leapYear);
    expect(() => sharedHours(left, right)).toThrow(RangeError);
  });
});

describe("the cache of calendars", () => {
  it("gives equal availabilities one calendar, and another for another zone or year", () => {
    const months = () => availabilityOf({ pattern: "seasonal", months: [5, 6] });
    const calendar = createCalendar(months(), "UTC", year2026);
    expect(createCalendar(months(), "UTC", { ...year2026 })).toBe(calendar);
    expect(createCalendar(months(), "Asia/Kathmandu", year2026)).not.toBe(calendar);
    expect(createCalendar(months(), "UTC", leapYear)).not.toBe(calendar);
  });

  it("forgets the oldest when it is full, and makes them again alike", () => {
    const first = availabilityOf({ pattern: "windowed", weekly: daily("00:07", "00:08") });
    const before = createCalendar(first, "UTC", year2026);
    for (let index = 0; index < 700; index++) {
      const from = `${String(Math.floor(index / 60)).padStart(2, "0")}:${String(index % 60).padStart(2, "0")}`;
      createCalendar(availabilityOf({ pattern: "windowed", weekly: daily(from, "23:30") }), "UTC", year2026);
    }
    const after = createCalendar(first, "UTC", year2026);
    expect(after).not.toBe(before);
    expect(after.intervals).toEqual(before.intervals);
  });
});

describe("occurrences in a year", () => {
  it("are the weekly windows, or null where nothing says how often", () => {
    const mondays = availabilityOf({ pattern: "windowed", weekly: daily("06:00", "08:00", ["mon"]) });
    expect(occurrencesInYear(mondays, "Europe/Copenhagen", leapYear)).toBe(52);
    expect(occurrencesInYear(alwaysAvailable, "Europe/Copenhagen", leapYear)).toBeNull();
    expect(occurrencesInYear(availabilityOf({ pattern: "seasonal", months: [1] }), "UTC", leapYear)).toBeNull();
  });
});

describe("the machine's own time zone", () => {
  it("changes nothing", async () => {
    const availability = availabilityOf({
      pattern: "batch",
      months: [3, 10, 11],
      from: "2026-12-01",
      rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;BYHOUR=1,2",
    });
    const before = process.env.TZ;
    const results: string[] = [];
    try {
      for (const timeZone of ["UTC", "Pacific/Apia", "America/New_York", "Australia/Lord_Howe"]) {
        process.env.TZ = timeZone;
        expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(timeZone);
        vi.resetModules();
        const fresh = await import("../../src/domain/calendar.ts");
        const calendar = fresh.createCalendar(availability, "Europe/Copenhagen", year2026);
        results.push(JSON.stringify([[...calendar.intervals], calendar.occurrences]));
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
    expect(results[0]).toContain("1");
    expect(new Set(results).size).toBe(1);
  });
});
