import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { toMessage } from "../../src/domain/event.ts";
import { createId, idFromUuid, uuidOf } from "../../src/domain/ids.ts";
import worker from "../../src/index.ts";
import { operatorKey, refuse, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { createFlow, createPair, createSite, createTenant, steamSupply, type Tenant } from "./support/tenants.ts";

const operations = "/v1/operations";
const asOperator = { key: operatorKey };

async function eventOf(subject: string) {
  const [row] = await query(
    "SELECT id, awaiting, sends FROM outbox WHERE subject_id = $1 ORDER BY xid DESC, sequence DESC LIMIT 1",
    subject,
  );
  return row;
}

/** Gives the Worker one batch of a queue, and what it did with each message. */
async function receive(queue: string, ...bodies: unknown[]) {
  const messages = bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts: 1, body }));
  const batch = createMessageBatch(queue, messages);
  const context = createExecutionContext();
  await worker.queue(batch as never, env as never, context);
  await waitOnExecutionContext(context);
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context);
  return { acknowledged: explicitAcks, retried: retryMessages };
}

async function lettersOf(consumer: string, code: string) {
  const { data } = await succeed(
    200,
    "GET",
    `${operations}/dead-letters?consumer=${consumer}&code=${code}`,
    asOperator,
  );
  return data;
}

describe("an event", () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await createTenant();
  });

  it("goes through the queues of all its consumers behind the answer that it comes from", async () => {
    const site = await createSite(tenant);
    const flow = await createFlow(tenant, steamSupply(site.id));
    await vi.waitFor(async () => expect(await eventOf(uuidOf(flow.id))).toMatchObject({ awaiting: [], sends: 1 }), {
      timeout: 20_000,
      interval: 100,
    });
  });

  it("that reading leads to goes behind the answer as well", async () => {
    const { seller, buyer, matchId: id } = await createPair();
    const matchId = id as `match_${string}`;
    // What was written before brings a relay of its own, which would take this event along.
    const waiting = () =>
      query(
        "SELECT id FROM outbox WHERE awaiting <> '{}' AND organization_ids && $1::uuid[]",
        `{${uuidOf(seller.id)},${uuidOf(buyer.id)}}`,
      );
    await expect.poll(waiting, { timeout: 30_000, interval: 100 }).toEqual([]);
    const context = createExecutionContext();
    const request = new Request(`https://turash.test/v1/matches/${matchId}`, {
      headers: { authorization: `Bearer ${seller.key}` },
    });
    await (await worker.fetch(request as never, env as never, context)).text();
    const [viewed] = await query(
      "SELECT type, sends FROM outbox WHERE subject_id = $1 ORDER BY xid DESC LIMIT 1",
      uuidOf(matchId),
    );
    expect(viewed.type).toBe("turash.match.viewed");
    await waitOnExecutionContext(context);
    expect((await eventOf(uuidOf(matchId))).sends).toBe(1);
  });

  it("is sent on by the minute's schedule where the one who wrote it could not", async () => {
    const subject = crypto.randomUUID();
    await query(
      "INSERT INTO outbox (id, type, subject_id, organization_ids, data, occurred_at) VALUES (gen_random_uuid(), 'turash.site.updated', $1, '{}', '{\"version\": 2}', now())",
      subject,
    );
    await worker.scheduled(
      { cron: "* * * * *", scheduledTime: Date.now(), noRetry() {} } as never,
      env as never,
      createExecutionContext(),
    );
    expect((await eventOf(subject)).sends).toBe(1);
    await vi.waitFor(async () => expect((await eventOf(subject)).awaiting).toEqual([]), {
      timeout: 20_000,
      interval: 100,
    });
  });
});

describe("a message", () => {
  const event = {
    id: createId("event"),
    type: "turash.flow.updated" as const,
    subject: createId("flow"),
    time: new Date().toISOString(),
    data: { version: 2 },
    organizationIds: [],
    traceparent: null,
  };

  it("of an event whose rows are gone is dealt with", async () => {
    for (const consumer of ["graph", "matching", "feeds", "webhooks"])
      expect(await receive(`turash-${consumer}`, toMessage(event)), consumer).toEqual({
        acknowledged: ["0"],
        retried: [],
      });
  });

  it("that is no event is kept for the operator, who cannot send it back", async () => {
    const marker = crypto.randomUUID();
    expect(await receive("turash-graph", `{"half": "${marker}`)).toEqual({ acknowledged: ["0"], retried: [] });
    const letter = (await lettersOf("graph", "malformed")).find(({ message }: { message: string }) =>
      message?.includes(marker),
    );
    expect(letter).toMatchObject({ consumer: "graph", eventId: null, type: null, replayedAt: null });
    const replay = `${operations}/dead-letters/${letter.id}/replay`;
    expect((await refuse(409, "POST", replay, asOperator)).reason).toBe("nothing_to_replay");
  });

  it("that its consumer never settled is kept too, and its event is sent again when the operator says so, once", async () => {
    const tenant = await createTenant();
    const id = idFromUuid("event", (await eventOf(uuidOf(tenant.id))).id);
    expect(await receive("turash-webhooks-dead", toMessage({ ...event, id }))).toEqual({
      acknowledged: ["0"],
      retried: [],
    });
    const letter = (await lettersOf("webhooks", "undeliverable")).find(
      ({ eventId }: { eventId: string }) => eventId === id,
    );
    expect(letter.type).toBe("turash.organization.created");
    const replay = `${operations}/dead-letters/${letter.id}/replay`;
    const replayed = await succeed(200, "POST", replay, asOperator);
    expect(replayed).toMatchObject({ id: letter.id, version: 2 });
    expect(replayed.replayedAt).not.toBeNull();
    expect((await refuse(409, "POST", replay, asOperator)).reason).toBe("already_replayed");
    await vi.waitFor(async () => expect((await eventOf(uuidOf(tenant.id))).awaiting).toEqual([]), {
      timeout: 20_000,
      interval: 100,
    });
  });

  it("of a queue that nobody consumes is refused", async () => {
    await expect(receive("turash-strangers", "x")).rejects.toThrow("turash-strangers");
  });
});

describe("the operator", () => {
  it("sees how far events have come, by consumer", async () => {
    const status = await succeed(200, "GET", `${operations}/outbox`, asOperator);
    expect(status.consumers.map(({ consumer }: { consumer: string }) => consumer)).toEqual([
      "graph",
      "matching",
      "feeds",
      "webhooks",
    ]);
  });

  it("sends back all dead letters of a kind", async () => {
    const tenant = await createTenant();
    const { id } = await eventOf(uuidOf(tenant.id));
    await query(
      "INSERT INTO dead_letters (id, consumer, event_id, type, code, error, attempts, died_at) VALUES (gen_random_uuid(), 'feeds', $1, 'turash.organization.created', 'tried_here', 'x', 8, now())",
      id,
    );
    const body = { consumer: "feeds", code: "tried_here" };
    expect(await succeed(200, "POST", `${operations}/dead-letters/replay`, { ...asOperator, body })).toEqual({
      replayed: 1,
    });
    expect(await succeed(200, "POST", `${operations}/dead-letters/replay`, { ...asOperator, body })).toEqual({
      replayed: 0,
    });
  });
});
