import * as z from "zod";

/**
 * A moment as callers write it, at any offset, and in UTC behind the schema: PostgreSQL reads neither a year 0 nor an offset of
 * 16 hours.
 */
export const instantSchema = z.iso.datetime({ offset: true }).transform((text, context) => {
  const instant = new Date(text).toISOString();
  if (/^\d{4}-/.test(instant) && !instant.startsWith("0000")) return instant;
  context.addIssue({ code: "custom", message: "must lie in the years 1 to 9999", params: { code: "out_of_range" } });
  return z.NEVER;
});
