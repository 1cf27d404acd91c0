import * as z from "zod";
import type { OrganizationId } from "./ids.ts";

/** Whose listeners one object holds: an organization's, or the operator's. */
export type FeedHolder = OrganizationId | "operator";

/** What listeners are told: `look` that there is something to read; `verify` that besides a credential may have ended. */
export const hints = ["look", "verify"] as const;
export type Hint = (typeof hints)[number];

/** The WebSocket subprotocol. */
export const eventsProtocol = "turash.events.v1";

/**
 * Why a stream ends, the WebSocket's close code for it, and whether to come back: 4000-4099 not, 4100-4199 after a while, 4200-4299
 * at once.
 */
export const endings = {
  credential_ended: { closeCode: 4000, reconnect: "never" },
  not_allowed: { closeCode: 4001, reconnect: "never" },
  cursor_expired: { closeCode: 4002, reconnect: "never" },
  frame_refused: { closeCode: 4003, reconnect: "never" },
  slow_listener: { closeCode: 4100, reconnect: "later" },
  too_many_frames: { closeCode: 4101, reconnect: "later" },
  too_many_listeners: { closeCode: 4102, reconnect: "later" },
  unavailable: { closeCode: 4103, reconnect: "later" },
  lifetime_over: { closeCode: 4200, reconnect: "now" },
} as const satisfies Record<string, { closeCode: number; reconnect: "never" | "later" | "now" }>;

export type EndReason = keyof typeof endings;
export type Ending = { reason: EndReason; detail: string };

/** How streams are kept; times in seconds. */
export const liveSettingsSchema = z.strictObject({
  /** Streams that one organization, or the operator, has open at once. */
  maximumListeners: z.int().min(1).max(10_000).default(100),
  /** Then a stream ends, and its listener comes back with its cursor. */
  lifetimeSeconds: z.number().positive().max(3_600).default(900),
  /** A listener that takes nothing for so long, though there is something, is dropped. */
  slowAfterSeconds: z.number().positive().max(600).default(30),
  heartbeatSeconds: z.number().positive().max(60).default(15),
  /** Between two looks at whether the credential still holds. */
  verifySeconds: z.number().positive().max(5).default(2),
  /** Between two looks into the database where no hint came. */
  pollSeconds: z.number().positive().max(60).default(15),
});

export type LiveSettings = z.output<typeof liveSettingsSchema>;
