import type { ConsumerName } from "../domain/consumer.ts";
import { EventProblem, parseMessage, readEventId, type TurashEvent } from "../domain/event.ts";
import { uuidOf } from "../domain/ids.ts";
import type { Burial, OutboxStore } from "../stores/records/outbox.ts";
import { type Decision, decideAfterFailure, isOutage, tell } from "./consumption.ts";

/** A message as the queue delivers it; of `Message`, what is used. */
export type Delivery = {
  readonly body: unknown;
  /** Deliveries so far, this one counted. */
  readonly attempts: number;
  ack(): void;
  retry(options: { delaySeconds: number }): void;
};

/** Deals with events, in whatever order and however often they come. Throws where it could not with any one of them. */
export type HandleEvents = (events: readonly TurashEvent[]) => Promise<void>;

export type Consumption = {
  consumer: ConsumerName;
  handle: HandleEvents;
  outbox: Pick<OutboxStore, "complete" | "bury" | "buryMessage">;
  at: Date;
  /** In 0..1. */
  random(): number;
  log(line: Record<string, unknown>): void;
};

type Received = { delivery: Delivery; event: TurashEvent };
type Failed = Received & { failure: unknown };

/**
 * Deals with a batch of one consumer's queue. Each message is settled by itself: done and acknowledged, tried again later, or kept
 * as a dead letter. Nothing is acknowledged before the database knows what became of it.
 */
export async function consume(deliveries: readonly Delivery[], consumption: Consumption): Promise<void> {
  const received: Received[] = [];
  for (const delivery of deliveries)
    try {
      received.push({ delivery, event: parseMessage(delivery.body) });
    } catch (problem) {
      await settle(delivery, () => buryMessage(delivery, problem, consumption), consumption);
    }
  const { done, failed } = await handleAll(received, consumption.handle);
  await settleAll(done, () => consumption.outbox.complete(consumption.consumer, idsOf(done)), consumption);
  for (const { delivery, event, failure } of failed) {
    const decision = decideAfterFailure(failure, delivery.attempts, consumption.random());
    tellFailure(event, delivery, decision, failure, consumption);
    if (decision.kind === "retry") delivery.retry({ delaySeconds: decision.afterSeconds });
    else if (decision.kind === "leave") delivery.ack();
    else
      await settle(
        delivery,
        () => consumption.outbox.bury(consumption.consumer, [letter(event, delivery, decision)], consumption.at),
        consumption,
      );
  }
}

/** All at once, and where that fails one by one, so that a poisoned event does not hold back the others. */
async function handleAll(
  received: readonly Received[],
  handle: HandleEvents,
): Promise<{ done: readonly Received[]; failed: Failed[] }> {
  if (received.length === 0) return { done: [], failed: [] };
  try {
    await handle(received.map(({ event }) => event));
    return { done: received, failed: [] };
  } catch (failure) {
    if (received.length === 1 || isOutage(failure))
      return { done: [], failed: received.map((one) => ({ ...one, failure })) };
  }
  const done: Received[] = [];
  const failed: Failed[] = [];
  for (const one of received)
    try {
      await handle([one.event]);
      done.push(one);
    } catch (failure) {
      failed.push({ ...one, failure });
    }
  return { done, failed };
}

function idsOf(received: readonly Received[]) {
  return received.map(({ event }) => event.id);
}

function letter(event: TurashEvent, { attempts }: Delivery, { code, error }: Decision & { kind: "dead" }): Burial {
  return { eventUuid: uuidOf(event.id), code, error, attempts };
}

/** A message of which the event's id can be read belongs to that event; another one is kept as it came. */
async function buryMessage(
  delivery: Delivery,
  problem: unknown,
  { consumer, outbox, at, log }: Consumption,
): Promise<void> {
  const decision = decideAfterFailure(problem, delivery.attempts, 0);
  if (decision.kind !== "dead") throw problem;
  const eventId = readEventId(delivery.body);
  log({ level: "error", event: "message_refused", consumer, eventId, code: decision.code, error: decision.error });
  const burial = { code: decision.code, error: decision.error, attempts: delivery.attempts };
  if (eventId) await outbox.bury(consumer, [{ eventUuid: uuidOf(eventId), ...burial }], at);
  else await outbox.buryMessage(consumer, { message: textOf(delivery.body), ...burial }, at);
}

function settle(delivery: Delivery, work: () => Promise<void>, consumption: Consumption): Promise<void> {
  return settleAll([{ delivery }], work, consumption);
}

/** Acknowledges once the work is kept; where it cannot be, the messages come again. */
async function settleAll(
  settled: readonly { delivery: Delivery }[],
  work: () => Promise<void>,
  { consumer, random, log }: Consumption,
): Promise<void> {
  if (settled.length === 0) return;
  try {
    await work();
    for (const { delivery } of settled) delivery.ack();
  } catch (failure) {
    log({ level: "error", event: "settling_failed", consumer, messages: settled.length, error: tell(failure) });
    for (const { delivery } of settled) {
      const decision = decideAfterFailure(failure, 1, random());
      delivery.retry({ delaySeconds: decision.kind === "retry" ? decision.afterSeconds : 60 });
    }
  }
}

function tellFailure(
  { id, type, traceparent }: TurashEvent,
  { attempts }: Delivery,
  decision: Decision,
  failure: unknown,
  { consumer, log }: Consumption,
): void {
  const level = decision.kind === "dead" ? "error" : "warn";
  log({
    level,
    event: "consumption_failed",
    consumer,
    eventId: id,
    type,
    traceparent,
    attempts,
    ...decision,
    error: tell(failure),
  });
}

/** Keeps as dead letters what the queue gave up on because its consumer never settled it. */
export async function keepUnsettled(deliveries: readonly Delivery[], consumption: Consumption): Promise<void> {
  for (const delivery of deliveries)
    await settle(delivery, () => buryMessage(delivery, new Unsettled(), consumption), consumption);
}

class Unsettled extends EventProblem {
  constructor() {
    super("undeliverable", "Its consumer did not settle it.");
  }
}

const maximumKeptLength = 10_000;

function textOf(body: unknown): string {
  return (typeof body === "string" ? body : (JSON.stringify(body) ?? String(body))).slice(0, maximumKeptLength);
}
