import * as z from "zod";
import { checkOccurrences } from "./occurrences.ts";
import { parseRecurrenceRule } from "./recurrenceRule.ts";
import { localMonths } from "./season.ts";

export { isTimeZone } from "./timeZone.ts";

export const availabilityPatterns = ["continuous", "batch", "seasonal", "windowed"] as const;
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

const weeklyWindowSchema = z
  .strictObject({
    day: z.enum(weekdays).meta({ description: "the local day on which the window starts" }),
    from: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day, 00:00 to 23:59")
      .meta({ description: "local time, inclusive", example: "06:00" }),
    to: z
      .string()
      .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "must be a time of day, 00:00 to 24:00")
      .meta({
        description: "local time, exclusive; not after `from` it is a time of the next day (22:00 to 06:00)",
        example: "22:00",
      }),
  })
  .meta({ id: "WeeklyWindow", example: { day: "mon", from: "06:00", to: "22:00" } });

/** Days beyond these are slips of the pen. */
const earliestDate = "1900-01-01";
const latestDate = "2199-12-31";
const recurrenceRuleLength = 500;
const dateSchema = z.iso
  .date()
  .refine(
    (date) => !/^\d{4}-/.test(date) || (date >= earliestDate && date <= latestDate),
    `must lie in ${earliestDate} to ${latestDate}`,
  );

/**
 * When a flow can be had, on the clocks of its site. Every part that is stated narrows the others: the flow is open in
 * the hours that lie in `months`, in `weekly`, from `from` to `until` (both days included) and in an occurrence of `rrule`.
 *
 * - A weekly window, and an occurrence, belong to the day on which they start: one that starts on the last day of a month
 *   or of the range runs to its end.
 * - An occurrence of `rrule` is a local day, or that day's weekly windows where `weekly` is stated; with BYHOUR or
 *   FREQ=HOURLY it is one hour from the time named, and `weekly` must be null. COUNT and INTERVAL are counted from `from`.
 *   FREQ is YEARLY to HOURLY, at most 2,000 occurrences a year.
 * - Daylight saving: a local time that is skipped gives no hours, of a time that comes twice the first is meant. A window
 *   across the change has the hours that really pass.
 * - `continuous` states no months, weekly or rrule; `seasonal` states months, from with until, or rrule; `windowed` states
 *   weekly, from, until or rrule; `batch` is free.
 *
 * Every wrong field has an issue with its own path.
 */
export const availabilitySchema = z
  .strictObject({
    pattern: z.enum(availabilityPatterns).meta({
      description:
        "continuous: all the time; batch: in lots; seasonal: in a part of the year; windowed: in stated hours or days",
    }),
    months: z
      .array(z.int().min(1, "a month is 1 to 12").max(12, "a month is 1 to 12"))
      .min(1, "must name a month, or be null for all of them")
      .max(12)
      .superRefine((months, context) => {
        for (const [index, month] of months.entries())
          if (months.indexOf(month) < index)
            context.addIssue({ code: "custom", path: [index], message: `${month} is stated twice` });
      })
      .nullable()
      .default(null)
      .meta({
        description: "months of the year, 1 to 12, each once; all of them where null",
        example: [10, 11, 12, 1],
      }),
    weekly: z
      .array(weeklyWindowSchema)
      .min(1, "must have a window, or be null for all hours")
      .max(100)
      .nullable()
      .default(null)
      .meta({ description: "hours of the week; they may overlap; all of them where null" }),
    from: dateSchema
      .nullable()
      .default(null)
      .meta({ description: "first local day, inclusive", example: "2027-01-01" }),
    until: dateSchema
      .nullable()
      .default(null)
      .meta({ description: "last local day, inclusive", example: "2027-12-31" }),
    rrule: z
      .string()
      .min(1)
      .max(recurrenceRuleLength)
      .superRefine((text, context) => {
        if (text.length < 1 || text.length > recurrenceRuleLength) return;
        for (const message of parseRecurrenceRule(text).faults) context.addIssue({ code: "custom", message });
      })
      .nullable()
      .default(null)
      .meta({
        description:
          "recurrence rule (RFC 5545) without `RRULE:`, FREQ of YEARLY to HOURLY, at most 2,000 occurrences a year; " +
          "an occurrence is a local day, or an hour with BYHOUR or FREQ=HOURLY",
        example: "FREQ=WEEKLY;BYDAY=MO,TH",
      }),
    leadTime: z.iso
      .duration()
      .max(40)
      .nullable()
      .default(null)
      .meta({ description: "notice needed before the first delivery, ISO 8601", example: "P14D" }),
  })
  .superRefine((availability, context) => {
    for (const fault of checkAvailability(availability))
      context.addIssue({ code: "custom", path: fault.path, message: fault.message });
  })
  .meta({
    id: "Availability",
    description:
      "When the flow can be had, on the clocks of its site. Every part that is stated narrows the others. A window belongs to the day on which it starts.",
    example: {
      pattern: "seasonal",
      months: [1, 2, 3, 4, 5, 9, 10, 11, 12],
      weekly: [{ day: "mon", from: "06:00", to: "22:00" }],
      from: "2027-01-01",
      until: null,
      rrule: null,
      leadTime: "P14D",
    },
  });

/** What a caller sends: all but `pattern` may be missing. */
export type AvailabilityInput = z.input<typeof availabilitySchema>;
export type Availability = z.infer<typeof availabilitySchema>;

/** The availability of a flow that states none. */
export const alwaysAvailable: Availability = {
  pattern: "continuous",
  months: null,
  weekly: null,
  from: null,
  until: null,
  rrule: null,
  leadTime: null,
};

type Fault = { path: (string | number)[]; message: string };

/** Rules over several fields. Fields that are wrong by themselves have their issue already and are passed over. */
function checkAvailability(availability: Availability): Fault[] {
  const { months, from, until, weekly } = availability;
  const faults = checkPattern(availability);
  const areDatesSound = [from, until].every((date) => date === null || dateSchema.safeParse(date).success);
  if (areDatesSound && from !== null && until !== null && until < from)
    faults.push({ path: ["until"], message: "must not be before `from`" });
  const isTooLong = availability.rrule !== null && availability.rrule.length > recurrenceRuleLength;
  const rule = availability.rrule === null || isTooLong ? null : parseRecurrenceRule(availability.rrule).rule;
  const occurrenceFault = rule && areDatesSound ? checkOccurrences(rule, from) : null;
  if (occurrenceFault) faults.push({ path: ["rrule"], message: occurrenceFault });
  if (rule?.hasHours && weekly !== null)
    faults.push({ path: ["weekly"], message: "must be null where `rrule` states hours" });
  const isSound = faults.length === 0 && areDatesSound && (months ?? [1]).some((month) => month >= 1 && month <= 12);
  if (isSound && localMonths(availability).length === 0)
    faults.push({ path: ["months"], message: "has no month in common with `from`, `until` and `rrule`: never open" });
  return faults;
}

function checkPattern({ pattern, months, weekly, from, until, rrule }: Availability): Fault[] {
  switch (pattern) {
    case "continuous": {
      const stated = Object.entries({ months, weekly, rrule }).filter(([, value]) => value !== null);
      const advice = "must be null for `continuous`; `seasonal` and `windowed` are not open all the time";
      return stated.map(([name]) => ({ path: [name], message: advice }));
    }
    case "seasonal":
      if (months !== null || rrule !== null || (from !== null && until !== null)) return [];
      return [{ path: ["months"], message: "`seasonal` needs months, `from` with `until`, or rrule" }];
    case "windowed":
      if (weekly !== null || rrule !== null || from !== null || until !== null) return [];
      return [{ path: ["weekly"], message: "`windowed` needs weekly, `from`, `until` or rrule" }];
    case "batch":
      return [];
  }
}
