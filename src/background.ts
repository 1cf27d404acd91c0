import { deliverDueOf } from "./delivering.ts";
import type { Actor } from "./domain/actor.ts";
import type { ConsumerName } from "./domain/consumer.ts";
import { AppError } from "./domain/errors.ts";
import type { Config } from "./env.ts";
import { relayInBackground } from "./events/backgroundRelay.ts";
import { type Consumption, consume, type Delivery, type HandleEvents, keepUnsettled } from "./events/consume.ts";
import { createHandler } from "./events/handlers.ts";
import { queueBindings, readQueueName } from "./events/queues.ts";
import { giveUpLost, type Relay, relayOnce, type SendMessages } from "./events/relay.ts";
import type { RequestContext } from "./operations/context.ts";
import { continueScheduledRebuild, dropReplaced } from "./operations/graphRebuild.ts";
import { computeMatches, sweepMatches } from "./operations/matchFollowing.ts";
import type { Schedule } from "./operations/schedule.ts";
import { createOwnContext } from "./ownContext.ts";
import { continueTrace } from "./platform/telemetry/traceparent.ts";
import { configOrThrow, memoryOf } from "./services.ts";
import { createDatabase, type Database } from "./stores/postgres/client.ts";
import { createAuditChainStore, sealingBatch } from "./stores/records/auditChain.ts";
import { readTagVersion } from "./stores/records/cacheTags.ts";
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
const behindTimeoutMs = 28_000;

/** Lets work go on after the call that it was begun in. */
type WaitUntil = (work: Promise<unknown>) => void;

/** What scheduled work is done with, bound to a deadline of its own. Throws `unavailable` when the Worker is not configured. */
export function openSchedule(env: object, at: Date, waitUntil: WaitUntil): Schedule {
  const config = configOrThrow(env);
  const begun = Date.now();
  const signal = AbortSignal.timeout(scheduleTimeoutMs);
  const database = openDatabase(config, signal);
  const relay = createRelay(config, database, waitUntil);
  const context = openContext(config, "schedule", database, signal, waitUntil);
  const { services: graph } = context;
  const timeLeftMs = () => begun + scheduleBudgetMs - Date.now();
  const hasTime = () => timeLeftMs() > 0;
  return {
    at,
    traceparent: continueTrace(null).traceparent,
    auditChain: createAuditChainStore(database),
    retention: createRetentionStore(database),
    members: createMemberStore(database),
    exchangeChanges: createExchangeChangeStore(database),
    relay: { send: () => relayOnce(relay), giveUp: () => giveUpLost(relay) },
    matching: {
      async compute() {
        const computed = config.EVENTS_PAUSED.includes("matching") ? 0 : await computeMatches(context);
        if (computed > 0) await relayOnce(relay);
        return computed;
      },
      sweep: () => sweepMatches(context),
    },
    deliverDue: () => deliverDueOf(config),
    deletedKinds,
    batches: { sealing: sealingBatch, retention: retentionBatch, members: memberBatch, completion: completionBatch },
    graph: {
      continueRebuild: () => continueScheduledRebuild(graph, at, hasTime),
      dropReplaced: () => dropReplaced(graph, at, hasTime),
    },
    timeLeftMs,
  };
}

/** What sends events to their consumers, bound to a deadline: its own where none is given. */
export function openRelay(
  config: Config,
  waitUntil: WaitUntil,
  signal: AbortSignal = AbortSignal.timeout(behindTimeoutMs),
): Relay {
  return createRelay(config, openDatabase(config, signal), waitUntil);
}

function createRelay(config: Config, database: Database, waitUntil: WaitUntil): Relay {
  return {
    outbox: createOutboxStore(database),
    send: createSender(config, waitUntil),
    now: () => new Date(),
    resendAfterSeconds: config.RESEND_AFTER_SECONDS,
    isPaused: config.EVENTS_PAUSED.includes("relay"),
    log,
  };
}

/** By the consumer's queue; where there is none (bare workerd), the consumer deals with the events here and now. */
function createSender(config: Config, waitUntil: WaitUntil): SendMessages {
  return async (consumer, messages) => {
    const queue = config[queueBindings[consumer]];
    if (queue) await queue.sendBatch(messages.map((body) => ({ body, contentType: "json" })));
    else await consume(messages.map(deliverHere), openConsumption(config, consumer, waitUntil));
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
  waitUntil: WaitUntil,
): Promise<void> {
  const queue = readQueueName(batch.queue);
  if (!queue) throw new Error(`No consumer belongs to the queue ${batch.queue}.`);
  const consumption = openConsumption(configOrThrow(env), queue.consumer, waitUntil);
  await (queue.isDead ? keepUnsettled : consume)(batch.messages, consumption);
}

function openConsumption(config: Config, consumer: ConsumerName, waitUntil: WaitUntil): Consumption {
  const signal = AbortSignal.timeout(consumptionTimeoutMs);
  const database = openDatabase(config, signal);
  const context = openContext(config, `consumer:${consumer}`, database, signal, waitUntil);
  return {
    consumer,
    handle: config.EVENTS_PAUSED.includes(consumer)
      ? refuseWhilePaused
      : createHandlerThatTells(config, consumer, context, waitUntil),
    outbox: createOutboxStore(database),
    at: context.at,
    random: Math.random,
    log,
  };
}

/** Matching writes events itself, which go on at once as those of a request do; what little another consumer writes waits for the minute. */
function createHandlerThatTells(
  config: Config,
  consumer: ConsumerName,
  context: RequestContext,
  waitUntil: WaitUntil,
): HandleEvents {
  const handle = createHandler(consumer, context);
  if (consumer !== "matching") return handle;
  return async (events) => {
    await handle(events);
    await relayInBackground(openRelay(config, waitUntil), memoryOf(config).relayTurn);
  };
}

/** What consumers and the schedule work in. */
function openContext(
  config: Config,
  credential: string,
  database: Database,
  signal: AbortSignal,
  waitUntil: WaitUntil,
): RequestContext {
  const actor: Actor = { kind: "operator", credential, isUnattended: true };
  const context = createOwnContext(config, actor, database, signal, waitUntil);
  const { at, services } = context;
  const { tags } = memoryOf(config);
  let asked: Promise<void> | null = null;
  // What is computed here stays: it rests on the taxonomy that stands now, and not on what this isolate knew seconds ago.
  const askTaxonomy = () => {
    asked ??= readTagVersion(database, "taxonomy").then((version) => tags.note("taxonomy", version, at));
    return asked;
  };
  return {
    ...context,
    services: {
      ...services,
      readTaxonomy: () => askTaxonomy().then(services.readTaxonomy),
      readMatcher: () => askTaxonomy().then(services.readMatcher),
    },
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
