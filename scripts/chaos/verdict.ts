import { setTimeout as sleep } from "node:timers/promises";
import { neon, neonConfig } from "@neondatabase/serverless";
import { type Id, type Noun, uuidOf } from "../../src/domain/ids.ts";
import type { OutboxStatus } from "../../src/stores/records/outbox.ts";
import { reconcileWhole } from "../graph/reconcile.ts";
import type { Stack } from "./stack.ts";
import type { Acknowledged } from "./writers.ts";

export type Verdict = {
  /** Seconds from the last kill until every event was dealt with. */
  quietAfterSeconds: number;
  events: number;
  deadLetters: number;
  /** Sent again because nobody had dealt with them in time, or sent twice. */
  resent: number;
  /** Answered changes whose event is not there. */
  withoutEvent: Acknowledged[];
  /** Records that were compared with the graph, and how many of them it has otherwise, lacks or has too much. */
  compared: number;
  differences: number;
};

const quietDeadlineMs = 180_000;

/** Waits until every event is dealt with or is a dead letter, and then looks whether anything is missing. */
export async function judge(
  stack: Stack,
  acknowledged: readonly Acknowledged[],
  tell: (difference: { noun: string; id: string; kind: string }) => void,
  signal: AbortSignal,
): Promise<Verdict> {
  const startedAt = performance.now();
  await waitUntilQuiet(stack, signal);
  const quietAfterSeconds = (performance.now() - startedAt) / 1_000;
  const { fetchEndpoint, connectionString } = stack.database();
  neonConfig.fetchEndpoint = fetchEndpoint;
  const sql = neon(connectionString);
  const written = await sql`SELECT DISTINCT subject_id || ' ' || (data ->> 'version') AS change FROM outbox`;
  const changes = new Set(written.map(({ change }) => change as string));
  const [totals] = await sql`SELECT count(*)::integer AS events, count(*) FILTER (WHERE sends > 1)::integer AS resent,
    (SELECT count(*)::integer FROM dead_letters) AS letters FROM outbox`;
  const {
    records: compared,
    missing,
    changed,
    extra,
  } = await reconcileWhole((body) => ask(stack, "POST", "/v1/operations/graph/reconcile", body), false, tell);
  return {
    quietAfterSeconds,
    events: totals!.events,
    deadLetters: totals!.letters,
    resent: totals!.resent,
    withoutEvent: acknowledged.filter(({ id, version }) => !changes.has(`${uuidOf(id as Id<Noun>)} ${version}`)),
    compared,
    differences: missing + changed + extra,
  };
}

async function waitUntilQuiet(stack: Stack, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + quietDeadlineMs;
  let status: OutboxStatus | null = null;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    status = await ask<OutboxStatus>(stack, "GET", "/v1/operations/outbox");
    if (status.consumers.every(({ waiting }) => waiting === 0)) return;
    await fire(stack);
    await sleep(500, undefined, { signal });
  }
  throw new Error(`events were still waiting after ${quietDeadlineMs / 1_000} s: ${JSON.stringify(status)}`);
}

/** The minute's schedule, which nothing local fires by itself. */
async function fire({ url }: Stack): Promise<void> {
  const cron = encodeURIComponent("* * * * *");
  await fetch(`${url}/cdn-cgi/local/scheduled?cron=${cron}`, { signal: AbortSignal.timeout(60_000) });
}

async function ask<Answer>({ url, operatorKey }: Stack, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${operatorKey}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${(await response.text()).slice(0, 500)}`);
  return (await response.json()) as Answer;
}
