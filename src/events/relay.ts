import { type ConsumerName, consumerNames } from "../domain/consumer.ts";
import { type EventMessage, EventProblem, parseEventRow, toMessage } from "../domain/event.ts";
import type { DueEvent, OutboxStore } from "../stores/records/outbox.ts";
import { tell } from "./consumption.ts";

/** Takes messages for one consumer: at most `maximumBatch`, together at most `maximumBatchBytes`. */
export type SendMessages = (consumer: ConsumerName, messages: readonly EventMessage[]) => Promise<void>;

export type Relay = {
  outbox: Pick<OutboxStore, "lease" | "markSent" | "bury" | "buryLost">;
  send: SendMessages;
  now(): Date;
  /** Until an event that was sent and not dealt with is sent again, the first time. */
  resendAfterSeconds: number;
  /** Whether the operator has stopped it: then everything waits in the outbox. */
  isPaused: boolean;
  log(line: Record<string, unknown>): void;
};

/** Limits of a queue's `sendBatch`, with room for what it adds to a message. */
export const maximumBatch = 100;
export const maximumBatchBytes = 200_000;

const leaseSeconds = 30;
/** With the time between them doubling up to an hour, most of a day. */
export const maximumSends = 20;

/**
 * Sends the events that are due to the consumers that they await; gives how many were taken. What a crash leaves between
 * sending and noting it is sent again when the lease ends.
 */
export async function relayOnce(relay: Relay, limit = maximumBatch): Promise<number> {
  const { outbox, resendAfterSeconds, isPaused } = relay;
  if (isPaused) return 0;
  const due = await outbox.lease(relay.now(), { limit, leaseSeconds, maximumSends });
  const sent = await sendAll(due, relay);
  if (sent.length > 0) await outbox.markSent(sent, relay.now(), resendAfterSeconds);
  return due.length;
}

/** Gives up on what was sent often enough; for the schedule. */
export function giveUpLost({ outbox, now }: Relay): Promise<number> {
  return outbox.buryLost(now(), maximumSends);
}

/** The ids of the events that every consumer which they await was sent. */
async function sendAll(due: readonly DueEvent[], relay: Relay): Promise<string[]> {
  const messages = new Map<DueEvent, EventMessage>();
  for (const row of due)
    try {
      messages.set(row, toMessage(parseEventRow(row)));
    } catch (problem) {
      await buryRow(row, problem, relay);
    }
  const unsent = new Set<DueEvent>();
  for (const consumer of consumerNames) {
    const awaited = [...messages].filter(([row]) => row.awaiting.includes(consumer));
    for (const batch of divide(awaited, ([, message]) => JSON.stringify(message).length))
      try {
        await sendAtOnceOrAgain(
          consumer,
          batch.map(([, message]) => message),
          relay,
        );
      } catch (failure) {
        relay.log({ level: "error", event: "relay_failed", consumer, messages: batch.length, error: tell(failure) });
        for (const [row] of batch) unsent.add(row);
      }
  }
  return [...messages.keys()].filter((row) => !unsent.has(row)).map(({ id }) => id);
}

/** A queue that fails for a moment, as by a connection that was closed, is asked once more; what it takes twice consumers bear. */
async function sendAtOnceOrAgain(
  consumer: ConsumerName,
  messages: readonly EventMessage[],
  { send }: Relay,
): Promise<void> {
  try {
    await send(consumer, messages);
  } catch {
    await send(consumer, messages);
  }
}

/** Parts in the given order, each within the limits of one batch. */
export function divide<Item>(items: readonly Item[], bytesOf: (item: Item) => number): Item[][] {
  const parts: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    const part = parts.at(-1);
    if (!part || part.length >= maximumBatch || bytes + size > maximumBatchBytes) {
      parts.push([item]);
      bytes = size;
    } else {
      part.push(item);
      bytes += size;
    }
  }
  return parts;
}

/** A row that is no event of the catalogue can be sent to nobody. */
async function buryRow(row: DueEvent, problem: unknown, { outbox, now, log }: Relay): Promise<void> {
  const code = problem instanceof EventProblem ? problem.code : "internal";
  log({ level: "error", event: "row_refused", eventId: row.id, type: row.type, code, error: tell(problem) });
  for (const consumer of row.awaiting)
    await outbox.bury(consumer, [{ eventUuid: row.id, code, error: tell(problem), attempts: row.sends }], now());
}
