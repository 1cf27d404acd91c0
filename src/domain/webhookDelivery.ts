import type { EventType } from "./eventCatalogue.ts";
import type { DeliveryId, EventId, WebhookId } from "./ids.ts";

/**
 * `pending` is being sent or tried again, `failed` was tried for a day, `skipped` was never sent or given up because the
 * endpoint was switched off.
 */
export const deliveryStatuses = ["pending", "delivered", "failed", "skipped"] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Why there is no answer, or none that counts. */
export const deliveryErrors = ["address_refused", "connection_failed", "deadline_exceeded", "redirected"] as const;

/** What an endpoint answered to one attempt. */
export type DeliveryAnswer = {
  at: string;
  /** Null where none came. */
  status: number | null;
  durationMs: number;
  error: (typeof deliveryErrors)[number] | null;
  /** The beginning of the body. */
  excerpt: string | null;
};

/** One event on its way to one endpoint. */
export type WebhookDelivery = {
  id: DeliveryId;
  webhookId: WebhookId;
  eventId: EventId;
  type: EventType;
  status: DeliveryStatus;
  /** Since it was last sent anew. */
  attempts: number;
  /** RFC 3339; null where it is not pending. */
  nextAttemptAt: string | null;
  createdAt: string;
  /** The last ones, oldest first. */
  answers: readonly DeliveryAnswer[];
};

/** Seconds from one attempt to the next, which together are about a day. */
export const retryDelaysSeconds = [30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800] as const;
/** The part of a delay that is random, to both sides of it, so that what failed together does not come back together. */
const jitter = 0.2;

/** How long an endpoint may fail before it is switched off. */
const maximumFailingMs = 5 * 86_400_000;

export type AnswerDecision =
  | { kind: "delivered" }
  | { kind: "retry"; afterSeconds: number }
  | { kind: "failed"; isGone: boolean };

/**
 * Decides what becomes of a delivery after an answer: 2xx is delivered, 410 says that nobody will ever listen there, anything
 * else is tried again until the delays are used up. `attempts` counts this one; `random` is in 0..1.
 */
export function decideAfterAnswer(
  { status }: Pick<DeliveryAnswer, "status">,
  attempts: number,
  random: number,
): AnswerDecision {
  if (status !== null && status >= 200 && status <= 299) return { kind: "delivered" };
  if (status === 410) return { kind: "failed", isGone: true };
  const delay = retryDelaysSeconds[attempts - 1];
  if (delay === undefined) return { kind: "failed", isGone: false };
  return { kind: "retry", afterSeconds: Math.round(delay * (1 - jitter + 2 * jitter * random)) };
}

/** Whether an endpoint has failed for so long that it is switched off. */
export function isFailingTooLong(failingSince: Date | null, at: Date): boolean {
  return failingSince !== null && at.getTime() - failingSince.getTime() >= maximumFailingMs;
}
