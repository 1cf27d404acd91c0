import * as z from "zod";

/**
 * How much one caller may ask: each figure a number of requests, `null` for no limit. Minutes are counted by location, about
 * right; days strictly. `wrangler.toml` gives the platform's counters of a minute the same figures.
 */
export const limitSettingsSchema = z.strictObject({
  /** Of one network address (IPv6: of one /64), before anything else is looked at. */
  addressPerMinute: z.int().min(1).nullable().default(12_000),
  /** Of one API key, or of one member who signed in. */
  credentialPerMinute: z.int().min(1).nullable().default(6_000),
  /** Of one organization: previews and evaluations, by which others' flows could be felt out. */
  probesPerMinute: z.int().min(1).nullable().default(600),
  probesPerDay: z.int().min(1).nullable().default(10_000),
  /** Of one organization: all that its members and devices ask. */
  requestsPerDay: z.int().min(1).nullable().default(500_000),
});

export type LimitSettings = z.output<typeof limitSettingsSchema>;
export type LimitName = keyof LimitSettings;

export const minuteSeconds = 60;
export const daySeconds = 86_400;
