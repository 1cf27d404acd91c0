import type { AfterClose } from "../rooms/closeCodes.ts";

const firstMs = 500;
const longestMs = 30_000;
/** So that all who were sent away together do not come back together. */
const nowSpreadMs = 250;

/**
 * How long to wait before attempt `failures` (0 after a connection that held), in milliseconds; `random` from 0 to 1. One that is
 * told to come back at once does so only the first time.
 */
export function delayBefore(failures: number, after: AfterClose, random: number): number {
  if (after === "reconnect_now" && failures === 0) return random * nowSpreadMs;
  return Math.min(longestMs, firstMs * 2 ** failures) * (0.5 + random / 2);
}
