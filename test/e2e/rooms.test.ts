import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { WebSocket } from "ws";
import { findChromium } from "../../scripts/browser/debianChromium.ts";
import { openEnvironment } from "../../scripts/python/environment.ts";
import { readRoomLog } from "../../scripts/rooms/readRoomLog.ts";
import { verifyRoomLog } from "../../scripts/rooms/verifyRoomLog.ts";
import { RoomClient } from "../../src/client/index.ts";
import { maximumSockets } from "../../src/rooms/capacity.ts";
import { closeCodes } from "../../src/rooms/closeCodes.ts";
import type { RoomEvent } from "../../src/rooms/events.ts";
import { type ServerFrame, serverFrameSchemas } from "../../src/rooms/protocol.ts";
import { replay } from "../../src/rooms/state.ts";
import { createCaller, expectSuccess } from "../support/apiCaller.ts";
import { startCuttingProxy } from "../support/cuttingProxy.ts";
import { installClient } from "../support/installedClient.ts";
import { createRoomPair, type RoomPair } from "../support/roomPair.ts";

const execute = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const { url, keys } = inject("service");
let project: string;
let pair: RoomPair;

beforeAll(async () => {
  project = await installClient(root);
  pair = await createRoomPair(url, keys.operator!);
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

type Page = { data: RoomEvent[]; head: number; nextAfter: number | null };

/** A room's log, as its pages give it, of which all that it claims must hold. */
async function verifiedLog({ matchId, seller }: RoomPair): Promise<RoomEvent[]> {
  const call = createCaller(url, seller);
  const pages: Page[] = [];
  for (let after: number | null = 0; after !== null; after = pages.at(-1)!.nextAfter)
    pages.push(await expectSuccess(call<Page>("GET", `/v1/rooms/${matchId}/events?after=${after}&limit=50`)));
  const report = verifyRoomLog(readRoomLog(pages.map((page) => JSON.stringify(page)).join("\n")));
  expect(report).toMatchObject({ matchId, fault: null });
  return pages.flatMap(({ data }) => data);
}

const said = (events: readonly RoomEvent[]) =>
  events.flatMap((event) => (event.type === "chat.sent" ? [event.data.text] : []));

describe("the client of this package", () => {
  it("bargains to an agreement in the lines that the guide shows, and the log that it leaves verifies", async () => {
    const own = await createRoomPair(url, keys.operator!);
    const guide = readFileSync(join(root, "docs/guides/rooms-client.md"), "utf8");
    const example = /```js\n([\s\S]*?)```/.exec(guide)![1]!;
    expect(example.trim().split("\n").length).toBeLessThanOrEqual(30);
    writeFileSync(join(project, "example.mjs"), example);
    const env = { ...process.env, URL: url, MATCH: own.matchId, SELLER: own.seller, BUYER: own.buyer };
    const { stdout } = await execute(process.execPath, [join(project, "example.mjs")], { env, timeout: 60_000 });
    const events = await verifiedLog(own);
    const types = events.map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(["offer.proposed", "offer.countered", "offer.accepted", "agreement.confirmed"]),
    );
    const state = replay(events)!;
    const { exchangeId, hash } = state.agreement!;
    expect(stdout).toContain(`${exchangeId} on offer ${hash}`);
    const exchange = await expectSuccess(createCaller(url, own.buyer)<object>("GET", `/v1/exchanges/${exchangeId}`));
    expect(exchange).toMatchObject({ matchId: own.matchId, quantity: { amount: 1_500, unit: "t/a" }, state: "agreed" });
    const path = join(project, "room.ndjson");
    writeFileSync(path, events.map((event) => JSON.stringify(event)).join("\n"));
    const verified = await execute(process.execPath, [join(root, "scripts/roomVerify.ts"), path]);
    expect(verified.stdout).toContain(hash);
  });

  it("has every command happen once and in order, through a network that breaks", async () => {
    const proxy = await startCuttingProxy(url);
    const own = await createRoomPair(url, keys.operator!);
    const { matchId } = own;
    const clients = [own.seller, own.buyer].map(
      (credential) => new RoomClient({ url: proxy.url, matchId, credential, from: "start" }),
    );
    try {
      const told = clients.map((client) => {
        const events: RoomEvent[] = [];
        client.on("event", (event) => events.push(event));
        return events;
      });
      const until = Date.now() + 15_000;
      const sent: string[][] = [[], []];
      const answers: Promise<{ seq: number }>[] = [];
      const cutting = (async () => {
        while (Date.now() < until) {
          await sleep(400 + Math.random() * 1_500);
          proxy.cut();
        }
      })();
      while (Date.now() < until) {
        for (const [side, client] of clients.entries()) {
          const words = `${side}-${sent[side]!.length}`;
          sent[side]!.push(words);
          answers.push(client.send({ type: "chat.send", text: words }));
        }
        await sleep(100);
      }
      await cutting;
      const outcomes = await Promise.all(answers);
      const events = await verifiedLog(own);
      for (const side of [0, 1])
        expect(said(events).filter((words) => words.startsWith(`${side}-`))).toEqual(sent[side]);
      const head = Math.max(...outcomes.map(({ seq }) => seq), events.length);
      for (const [side, client] of clients.entries()) {
        await client.until((state) => state.head >= head);
        expect(told[side]!.slice(0, events.length)).toEqual(events);
      }
      expect(clients[0]!.state).toEqual(clients[1]!.state);
      expect(proxy.cuts()).toBeGreaterThan(2);
      console.info(`${answers.length} commands, ${events.length} events, ${proxy.cuts()} breaks of two clients`);
    } finally {
      for (const client of clients) client.close();
      await proxy.stop();
    }
  });

  it("goes where it is not let in, and says so", async () => {
    const stranger = await createRoomPair(url, keys.operator!);
    const client = new RoomClient({ url, matchId: pair.matchId, credential: stranger.seller });
    expect(await client.ended).toMatchObject({ reason: "ticket_refused" });
  });
});

/** A socket of the package `ws`, each of whose frames is held to the protocol. */
async function openSocket(credential: string, protocol = "turash.room.v1") {
  const { ticket } = await expectSuccess(
    createCaller(url, credential)<{ ticket: string }>("POST", `/v1/rooms/${pair.matchId}/tickets`),
  );
  const address = `${url.replace("http", "ws")}/v1/rooms/${pair.matchId}/socket?ticket=${ticket}`;
  const socket = new WebSocket(address, protocol);
  const frames: ServerFrame[] = [];
  const texts: string[] = [];
  socket.on("message", (data) => {
    texts.push(String(data));
    if (String(data) === "pong") return;
    const frame = JSON.parse(String(data)) as ServerFrame;
    frames.push(serverFrameSchemas[frame.type].parse(frame) as ServerFrame);
  });
  const closed = once(socket, "close") as Promise<[code: number, reason: Buffer]>;
  await once(socket, "open");
  const send = (frame: object) => socket.send(JSON.stringify(frame));
  const next = async <Type extends ServerFrame["type"]>(type: Type, from = 0) => {
    await expect.poll(() => frames.slice(from).some((frame) => frame.type === type), { timeout: 20_000 }).toBe(true);
    return frames.slice(from).find((frame) => frame.type === type) as Extract<ServerFrame, { type: Type }>;
  };
  return { socket, frames, texts, closed, send, next, address };
}

describe("a client that is not ours", () => {
  it("of `ws` speaks the protocol: hello, commands, the first answer to a repeat, signs of life, and what it missed", async () => {
    const one = await openSocket(pair.seller);
    one.send({ type: "hello" });
    const { head, state, member } = await one.next("welcome");
    expect(state).toMatchObject({ matchId: pair.matchId, head, phase: "open" });
    expect(member.side).toBe("output");
    one.socket.send("ping");
    await expect.poll(() => one.texts).toContain("pong");
    const command = { type: "chat.send", clientMessageId: "ws-1", text: "Hello from ws" };
    one.send(command);
    const ack = await one.next("ack");
    const before = one.frames.length;
    one.send(command);
    expect(await one.next("ack", before)).toEqual(ack);
    one.send({ type: "offer.steal", clientMessageId: "ws-2" });
    expect(await one.next("error")).toMatchObject({ clientMessageId: "ws-2", code: "unknown_command" });
    one.socket.terminate();
    const two = await openSocket(pair.seller);
    two.send({ type: "hello", lastSeq: head });
    expect((await two.next("welcome")).state).toBeNull();
    expect(await two.next("event")).toMatchObject({ event: { seq: head + 1 } });
    two.socket.close(1000);
    await two.closed;
    expect(said(await verifiedLog(pair)).filter((words) => words === "Hello from ws")).toHaveLength(1);
  });

  it("of `ws` is closed by the code that says why", async () => {
    const future = await openSocket(pair.buyer);
    future.send({ type: "hello", lastSeq: 1_000_000 });
    expect(await future.next("error")).toMatchObject({ code: "seq_in_the_future" });
    expect((await future.closed)[0]).toBe(closeCodes.seq_in_the_future.code);
    const large = await openSocket(pair.buyer);
    large.send({ type: "hello" });
    large.send({ type: "chat.send", clientMessageId: "large", text: "x".repeat(70_000) });
    expect((await large.closed)[0]).toBe(closeCodes.frame_too_large.code);
    const again = new WebSocket(large.address, "turash.room.v1");
    again.on("error", () => {});
    const [, answer] = (await once(again, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(answer.statusCode).toBe(401);
    again.terminate();
  });

  it("of `ws` is told at once that it has as many sockets as one may have", async () => {
    const { matchId, seller } = await createRoomPair(url, keys.operator!);
    const open = async () => {
      const address = `${url.replace("http", "ws")}/v1/rooms/${matchId}/socket`;
      const socket = new WebSocket(address, "turash.room.v1", { headers: { authorization: `Bearer ${seller}` } });
      const closed = once(socket, "close");
      await once(socket, "open");
      return { socket, closed };
    };
    const own: WebSocket[] = [];
    while (own.length < maximumSockets.ofParticipant) own.push((await open()).socket);
    const { closed } = await open();
    // Much sooner than a client gives up a close that the other end does not complete.
    const [code] = await Promise.race([closed, sleep(10_000, ["not closed"])]);
    expect(code).toBe(closeCodes.too_many_sockets.code);
    for (const socket of own) socket.terminate();
  });

  it("of Python's `websockets` comes in, is heard, and resumes", { timeout: 180_000 }, async () => {
    const requirements = join(import.meta.dirname, "rooms/requirements.txt");
    const signal = AbortSignal.timeout(150_000);
    const python = await openEnvironment("websockets", requirements, (line) => console.info(line), signal);
    const env = { ...process.env, URL: url, MATCH: pair.matchId, KEY: pair.buyer };
    const { stdout } = await execute(python, [join(import.meta.dirname, "rooms/member.py")], { env, timeout: 100_000 });
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ subprotocol: "turash.room.v1", side: "input", pong: true, again: told.ack });
    expect(told.error).toMatchObject({ clientMessageId: "python-2", errors: [{ pointer: "/colour" }] });
    expect(told.binary).toBe(closeCodes.binary_frame.code);
    expect(said(told.missed)).toEqual(["Guten Tag – from Python"]);
    const events = await verifiedLog(pair);
    expect(said(events).filter((words) => words.endsWith("from Python"))).toHaveLength(1);
    expect(events.find(({ seq }) => seq === told.ack.seq)).toMatchObject({ type: "chat.sent" });
  });

  it("of Chromium takes part by our client in a page, without anything of Node's", { timeout: 300_000 }, async () => {
    const chromium = await findChromium((line) => console.info(line));
    writeFileSync(join(project, "page.js"), readFileSync(join(import.meta.dirname, "rooms/page.js")));
    const { outputFiles } = await build({
      entryPoints: [join(project, "page.js")],
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
    });
    const told = Promise.withResolvers<{ [name: string]: unknown; events: RoomEvent[] }>();
    const ticketOf = createCaller(url, pair.seller);
    /** The page's own server, which holds the key. */
    const server = createServer(async (request, response) => {
      if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(outputFiles[0]!.text);
      else if (request.url === "/where") response.end(JSON.stringify({ url, matchId: pair.matchId }));
      else if (request.url === "/ticket")
        response.end(
          (await expectSuccess(ticketOf<{ ticket: string }>("POST", `/v1/rooms/${pair.matchId}/tickets`))).ticket,
        );
      else if (request.url === "/told") {
        told.resolve(JSON.parse(await text(request)));
        response.end();
      } else response.setHeader("content-type", "text/html").end('<script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    const browser = spawn(chromium, [...options, `--user-data-dir=${join(project, "browser")}`, page], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    browser.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      words += chunk;
    });
    const ended = once(browser, "exit");
    try {
      const result = await Promise.race([
        told.promise,
        ended.then(() => Promise.reject(new Error(`Chromium ended: ${words.slice(-2_000)}`))),
        sleep(120_000).then(() => Promise.reject(new Error(`The page told nothing: ${words.slice(-2_000)}`))),
      ]);
      expect(result.fault).toBeUndefined();
      expect(result).toMatchObject({
        refusal: "offer_unknown",
        isAnother: true,
        agent: expect.stringContaining("Chrome"),
      });
      const events = await verifiedLog(pair);
      expect(result.events).toEqual(events.slice(0, result.events.length));
      expect(result.state).toEqual(replay(result.events));
      expect(said(result.events).slice(-2)).toEqual(["Hello from a browser", "Back again"]);
    } finally {
      browser.kill();
      await ended;
      server.close();
    }
  });
});
