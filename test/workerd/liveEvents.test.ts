import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, pointersOf, refuse, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { createWorker } from "./support/ownWorker.ts";
import { type OpenStream, openSocket, openStream, readStream, request, type StreamOptions } from "./support/streams.ts";
import { createKey, createSite, createTenant, insertKey, type Tenant } from "./support/tenants.ts";

const stream = "/v1/events/stream";
const soon = { timeout: 20_000, interval: 50 };

let tenant: Tenant;
let open: { close(): unknown }[];
beforeEach(async () => {
  tenant = await createTenant();
  open = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(open.map((each) => each.close()));
});

async function listen(path = stream, options: StreamOptions = { key: tenant.key }): Promise<OpenStream> {
  const opened = await openStream(path, options);
  open.push(opened);
  return opened;
}

async function connect(path = stream, options: StreamOptions = { key: tenant.key }) {
  const opened = await openSocket(path, options);
  open.push(opened);
  return opened;
}

const ready = (opened: OpenStream) =>
  vi.waitFor(() => expect(opened.blocks.map(({ event }) => event)).toContain("ready"), soon);
const write = async (count: number, as = tenant) => {
  for (let made = 0; made < count; made++) await createSite(as);
};
/** The ids of the organization's events, as pages give them. */
async function idsOf(key: string): Promise<string[]> {
  const ids: string[] = [];
  for (let path = "/v1/events?limit=200"; ; ) {
    const { data, nextCursor, hasMore } = await succeed(200, "GET", path, { key });
    ids.push(...data.map(({ id }: Json) => id));
    if (!hasMore) return ids;
    path = `/v1/events?limit=200&after=${nextCursor}`;
  }
}
const expectAll = (opened: OpenStream, key = tenant.key) =>
  vi.waitFor(async () => expect(opened.ids()).toEqual(await idsOf(key)), soon);
/** Many events at once, beside the API. */
const insertMany = (count: number, of = tenant) =>
  query(
    `INSERT INTO outbox (id, type, subject_id, organization_ids, data, occurred_at, awaiting)
      SELECT gen_random_uuid(), 'turash.site.updated', gen_random_uuid(), ARRAY[$1::uuid], '{"version": 2}', now(), '{}' FROM generate_series(1, $2)`,
    uuidOf(of.id),
    count,
  );
const ticketOf = async (key: string): Promise<string> =>
  (await succeed(201, "POST", "/v1/events/tickets", { key })).ticket;
const feedOf = ({ id }: Tenant) => env.FEEDS.getByName(id);

/** Ends the object, where it runs at this moment, as the platform does. */
const evict = (webSockets: "hibernate" | "close") =>
  evictDurableObject(feedOf(tenant), { webSockets }).catch((error: Error) => {
    if (!error.message.includes("not currently running")) throw error;
  });

describe("a stream of server-sent events", () => {
  it("tells what comes from now on, soon, with cursors as ids, and nothing of others", async () => {
    const other = await createTenant();
    const opened = await listen();
    await ready(opened);
    expect(opened.response.headers.get("cache-control")).toBe("no-store");
    await write(1, other);
    const begun = Date.now();
    await write(1);
    await vi.waitFor(() => expect(opened.ids()).toHaveLength(1), soon);
    expect(Date.now() - begun).toBeLessThan(8_000);
    const { event, id, data } = opened.blocks.at(-1)!;
    expect([event, data.type]).toEqual(["message", "turash.site.created"]);
    const { data: after } = await succeed(200, "GET", `/v1/events?after=${id}`, { key: tenant.key });
    expect(after).toEqual([]);
  });

  it("tells what was there and then what comes, each once and in order, while others write all along", async () => {
    await write(5);
    const writing = write(12);
    const opened = await listen(`${stream}?from=oldest`);
    await writing;
    await write(2);
    await expectAll(opened);
  });

  it("tells two tabs the same", async () => {
    const tabs = [await listen(`${stream}?from=oldest`), await listen(`${stream}?from=oldest`)];
    await write(4);
    for (const tab of tabs) await expectAll(tab);
  });

  it("goes on from every event that it told, by Last-Event-ID, which goes before the address", async () => {
    await write(6);
    const first = await listen(`${stream}?from=oldest`);
    await ready(first);
    await first.close();
    const all = await idsOf(tenant.key);
    for (const [index, { id }] of first.blocks.entries()) {
      const again = await listen(`${stream}?from=oldest`, { key: tenant.key, headers: { "last-event-id": id! } });
      await ready(again);
      expect(again.ids()).toEqual(all.slice(index + 1));
      await again.close();
    }
    const byAddress = await listen(`${stream}?after=${first.blocks[2]!.id}`);
    await ready(byAddress);
    expect(byAddress.ids()).toEqual(all.slice(3));
  });

  it("misses nothing when its object is evicted, asleep or with its sockets closed", async () => {
    const opened = await listen(`${stream}?from=oldest`);
    await ready(opened);
    for (const webSockets of ["hibernate", "close"] as const) {
      const writing = write(3);
      await evict(webSockets);
      await writing;
      await evict(webSockets);
      await write(2);
      await expectAll(opened);
    }
  });

  it("is of the types that were asked for", async () => {
    const opened = await listen(`${stream}?types=turash.api_key.*`);
    await ready(opened);
    await write(1);
    await createKey(tenant);
    await vi.waitFor(() => expect(opened.ids()).toHaveLength(1), soon);
    expect(opened.blocks.at(-1)!.data.type).toBe("turash.api_key.created");
    const viewer = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    await refuse(403, "GET", `${stream}?types=turash.api_key.*`, { key: viewer });
  });

  it("tells the operator of every organization, and them of the operator", async () => {
    const opened = await listen(stream, { key: operatorKey });
    await ready(opened);
    await write(1);
    await vi.waitFor(
      () => expect(opened.blocks.some(({ data }) => data.type === "turash.site.created")).toBe(true),
      soon,
    );
    const entries = await query(
      "SELECT count(*)::integer AS count FROM audit_entries WHERE action = 'event.list' AND organization_id = $1",
      uuidOf(tenant.id),
    );
    expect(entries[0].count).toBeGreaterThan(0);
  });

  it("gives a sign of life where nothing happens", async () => {
    const bindings = { LIVE_EVENTS: JSON.stringify({ heartbeatSeconds: 0.2, verifySeconds: 0.1 }) };
    const opened = await listen(stream, { key: tenant.key, bindings });
    await vi.waitFor(() => expect(opened.beats()).toBeGreaterThan(3), soon);
  });

  it("goes without hints where there is no object", async () => {
    const opened = await listen(stream, { key: tenant.key, bindings: { FEEDS: undefined } });
    await ready(opened);
    await write(2);
    await vi.waitFor(() => expect(opened.ids()).toHaveLength(2), soon);
  });

  it("counts once against the limits, however long it lasts", async () => {
    const bindings = {
      LIMITS: JSON.stringify({ addressPerMinute: null, credentialPerMinute: 50 }),
      LIVE_EVENTS: JSON.stringify({ verifySeconds: 0.05, pollSeconds: 0.1 }),
      CREDENTIAL_LIMIT: undefined,
    };
    const ask = createWorker(bindings);
    const left = async () =>
      Number(
        /"credentialPerMinute";r=(\d+)/.exec(
          (await ask({ path: "/v1/me", key: tenant.key })).headers.get("ratelimit")!,
        )![1],
      );
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const before = await left();
    await ask({ path: stream, key: tenant.key });
    expect(await left()).toBe(before - 2);
  });

  it("is not more than so many for one organization", async () => {
    const bindings = { LIVE_EVENTS: JSON.stringify({ maximumListeners: 2 }) };
    const options = { key: tenant.key, bindings };
    const first = await listen(stream, options);
    await listen(stream, options);
    const refused = await request(stream, options);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("10");
    expect(((await refused.json()) as Json).reason).toBe("too_many_listeners");
    await first.close();
    await vi.waitFor(async () => {
      const answer = await request(stream, options);
      if (answer.status === 200) open.push(readStream(answer));
      expect(answer.status).toBe(200);
    }, soon);
    const other = await createTenant();
    await listen(stream, { key: other.key, bindings });
  });

  it("drops a listener that takes nothing, with the reason and a cursor from which it goes on", async () => {
    const bindings = { LIVE_EVENTS: JSON.stringify({ slowAfterSeconds: 0.5, verifySeconds: 0.1 }) };
    await insertMany(600);
    const answer = await request(`${stream}?from=oldest`, { key: tenant.key, bindings });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const opened = readStream(answer);
    await vi.waitFor(() => expect(opened.isOver()).toBe(true), soon);
    const { event, data } = opened.blocks.at(-1)!;
    expect([event, data.reason, data.reconnect]).toEqual(["dropped", "slow_listener", "later"]);
    const all = await idsOf(tenant.key);
    expect(opened.ids().length).toBeLessThan(400);
    const again = await listen(`${stream}?after=${data.cursor}`);
    await vi.waitFor(() => expect([...opened.ids(), ...again.ids()]).toEqual(all), soon);
  });

  it("ends after its time and can be opened again at once", async () => {
    const bindings = { LIVE_EVENTS: JSON.stringify({ lifetimeSeconds: 0.5, verifySeconds: 0.1 }) };
    const opened = await listen(stream, { key: tenant.key, bindings });
    await vi.waitFor(() => expect(opened.isOver()).toBe(true), soon);
    expect(opened.blocks.at(-1)).toMatchObject({
      event: "dropped",
      data: { reason: "lifetime_over", reconnect: "now" },
    });
  });
});

describe("a stream ends within seconds of its credential", () => {
  const expectEnd = async (opened: OpenStream, reason = "credential_ended") => {
    const begun = Date.now();
    await vi.waitFor(() => expect(opened.isOver()).toBe(true), soon);
    expect(opened.blocks.at(-1)).toMatchObject({ event: "dropped", data: { reason, reconnect: "never" } });
    expect(Date.now() - begun).toBeLessThan(9_000);
  };

  it("when a key is revoked", async () => {
    const { id, key } = await createKey(tenant);
    const opened = await listen(stream, { key });
    const socket = await connect(stream, { key });
    await succeed(204, "DELETE", `/v1/api-keys/${id}`, { key: tenant.key });
    await expectEnd(opened);
    await vi.waitFor(() => expect(socket.closed()).toEqual({ code: 4000, reason: "credential_ended" }), soon);
    await refuse(401, "GET", stream, { key });
  });

  it("when a key ends beside the API, where no event tells of it", async () => {
    const { id, key } = await createKey(tenant);
    const opened = await listen(stream, { key });
    await query("UPDATE api_keys SET revoked_at = now() WHERE id = $1", uuidOf(id));
    await expectEnd(opened);
  });

  it("when the organization is closed", async () => {
    const opened = await listen();
    await succeed(204, "DELETE", `/v1/organizations/${tenant.id}`, { key: tenant.key });
    await expectEnd(opened);
  });

  it("when the credential that its ticket was given for ends", async () => {
    const { id, key } = await createKey(tenant);
    const opened = await listen(`${stream}?ticket=${await ticketOf(key)}`, {});
    await ready(opened);
    await succeed(204, "DELETE", `/v1/api-keys/${id}`, { key: tenant.key });
    await expectEnd(opened);
  });
});

describe("a ticket", () => {
  it("opens one stream in place of a key, whatever opens it, and no second one", async () => {
    for (const use of [
      async (path: string) => void (await ready(await listen(path, {}))),
      async (path: string) => void (await connect(path, {})),
    ]) {
      const ticket = await ticketOf(tenant.key);
      await use(`${stream}?ticket=${ticket}`);
      expect((await refuse(401, "GET", `${stream}?ticket=${ticket}`)).reason).toBe("ticket_refused");
    }
  });

  it("is one of many at once for the first of them alone", async () => {
    const ticket = await ticketOf(tenant.key);
    const answers = await Promise.all(Array.from({ length: 6 }, () => request(`${stream}?ticket=${ticket}`)));
    for (const answer of answers.filter(({ status }) => status === 200)) open.push(readStream(answer));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401, 401]);
  });

  it("lets its holder hear what the key may, and no other's", async () => {
    const viewer = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    const opened = await listen(`${stream}?ticket=${await ticketOf(viewer)}&from=oldest`, {});
    await createKey(tenant);
    await write(1);
    await vi.waitFor(() => expect(opened.blocks.at(-1)!.data.type).toBe("turash.site.created"), soon);
    expect(opened.blocks.some(({ data }) => data.type?.startsWith("turash.api_key."))).toBe(false);
  });

  it("is refused after a minute, and forgotten by its object", async () => {
    const [late, unused] = [await ticketOf(tenant.key), await ticketOf(tenant.key)];
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_001 });
    await refuse(401, "GET", `${stream}?ticket=${late}`);
    expect(await runDurableObjectAlarm(feedOf(tenant))).toBe(true);
    expect(await runDurableObjectAlarm(feedOf(tenant))).toBe(false);
    vi.useRealTimers();
    await refuse(401, "GET", `${stream}?ticket=${unused}`);
  });

  it("that was not given here is refused: damaged, made up, or of another organization", async () => {
    const ticket = await ticketOf(tenant.key);
    const other = await createTenant();
    for (const wrong of [
      "nonsense",
      `${ticket}x`,
      ticket.slice(0, -1),
      ticket.replace(tenant.id.slice(4), other.id.slice(4)),
      ticket.replace(tenant.id.slice(4), "operator"),
      "turash_ticket_operator_1_1",
      tenant.key,
    ])
      expect((await refuse(401, "GET", `${stream}?ticket=${encodeURIComponent(wrong)}`)).reason, wrong).toBe(
        "ticket_refused",
      );
    expect((await refuse(401, "GET", stream)).reason).toBe("credential_missing");
    expect((await call("GET", `/v1/events?ticket=${ticket}`)).status).toBe(401);
  });

  it("is in no log and in no answer but its own", async () => {
    const lines: string[] = [];
    for (const method of ["log", "warn", "error"] as const)
      vi.spyOn(console, method).mockImplementation((...words) => void lines.push(words.join(" ")));
    const ticket = await ticketOf(tenant.key);
    const ask = createWorker({ LOG_REQUESTS: "all" });
    await ask({ path: `${stream}?ticket=${ticket}` });
    const refused = await ask({ path: `${stream}?ticket=${ticket}` });
    const strange = await ask({ path: `${stream}?types=${ticket}`, key: tenant.key });
    vi.restoreAllMocks();
    expect([refused.status, strange.status]).toEqual([401, 400]);
    expect(lines.length).toBeGreaterThan(0);
    const secret = ticket.slice(-20);
    expect([...lines, refused.text, strange.text].filter((text) => text.includes(secret))).toEqual([]);
  });
});

describe("a WebSocket of events", () => {
  it("says that it is ready, tells events with cursors, and answers a ping", async () => {
    const socket = await connect();
    await vi.waitFor(() => expect(socket.frames[0]).toMatchObject({ type: "ready" }), soon);
    await write(2);
    await vi.waitFor(() => expect(socket.frames).toHaveLength(3), soon);
    expect(socket.frames[2]).toMatchObject({
      type: "event",
      event: { specversion: "1.0", type: "turash.site.created" },
    });
    socket.send({ type: "ack", cursor: socket.frames[2].cursor });
    socket.send({ type: "ping" });
    await vi.waitFor(() => expect(socket.frames.at(-1)).toEqual({ type: "pong" }), soon);
    const again = await connect(`${stream}?after=${socket.frames[1].cursor}`);
    await vi.waitFor(() => expect(again.frames.at(-1)).toMatchObject({ type: "ready" }), soon);
    expect(again.frames[0]).toEqual(socket.frames[2]);
  });

  it("waits for what it sent to be acknowledged, drops who never does, and goes on from the cursor", async () => {
    await insertMany(400);
    const all = await idsOf(tenant.key);
    const bindings = { LIVE_EVENTS: JSON.stringify({ slowAfterSeconds: 1, verifySeconds: 0.2 }) };
    const socket = await connect(`${stream}?from=oldest`, { key: tenant.key, bindings });
    await vi.waitFor(() => expect(socket.closed()).toEqual({ code: 4100, reason: "slow_listener" }), soon);
    const { type, cursor } = socket.frames.at(-1);
    expect(type).toBe("dropped");
    const ids = (frames: Json[]) => frames.filter((frame) => frame.type === "event").map(({ event }) => event.id);
    expect(ids(socket.frames)).toHaveLength(256);
    const again = await connect(`${stream}?after=${cursor}`);
    await vi.waitFor(() => expect([...ids(socket.frames), ...ids(again.frames)]).toEqual(all), soon);
  });

  it("is closed with the reason for a frame that is none", async () => {
    const socket = await connect();
    socket.send("{half");
    await vi.waitFor(() => expect(socket.closed()).toEqual({ code: 4003, reason: "frame_refused" }), soon);
  });

  it("needs the protocol that is spoken here", async () => {
    const headers = { upgrade: "websocket", "sec-websocket-protocol": "chat, turash.events.v2" };
    const problem = (await (await request(stream, { key: tenant.key, headers })).json()) as Json;
    expect([problem.status, pointersOf(problem)]).toEqual([400, ["/headers/sec-websocket-protocol"]]);
  });

  it("is open to pages of the configured origins", async () => {
    const bindings = { CORS_ORIGINS: "https://app.example" };
    const ticket = await ticketOf(tenant.key);
    await connect(`${stream}?ticket=${ticket}`, { bindings, headers: { origin: "https://app.example" } });
  });
});
