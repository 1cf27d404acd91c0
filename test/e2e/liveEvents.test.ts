import { setTimeout as sleep } from "node:timers/promises";
import { EventSource } from "eventsource";
import { expect, inject, it, vi } from "vitest";
import { WebSocket } from "ws";
import { createCaller, expectSuccess } from "../support/apiCaller.ts";
import { startCuttingProxy } from "../support/cuttingProxy.ts";

type Page = { data: { id: string }[]; nextCursor: string; hasMore: boolean };
type Frame = { type: string; cursor: string; event: { id: string }; reason?: string };

const { url, keys } = inject("service");
const key = keys.novo!;
const call = createCaller(url, key);
const path = "/v1/events/stream";
/** Long enough for some breaks of each client, whose own wait is a second or two. */
const writingMs = 15_000;
const patience = { timeout: 30_000, interval: 100 };

const list = (query: string) => expectSuccess(call<Page>("GET", `/v1/events?limit=200&${query}`));

async function listAll(after: string): Promise<string[]> {
  const ids: string[] = [];
  for (let page = await list(`after=${after}`); ; page = await list(`after=${page.nextCursor}`)) {
    ids.push(...page.data.map(({ id }) => id));
    if (!page.hasMore) return ids;
  }
}

/** Changes one site again and again, from several hands, until it is time. */
async function writeAll(until: number): Promise<number> {
  const { data } = await expectSuccess(call<{ data: { id: string }[] }>("GET", "/v1/sites?externalId=novo"));
  let written = 0;
  const write = async (hand: number) => {
    while (Date.now() < until) {
      const name = `Works ${hand}-${written}`;
      const { status } = await call("PATCH", `/v1/sites/${data[0]!.id}`, { name });
      // Hands that meet at one version are refused, and write again.
      if (status === 200) written++;
      else expect([409, 412]).toContain(status);
      await sleep(20);
    }
  };
  await Promise.all([write(1), write(2), write(3)]);
  return written;
}

/** `eventsource` as a page or a program has it, which comes back by itself with the last id. */
function listenBySource(base: string, after: string) {
  const ids: string[] = [];
  const source = new EventSource(`${base}${path}?after=${after}`, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } }),
  });
  source.addEventListener("message", ({ data }) => ids.push(JSON.parse(data).id));
  return { ids, close: () => source.close() };
}

/** `ws`, opened again from the last cursor whenever it is broken. */
function listenBySocket(base: string, after: string) {
  const ids: string[] = [];
  let cursor = after;
  let socket: WebSocket;
  let isOver = false;
  const connect = () => {
    socket = new WebSocket(`${base.replace("http", "ws")}${path}?after=${cursor}`, ["turash.events.v1"], {
      headers: { authorization: `Bearer ${key}` },
    });
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      if (frame.type === "event") {
        ids.push(frame.event.id);
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "ack", cursor: frame.cursor }));
      }
      cursor = frame.cursor ?? cursor;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!isOver) setTimeout(connect, 200);
    });
  };
  connect();
  return {
    ids,
    close() {
      isOver = true;
      socket.terminate();
    },
  };
}

it("brings each event once and in order to clients of others, under a stream of writes and through a network that breaks", async () => {
  const proxy = await startCuttingProxy(url);
  const { nextCursor: after } = await list("from=now");
  const bySource = [listenBySource(proxy.url, after), listenBySource(proxy.url, after)];
  const bySocket = [listenBySocket(proxy.url, after), listenBySocket(proxy.url, after)];
  const listeners = [...bySource, ...bySocket];
  try {
    const until = Date.now() + writingMs;
    const writing = writeAll(until);
    while (Date.now() < until) {
      await sleep(500 + Math.random() * 3_000);
      proxy.cut();
    }
    const written = await writing;
    const expected = await listAll(after);
    expect(expected.length).toBeGreaterThanOrEqual(written);
    expect(written).toBeGreaterThan(30);
    expect(proxy.cuts()).toBeGreaterThan(3);
    await vi.waitFor(() => {
      for (const { ids } of listeners) expect(ids.length).toBeGreaterThanOrEqual(expected.length);
    }, patience);
    for (const { ids } of listeners) expect(ids).toEqual(expected);
    console.info(`${written} writes, ${expected.length} events, ${proxy.cuts()} breaks of four listeners`);
  } finally {
    for (const listener of listeners) listener.close();
    await proxy.stop();
  }
});

it("lets a page in by a ticket, once", async () => {
  const { ticket } = await expectSuccess(call<{ ticket: string }>("POST", "/v1/events/tickets"));
  const open = () => new WebSocket(`${url.replace("http", "ws")}${path}?ticket=${ticket}`, ["turash.events.v1"]);
  const first = open();
  const frame = await new Promise<Frame>((resolve) =>
    first.once("message", (data) => resolve(JSON.parse(String(data)))),
  );
  expect(frame.type).toBe("ready");
  const refused = await new Promise<number | undefined>((resolve) => {
    const second = open();
    second.on("error", () => {});
    second.once("unexpected-response", (_, response) => resolve(response.statusCode));
  });
  expect(refused).toBe(401);
  first.close();
});
