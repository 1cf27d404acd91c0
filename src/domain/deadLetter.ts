import type { ConsumerName } from "./consumer.ts";
import type { DeadLetterId, EventId } from "./ids.ts";

/** An event that a consumer gave up on, or a message in its queue that is no event. Times are RFC 3339 in UTC. */
export type DeadLetter = {
  id: DeadLetterId;
  consumer: ConsumerName;
  /** Null for a message that is no event. */
  eventId: EventId | null;
  type: string | null;
  /** What came, cut short, where it is no event. */
  message: string | null;
  /** Why, as a stable word: of `ErrorCode`, or `malformed`, `unknown_type`, `unknown_version`, `never_done`, `undeliverable`. */
  code: string;
  error: string;
  /** How often it was tried. */
  attempts: number;
  diedAt: string;
  /** When it was last sent back to its consumer; null where it lies since it died. */
  replayedAt: string | null;
  version: number;
};
