import type { WebhookId } from "../domain/ids.ts";
import type { AddressFault } from "../domain/webhookAddress.ts";
import { type DeliveryAnswer, decideAfterAnswer, isFailingTooLong } from "../domain/webhookDelivery.ts";
import type { Post } from "../platform/webhooks/post.ts";
import { signMessage } from "../platform/webhooks/signature.ts";
import type { Leased, Settlement, WebhookQueue } from "../stores/records/webhookQueue.ts";
import { tell } from "./consumption.ts";

export type Delivering = {
  queue: Pick<WebhookQueue, "lease" | "settle">;
  disable(id: WebhookId, reason: "failing" | "gone"): Promise<void>;
  openSecret(id: WebhookId, sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  findAddressFault(url: string): AddressFault | null;
  post: Post;
  now(): Date;
  /** In 0..1. */
  random(): number;
  log(line: Record<string, unknown>): void;
};

/** A Worker has six connections at once. */
export const maximumAtOnce = 6;
export const maximumPerEndpoint = 2;
/** Longer than an attempt may take, and shorter than anybody would mind after a crash. */
const leaseSeconds = 30;
/** No lease after this, so that all is done before the platform ends what goes on behind an answer, after 30 seconds. */
const maximumLeasingMs = 15_000;

/**
 * Sends what is due, six deliveries at a time and two of one endpoint, until nothing is or the time is up; gives how many attempts
 * that made. A place is given to the next endpoint as soon as it is free: one that is slow holds its own two and no other.
 */
export async function deliverDue(delivering: Delivering): Promise<number> {
  const { queue, now, log } = delivering;
  const startedAt = now().getTime();
  const running = new Set<Promise<void>>();
  let free = maximumAtOnce;
  let attempts = 0;
  let isOver = false;
  for (;;) {
    isOver ||= now().getTime() - startedAt >= maximumLeasingMs;
    if (!isOver && free > 0)
      try {
        const options = { limit: free, perEndpoint: maximumPerEndpoint, leaseSeconds };
        for (const leased of await queue.lease(now(), options)) {
          const places = leased.deliveries.length;
          free -= places;
          attempts += places;
          const turn: Promise<void> = serve(leased, delivering)
            .catch((failure) =>
              log({ level: "error", event: "delivering_failed", webhookId: leased.webhookId, error: tell(failure) }),
            )
            .finally(() => {
              free += places;
              running.delete(turn);
            });
          running.add(turn);
        }
      } catch (failure) {
        // What is due stays due: the next event or the next minute sends it.
        log({ level: "warn", event: "delivering_failed", error: tell(failure) });
        isOver = true;
      }
    if (running.size === 0) return attempts;
    await Promise.race(running);
  }
}

/** Sends an endpoint what was leased of it, and notes what became of that. */
async function serve(leased: Leased, delivering: Delivering): Promise<void> {
  const { queue, now, disable, log } = delivering;
  const { webhookId } = leased;
  const settlements = await Promise.all(leased.deliveries.map((delivery) => attempt(leased, delivery, delivering)));
  const at = now();
  const { failingSince } = await queue.settle(leased, settlements, at);
  const reason = settlements.some(({ isGone }) => isGone)
    ? "gone"
    : isFailingTooLong(failingSince, at)
      ? "failing"
      : null;
  if (reason === null) return;
  await disable(webhookId, reason);
  log({ level: "warn", event: "webhook_disabled", webhookId, reason });
}

async function attempt(
  { webhookId, url, sealedSecrets }: Leased,
  { uuid, eventId, body, attempts }: Leased["deliveries"][number],
  { openSecret, findAddressFault, post, now, random, log }: Delivering,
): Promise<Settlement & { isGone: boolean }> {
  const at = now();
  const answer: DeliveryAnswer = { at: at.toISOString(), ...(await answerTo()) };
  const decision = decideAfterAnswer(answer, attempts + 1, random());
  const { status, error, durationMs } = answer;
  if (decision.kind !== "delivered")
    log({ level: "info", event: "delivery_failed", webhookId, eventId, status, error, durationMs, decision });
  const isRetried = decision.kind === "retry";
  return {
    deliveryUuid: uuid,
    answer,
    status: isRetried ? "pending" : decision.kind,
    dueAt: isRetried ? new Date(now().getTime() + decision.afterSeconds * 1_000) : null,
    isGone: decision.kind === "failed" && decision.isGone,
  };

  /** An address is looked at again each time: the rules may be others than when it was set. */
  async function answerTo(): Promise<Omit<DeliveryAnswer, "at">> {
    if (findAddressFault(url)) return { status: null, durationMs: 0, error: "address_refused", excerpt: null };
    const secrets = await Promise.all(sealedSecrets.map((sealed) => openSecret(webhookId, sealed)));
    const signature = await signMessage({ id: eventId, body, at }, secrets);
    // What was judged is what is called, and not another reading of it.
    return post(new URL(url).href, { ...contentHeaders, ...signature }, body);
  }
}

const contentHeaders = {
  "content-type": "application/cloudevents+json; charset=utf-8",
  // An answer that is small when packed may not be when unpacked.
  "accept-encoding": "identity",
  "user-agent": "Turash-Webhooks/1",
};
