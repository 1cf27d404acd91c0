import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AvailabilityInput, alwaysAvailable } from "../../src/domain/availability.ts";
import { createCalendar, createYearWindow } from "../../src/domain/calendar.ts";
import { monthGap } from "../../src/domain/monthGap.ts";
import { allMonthsMask, extendSeason, localMonths, monthsMask, widenMonthsMask } from "../../src/domain/season.ts";
import { sharedHours } from "../../src/domain/sharedHours.ts";
import { availabilityOf, ruleless, zones } from "../support/availabilities.ts";

const year = createYearWindow(Date.UTC(2026, 10, 23));
const copenhagen = "Europe/Copenhagen";

function months(...months: number[]) {
  return availabilityOf({ pattern: "seasonal", months });
}

/** Bits of months, January the lowest. */
function bits(...months: number[]): number {
  return months.reduce((mask, month) => mask | (1 << (month - 1)), 0);
}

describe("the mask of months", () => {
  it("has all bits for a flow that is always open, and for one open through eleven months and more", () => {
    expect(monthsMask(alwaysAvailable, copenhagen)).toBe(allMonthsMask);
    const range = availabilityOf({ pattern: "seasonal", from: "2027-01-15", until: "2028-01-14" });
    expect(monthsMask(range, copenhagen)).toBe(allMonthsMask);
  });

  it("is of UTC months: a season east of Greenwich begins in the month before, one west of it ends in the month after", () => {
    expect(monthsMask(months(4, 5), copenhagen)).toBe(bits(3, 4, 5));
    expect(monthsMask(months(12), "America/New_York")).toBe(bits(12, 1));
    expect(monthsMask(months(1), "Pacific/Kiritimati")).toBe(bits(12, 1));
    expect(monthsMask(months(4, 5), "UTC")).toBe(bits(4, 5));
  });

  it("stays within the months when the weekly hours keep away from midnight", () => {
    const day = availabilityOf({
      pattern: "windowed",
      months: [4, 5],
      weekly: [{ day: "mon", from: "06:00", to: "22:00" }],
    });
    expect(monthsMask(day, copenhagen)).toBe(bits(4, 5));
    const night = { ...day, weekly: [{ day: "mon" as const, from: "22:00", to: "06:00" }] };
    expect(monthsMask(night, copenhagen)).toBe(bits(4, 5, 6));
  });

  it("takes the months of a range of days and of a rule", () => {
    const winter = availabilityOf({ pattern: "seasonal", from: "2026-11-20", until: "2027-02-03" });
    expect(localMonths(winter)).toEqual([1, 2, 11, 12]);
    expect(monthsMask(winter, "UTC")).toBe(bits(11, 12, 1, 2));
    const rule = availabilityOf({ pattern: "seasonal", rrule: "FREQ=DAILY;BYMONTH=6,7;BYHOUR=23" });
    expect(monthsMask(rule, "UTC")).toBe(bits(6, 7, 8));
  });

  it("has every UTC month in which the flow is open, so that no true match is lost between any two zones", () => {
    const zone = fc.constantFrom(...zones);
    fc.assert(
      fc.property(ruleless, zone, fc.constantFrom(2025, 2026, 2027, 2028), (availability, zone, start) => {
        const mask = monthsMask(availability, zone);
        const { intervals } = createCalendar(availability, zone, createYearWindow(Date.UTC(start, 6, 9)));
        for (let index = 0; index < intervals.length; index += 2) {
          const last = new Date(intervals[index + 1]! - 1);
          const at = new Date(intervals[index]!);
          for (; at <= last; at.setUTCMonth(at.getUTCMonth() + 1, 1))
            expect(mask & bits(at.getUTCMonth() + 1)).not.toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("keeps a pair that shares hours at the edge of a month between two zones", () => {
    const january = createCalendar(months(1), "America/New_York", year);
    const february = createCalendar(months(2), "Pacific/Kiritimati", year);
    expect(sharedHours(january, february)).toBe(19);
    expect(monthsMask(months(1), "America/New_York") & monthsMask(months(2), "Pacific/Kiritimati")).not.toBe(0);
  });

  it("widens around the year's end", () => {
    expect(widenMonthsMask(bits(1), 1)).toBe(bits(12, 1, 2));
    expect(widenMonthsMask(bits(6), 2)).toBe(bits(4, 5, 6, 7, 8));
    expect(widenMonthsMask(bits(6), 40)).toBe(allMonthsMask);
    expect(widenMonthsMask(0, 3)).toBe(0);
  });
});

describe("a season that is extended", () => {
  it("reaches its months and its dates further at both ends", () => {
    expect(extendSeason(months(12, 1), 1).months).toEqual([1, 2, 11, 12]);
    expect(extendSeason(months(1), 6).months).toBeNull();
    const range = availabilityOf({ pattern: "seasonal", from: "2027-03-31", until: "2027-04-30" });
    expect(extendSeason(range, 1)).toMatchObject({ from: "2027-02-28", until: "2027-05-31" });
  });
});

describe("the gap between two seasons", () => {
  const gap = (left: AvailabilityInput, right: AvailabilityInput, zones = [copenhagen, copenhagen]) => {
    const leftCalendar = createCalendar(availabilityOf(left), zones[0]!, year);
    const rightCalendar = createCalendar(availabilityOf(right), zones[1]!, year);
    expect(monthGap(rightCalendar, leftCalendar)).toBe(monthGap(leftCalendar, rightCalendar));
    return monthGap(leftCalendar, rightCalendar);
  };
  const season = (...months: number[]): AvailabilityInput => ({ pattern: "seasonal", months });
  const morning = [{ day: "mon" as const, from: "06:00", to: "08:00" }];
  const evening = [{ day: "mon" as const, from: "18:00", to: "20:00" }];

  it("is one month between neighbouring months, also over the year's end, and half a year at most", () => {
    expect(gap(season(1, 2, 3), season(4, 5))).toBe(1);
    expect(gap(season(12), season(1))).toBe(1);
    expect(gap(season(1), season(3))).toBe(2);
    expect(gap(season(1), season(7))).toBe(6);
  });

  it("is null for flows that share hours, if only a few at the edge of two zones", () => {
    expect(gap(season(1, 2), season(2, 3))).toBeNull();
    expect(gap(season(1), season(2), ["America/New_York", copenhagen])).toBeNull();
    expect(gap(season(1), season(2), [copenhagen, "America/New_York"])).toBe(1);
  });

  it("is null where weekly hours keep two flows apart, in the same season or not", () => {
    expect(gap({ pattern: "windowed", weekly: morning }, { pattern: "windowed", weekly: evening })).toBeNull();
    expect(
      gap({ pattern: "windowed", months: [1], weekly: morning }, { pattern: "windowed", months: [2], weekly: evening }),
    ).toBeNull();
    expect(
      gap({ pattern: "windowed", months: [1], weekly: morning }, { pattern: "windowed", months: [2], weekly: morning }),
    ).toBe(1);
  });

  it("counts the calendar months between ranges of days", () => {
    const range = (from: string, until: string): AvailabilityInput => ({ pattern: "seasonal", from, until });
    expect(gap(range("2027-01-01", "2027-01-31"), range("2027-02-01", "2027-02-28"))).toBe(1);
    expect(gap(range("2027-01-01", "2027-01-31"), range("2027-05-10", "2027-06-28"))).toBe(4);
    expect(gap(range("2027-01-01", "2027-02-28"), range("2027-03-31", "2027-04-30"))).toBe(1);
  });

  it("is null against a rule that no season can reach", () => {
    const never = availabilityOf({ pattern: "batch", from: "2030-01-01", rrule: "FREQ=DAILY" });
    expect(monthGap(createCalendar(never, "UTC", year), createCalendar(months(1), "UTC", year))).toBeNull();
  });

  it("of so many months is found by a mask that is widened by as many", () => {
    const season = fc
      .record({
        months: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
        zone: fc.constantFrom(...zones),
      })
      .map(({ months: list, zone }) => ({ availability: months(...list), zone }));
    fc.assert(
      fc.property(season, season, (left, right) => {
        const distance = monthGap(
          createCalendar(left.availability, left.zone, year),
          createCalendar(right.availability, right.zone, year),
        );
        fc.pre(distance !== null);
        const widened = widenMonthsMask(monthsMask(left.availability, left.zone), distance!);
        expect(widened & monthsMask(right.availability, right.zone)).not.toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
