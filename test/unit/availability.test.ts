import { describe, expect, it } from "vitest";
import { alwaysAvailable, availabilitySchema, isTimeZone } from "../../src/domain/availability.ts";

/** The paths of all wrong fields, sorted. */
function wrongFields(input: unknown): string[] {
  const result = availabilitySchema.safeParse(input);
  return result.success ? [] : [...new Set(result.error.issues.map((issue) => issue.path.join(".")))].sort();
}

function complaint(input: unknown): string {
  const result = availabilitySchema.safeParse(input);
  return result.success ? "" : result.error.issues.map((issue) => issue.message).join("; ");
}

describe("the availability of a flow", () => {
  it("is filled in where only a pattern is stated", () => {
    expect(availabilitySchema.parse({ pattern: "continuous" })).toEqual(alwaysAvailable);
  });

  it("takes the documented example and its own", () => {
    const example = {
      pattern: "seasonal",
      months: [1, 2, 3, 4, 5, 9, 10, 11, 12],
      weekly: [{ day: "mon", from: "06:00", to: "22:00" }],
      from: "2027-01-01",
      until: null,
      rrule: null,
      leadTime: "P14D",
    };
    expect(availabilitySchema.parse(example)).toEqual(example);
    expect(availabilitySchema.parse(availabilitySchema.meta()?.example)).toEqual(example);
  });

  it("refuses an unknown field by name, at the top and in a window", () => {
    expect(complaint({ pattern: "continuous", moths: [1] })).toContain("moths");
    expect(
      complaint({ pattern: "batch", weekly: [{ day: "mon", from: "06:00", to: "07:00", zone: "UTC" }] }),
    ).toContain("zone");
  });

  it("names each wrong field, all at once", () => {
    expect(
      wrongFields({
        pattern: "seasonal",
        months: [1, 13, 1, 0, 2.5],
        weekly: [
          { day: "monday", from: "24:00", to: "24:01" },
          { day: "mon", from: "6:00", to: "25:00" },
        ],
        from: "2027-02-29",
        until: "27-01-01",
        rrule: "FREQ=DAILY;BYMONTH=13",
        leadTime: "14 days",
      }),
    ).toEqual(
      [
        ...["from", "leadTime", "months.1", "months.3", "months.4", "rrule", "until"],
        ...["weekly.0.day", "weekly.0.from", "weekly.0.to", "weekly.1.from", "weekly.1.to"],
      ].sort(),
    );
    expect(wrongFields({ pattern: "seasonal", months: [4, 5, 4] })).toEqual(["months.2"]);
  });

  it.each([
    ["month 13", { pattern: "seasonal", months: [13] }, ["months.0"]],
    ["no months in a list of months", { pattern: "seasonal", months: [] }, ["months"]],
    ["no windows in a week", { pattern: "windowed", weekly: [] }, ["weekly"]],
    [
      "101 windows",
      { pattern: "windowed", weekly: Array(101).fill({ day: "mon", from: "06:00", to: "07:00" }) },
      ["weekly"],
    ],
    ["a range that ends before it begins", { pattern: "batch", from: "2027-02-02", until: "2027-02-01" }, ["until"]],
    ["a year beyond all planning", { pattern: "batch", from: "2200-01-01" }, ["from"]],
    ["a time beside a date", { pattern: "batch", from: "2027-01-01T00:00:00Z" }, ["from"]],
    ["a pattern that is not one", { pattern: "sometimes" }, ["pattern"]],
    ["a missing pattern", {}, ["pattern"]],
    ["a continuous flow with months", { pattern: "continuous", months: [1] }, ["months"]],
    [
      "a continuous flow with hours",
      { pattern: "continuous", weekly: [{ day: "mon", from: "06:00", to: "07:00" }] },
      ["weekly"],
    ],
    ["a season without one", { pattern: "seasonal" }, ["months"]],
    ["a season with a beginning only", { pattern: "seasonal", from: "2027-01-01" }, ["months"]],
    ["windows without one", { pattern: "windowed", months: [1] }, ["weekly"]],
    [
      "months outside the range of days",
      { pattern: "seasonal", months: [1], from: "2027-03-01", until: "2027-05-01" },
      ["months"],
    ],
    ["months outside the rule's", { pattern: "seasonal", months: [1], rrule: "FREQ=DAILY;BYMONTH=2" }, ["months"]],
    ["a rule of 501 characters", { pattern: "batch", rrule: `FREQ=DAILY;BYHOUR=${"1,".repeat(241)}1` }, ["rrule"]],
    ["an empty rule", { pattern: "batch", rrule: "" }, ["rrule"]],
    [
      "hours in both places",
      { pattern: "batch", rrule: "FREQ=DAILY;BYHOUR=6", weekly: [{ day: "mon", from: "06:00", to: "07:00" }] },
      ["weekly"],
    ],
    ["NaN for a month", { pattern: "seasonal", months: [Number.NaN] }, ["months.0"]],
  ])("refuses %s", (_, input, fields) => {
    expect(wrongFields(input)).toEqual(fields);
  });

  it.each([
    ["a range of one day", { pattern: "seasonal", from: "2027-02-02", until: "2027-02-02" }],
    ["29 February of a leap year", { pattern: "batch", from: "2028-02-29" }],
    [
      "a window to 24:00 and one over midnight",
      {
        pattern: "windowed",
        weekly: [
          { day: "sat", from: "22:00", to: "24:00" },
          { day: "sun", from: "22:00", to: "06:00" },
        ],
      },
    ],
    ["a continuous flow from a day on", { pattern: "continuous", from: "2027-01-01" }],
    ["months in any order", { pattern: "seasonal", months: [11, 12, 1, 2] }],
    [
      "a range over the year's end with a month of it",
      { pattern: "seasonal", months: [1], from: "2026-11-01", until: "2027-02-01" },
    ],
  ])("takes %s", (_, input) => {
    expect(complaint(input)).toBe("");
  });
});

describe("a time zone", () => {
  it.each(["Europe/Copenhagen", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"])("may be %s", (zone) => {
    expect(isTimeZone(zone)).toBe(true);
    expect(isTimeZone(zone)).toBe(true);
  });

  it.each(["Europe/Nowhere", "+01:00", "", "Copenhagen", "Europe/Copenhagen ", "x".repeat(500)])(
    "may not be '%s'",
    (zone) => {
      expect(isTimeZone(zone)).toBe(false);
    },
  );
});
