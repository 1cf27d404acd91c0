import fc from "fast-check";
import {
  type Availability,
  type AvailabilityInput,
  availabilitySchema,
  weekdays,
} from "../../src/domain/availability.ts";

/** A valid availability from what a caller would send. */
export function availabilityOf(input: AvailabilityInput): Availability {
  return availabilitySchema.parse(input);
}

export const zones = [
  "Europe/Copenhagen",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Havana",
  "Africa/Cairo",
  "America/St_Johns",
  "Asia/Kathmandu",
  "Pacific/Kiritimati",
  "UTC",
];

const quarter = fc
  .integer({ min: 0, max: 95 })
  .map((index) => `${String(Math.floor(index / 4)).padStart(2, "0")}:${String((index % 4) * 15).padStart(2, "0")}`);

const weekly = fc.array(
  fc.record({
    day: fc.constantFrom(...weekdays),
    from: quarter,
    to: fc.oneof({ weight: 5, arbitrary: quarter }, { weight: 1, arbitrary: fc.constant("24:00") }),
  }),
  { minLength: 1, maxLength: 12 },
);

const date = fc
  .date({ min: new Date("2025-06-01T00:00:00Z"), max: new Date("2029-06-01T00:00:00Z"), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));

/** Availabilities without a rule: months, weekly quarters of an hour and dates around 2026 to 2028, any of them missing. */
export const ruleless: fc.Arbitrary<Availability> = fc
  .record({
    pattern: fc.constant("batch" as const),
    months: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 11 })),
    weekly: fc.option(weekly),
    from: fc.option(date, { freq: 2 }),
    until: fc.option(date, { freq: 2 }),
  })
  .filter((input) => availabilitySchema.safeParse(input).success)
  .map(availabilityOf);
