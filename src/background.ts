import type { OperatorActor } from "./domain/actor.ts";
import type { ConsumerName } from "./domain/consumer.ts";
import { AppError } from "./domain/errors.ts";
import type { Config } from "./env.ts";
import { type Consumption, consume, type Delivery, keepUnsettled } from "./events/consume.ts";
import { createHandler } from "./events/handlers.ts";
import { queueBindings, readQueueName } from "./events/queues.ts";
import { giveUpLost, type Relay, relayOnce, type SendMessages } from "./events/relay.ts";
import type { RequestContext } from "./operations/context.ts";
import type { Schedule } from "./operations/schedule.ts";
import { continueTrace } from "./platform/telemetry/traceparent.ts";
import { configOrThrow, createServices, memoryOf } from "./services.ts";
import { createDatabase, type Database } from "./stores/postgres/client.ts";
import { createAuditChainStore, sealingBatch } from "./stores/records/auditChain.ts";
import { completionBatch, createExchangeChangeStore } from "./stores/records/exchangeChanges.ts";
import { createMemberStore } from "./stores/records/members.ts";
import { createOutboxStore } from "./stores/records/outbox.ts";
import { createRetentionStore, deletedKinds, memberBatch, retentionBatch } from "./stores/records/retention.ts";

/** Less than the minute after which the schedule calls again. */
const scheduleTimeoutMs = 50_000;
/** After this it forgets nothing further, so that no statement is broken off. */
const scheduleBudgetMs = 40_000;
/** For one batch of a queue. */
const consumptionTimeoutMs = 60_000;
/** The platform ends what goes on after an answer in 30 seconds. */
const relayTimeoutMs = 28_000;

/** What scheduled work is done with, bound to a deadline of its own. Throws `unavailable` when the Worker is not configured. */
export function openSchedule(env: object, at: Date): Schedule {
  const config = configOrThrow(env);
  const begun = Date.now();
  const database = openDatabase(config, AbortSignal.timeout(scheduleTimeoutMs));
  const relay = createRelay(config, database);
  return {
    at,
    traceparent: continueTrace(null).traceparent,
    auditChain: createAuditChainStore(database),
    retention: createRetentionStore(database),
    members: createMemberStore(database),
    exchangeChanges: createExchangeChangeStore(database),
    relay: { send: () => relayOnce(relay), giveUp: () => giveUpLost(relay) },
    deletedKinds,
    batches: { sealing: sealingBatch, retention: retentionBatch, members: memberBatch, completion: completionBatch },
    timeLeftMs: () => begun + scheduleBudgetMs - Date.now(),
  };
}

/** What sends events to their consumers, bound to a deadline of its own. */
export function openRelay(config: Config): Relay {
  return createRelay(config, openDatabase(config, AbortSignal.timeout(relayTimeoutMs)));
}

function createRelay(config: Config, database: Database): Relay {
  return {
    outbox: createOutboxStore(database),
    send: createSender(config),
    now: () => new Date(),
    resendAfterSeconds: config.RESEND_AFTER_SECONDS,
    isPaused: config.EVENTS_PAUSED.includes("relay"),
    log,
  };
}

/** By the consumer's queue; where there is none (bare workerd), the consumer deals with the events here and now. */
function createSender(config: Config): SendMessages {
  return async (consumer, messages) => {
    const queue = config[queueBindings[consumer]];
    if (queue) await queue.sendBatch(messages.map((body) => ({ body, contentType: "json" })));
    else await consume(messages.map(deliverHere), openConsumption(config, consumer));
  };
}

/** What is not acknowledged, the outbox sends again. */
function deliverHere(body: unknown): Delivery {
  return { body, attempts: 1, ack() {}, retry() {} };
}

/** Deals with a batch of one of the Worker's queues. A queue that is none of its own is left to be retried, and told. */
export async function receiveBatch(
  batch: { queue: string; messages: readonly Delivery[] },
  env: object,
): Promise<void> {
  const queue = readQueueName(batch.queue);
  if (!queue) throw new Error(`No consumer belongs to the queue ${batch.queue}.`);
  const consumption = openConsumption(configOrThrow(env), queue.consumer);
  await (queue.isDead ? keepUnsettled : consume)(batch.messages, consumption);
}

function openConsumption(config: Config, consumer: ConsumerName): Consumption {
  const at = new Date();
  const signal = AbortSignal.timeout(consumptionTimeoutMs);
  const database = openDatabase(config, signal);
  const work: Promise<unknown>[] = [];
  const actor: OperatorActor = { kind: "operator", credential: `consumer:${consumer}` };
  const context: RequestContext = {
    actor,
    at,
    requestId: crypto.randomUUID(),
    traceparent: continueTrace(null).traceparent,
    addressHash: null,
    idempotency: null,
    deadline: { signal },
    services: {
      ...createServices(config, memoryOf(config), database, at, (promise) => work.push(promise)),
      admitProbe: async () => {},
    },
  };
  return {
    consumer,
    handle: config.EVENTS_PAUSED.includes(consumer) ? refuseWhilePaused : createHandler(consumer, context),
    outbox: createOutboxStore(database),
    at,
    random: Math.random,
    log,
  };
}

/** As an outage does, a pause leaves everything to the outbox. */
async function refuseWhilePaused(): Promise<never> {
  throw new AppError("unavailable", "The operator has paused this consumer.");
}

function openDatabase(config: Config, signal: AbortSignal): Database {
  const { DATABASE_URL: connectionString, DATABASE_FETCH_ENDPOINT: fetchEndpoint } = config;
  return createDatabase({ connectionString, fetchEndpoint, signal });
}

function log(line: Record<string, unknown>): void {
  if (line.level === "error") console.error(JSON.stringify(line));
  else console.log(JSON.stringify(line));
}
