import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RoomClient, type RoomClientOptions, RoomLost, RoomRefusal, TicketRefused } from "../../../src/client/index.ts";
import { closeCodes } from "../../../src/rooms/closeCodes.ts";
import { FakeRoom } from "../../support/fakeRoom.ts";
import { matchId, personOf, terms } from "../../support/roomWorld.ts";

const seller = personOf("output", "owner");
const buyer = personOf("input", "owner");

let fake: FakeRoom;
let clients: RoomClient[];

beforeEach(() => {
  vi.useFakeTimers();
  // Half of what is drawn: delays are three quarters of their longest.
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  fake = new FakeRoom();
  clients = [];
});

afterEach(() => {
  for (const client of clients) client.close();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const url = "http://room.test/";
const socket = () => fake.sockets.at(-1)!;
const hellos = () =>
  fake.heard.map((text) => (text.startsWith("{") ? JSON.parse(text) : {})).filter(({ type }) => type === "hello");
const seens = () => fake.heard.flatMap((text) => (text.includes('"seen"') ? [JSON.parse(text).seq] : []));

function join(change: Partial<RoomClientOptions> = {}): RoomClient {
  let tickets = 0;
  const getTicket = async () => `ticket/${++tickets}`;
  const client = new RoomClient({ url, matchId, getTicket, WebSocket: fake.socketFor(seller), ...change } as never);
  clients.push(client);
  return client;
}

async function joined(change: Partial<RoomClientOptions> = {}): Promise<RoomClient> {
  const client = join(change);
  await pass(50);
  expect(client.status).toBe("open");
  return client;
}

const hear = (text: string) => fake.act((room) => room.send(buyer, { type: "chat.send", text }));

describe("a client of a room", () => {
  it("comes in with a ticket, and has the room as it stands, who it is itself, and what happens from then on", async () => {
    const client = await joined();
    expect(socket().url).toBe(`ws://room.test/v1/rooms/${matchId}/socket?ticket=ticket%2F1`);
    expect(client.state).toEqual(fake.room.state);
    expect(client.member).toEqual(seller);
    const told: string[] = [];
    client.on("event", ({ type }, { head }) => told.push(`${type} ${head}`));
    hear("Hello");
    await pass(10);
    expect(told).toEqual([`chat.sent ${fake.room.state.head}`]);
    expect(hellos()).toEqual([{ type: "hello" }]);
  });

  it("has all events from the first where it asks for them", async () => {
    const seqs: number[] = [];
    const client = join({ from: "start" });
    client.on("event", ({ seq }) => seqs.push(seq));
    await pass(50);
    expect(hellos()).toEqual([{ type: "hello", lastSeq: 0 }]);
    expect(seqs).toEqual(fake.events.map(({ seq }) => seq));
    expect(client.state).toEqual(fake.room.state);
  });

  it("tells a command's sender when its state has come to what the command led to, or why it led to nothing", async () => {
    const client = await joined();
    const sent = client.send({ type: "chat.send", text: "Hello" });
    await pass(20);
    expect(client.state!.head).toBeGreaterThanOrEqual((await sent).seq);
    const refused = client.send({ type: "offer.accept", hash: "0".repeat(64) });
    const outcome = expect(refused).rejects.toMatchObject({ name: "RoomRefusal", code: "offer_unknown" });
    await pass(20);
    await outcome;
    await expect(client.send({ type: "chat.send", text: "x".repeat(70_000) })).rejects.toThrow(RoomRefusal);
  });

  it("waits with its answer for events that come after it", async () => {
    const client = await joined();
    const { head } = fake.room.state;
    let isTold = false;
    void client.send({ type: "chat.send", text: "Hello" }).then(() => {
      isTold = true;
    });
    // An answer that overtakes its event.
    fake.spoil = (frame) => (frame.type === "event" ? { type: "typing", id: "x", isTyping: true } : frame);
    await pass(20);
    expect(isTold).toBe(false);
    expect(client.state!.head).toBe(head);
    fake.spoil = (frame) => frame;
    socket().drop(1006);
    await pass(2_000);
    expect(isTold).toBe(true);
  });

  it("says with its next hello what it has, and is told what it missed", async () => {
    const client = await joined();
    const { head } = client.state!;
    socket().drop(1006);
    await pass(10);
    expect(client.status).toBe("waiting");
    hear("while you were away");
    await pass(1_000);
    expect(hellos()).toEqual([{ type: "hello" }, { type: "hello", lastSeq: head }]);
    expect(client.state).toEqual(fake.room.state);
    expect(socket().url).toContain("ticket=ticket%2F2");
  });

  it("takes the room as it stands where what it missed is kept no longer", async () => {
    const client = await joined();
    socket().drop(1006);
    hear("while you were away");
    fake.firstKept = fake.room.state.head + 1;
    const snapshots: number[] = [];
    client.on("snapshot", ({ head }) => snapshots.push(head));
    await pass(1_000);
    expect(snapshots).toEqual([fake.room.state.head]);
    expect(client.state).toEqual(fake.room.state);
  });

  it("sends a command again whose answer it did not hear, by the same id, and it has happened once", async () => {
    const client = await joined();
    fake.nextDrop = (each) =>
      each === fake.sockets[0] && fake.heard.some((text) => text.includes("chat")) ? 1006 : null;
    const sent = client.send({ type: "chat.send", text: "once" });
    await pass(2_000);
    const commands = fake.heard.filter((text) => text.includes("chat.send"));
    expect(commands).toHaveLength(2);
    expect(commands[0]).toBe(commands[1]);
    expect(await sent).toEqual({ seq: fake.room.state.head });
    expect(fake.events.filter(({ type }) => type === "chat.sent")).toHaveLength(1);
  });

  it("keeps to the room's pace, however much it is given at once", async () => {
    const client = await joined();
    const all = Array.from({ length: 200 }, (_, n) => client.send({ type: "chat.send", text: `${n}` }));
    await pass(30_000);
    await Promise.all(all);
    const said = fake.events.flatMap(({ type, data }) => (type === "chat.sent" ? [data.text] : []));
    expect(said).toEqual(Array.from({ length: 200 }, (_, n) => `${n}`));
    expect(fake.sockets).toHaveLength(1);
  });

  it("sends again, after a while, what the room had no time for", async () => {
    const client = await joined();
    socket().bucket.level = 0;
    socket().bucket.atMs = Date.now() + 1_000;
    const sent = client.send({ type: "chat.send", text: "once" });
    await pass(5_000);
    expect(await sent).toEqual({ seq: fake.room.state.head });
    expect(fake.events.filter(({ type }) => type === "chat.sent")).toHaveLength(1);
  });

  it("tells how far it has read, at every hundredth event and soon after any", async () => {
    await joined();
    const { head } = fake.room.state;
    hear("one");
    await pass(10);
    expect(seens()).toEqual([]);
    await pass(3_000);
    expect(seens()).toEqual([head + 1]);
    for (let n = 0; n < 100; n++) hear(`${n}`);
    await pass(20);
    expect(seens()).toEqual([head + 1, head + 101]);
  });

  it("tells that again where the room had no time for it", async () => {
    await joined();
    const { head } = fake.room.state;
    socket().bucket.level = 0;
    socket().bucket.atMs = Date.now() + 1_000;
    for (let n = 0; n < 100; n++) hear(`${n}`);
    await pass(20);
    expect(seens()).toEqual([head + 100]);
    await pass(3_100);
    expect(seens()).toEqual([head + 100, head + 100]);
    await pass(10_000);
    expect(seens()).toHaveLength(2);
  });

  it("tells whoever waits for a state that the question itself has failed", async () => {
    const client = await joined();
    const failed = expect(
      client.until(({ head }) => {
        if (head > fake.events.length - 1 && head > 10) throw new Error("of the question's own");
        return false;
      }),
    ).rejects.toThrow("of the question's own");
    hear("one");
    await pass(10);
    await failed;
  });

  it("knows who is there and who types only while it is connected itself", async () => {
    const client = await joined();
    socket().deliver({ type: "presence", members: [{ id: buyer.id, status: "away" }] });
    await pass(10);
    expect(client.presence).toEqual(new Map([[buyer.id, "away"]]));
    client.setPresence("away");
    socket().drop(1006);
    await pass(10);
    expect(client.presence.size).toBe(0);
    await pass(1_000);
    expect(fake.heard.filter((text) => text.includes("presence.set"))).toHaveLength(2);
  });

  it("takes no notice of frames that it does not know, and of events that it has", async () => {
    const client = await joined();
    socket().deliver({ type: "event", event: fake.events.at(-1)! });
    socket().deliverText('{"type":"weather","is":"fine"}');
    hear("Hello");
    await pass(10);
    expect(client.state).toEqual(fake.room.state);
  });
});

describe("a connection that is no more", () => {
  it("is noticed by a ping that nobody answers, and another is opened", async () => {
    await joined();
    await pass(30_000);
    expect(fake.heard.at(-1)).toBe("ping");
    await pass(30_000);
    expect(fake.sockets).toHaveLength(1);
    fake.isSilent = true;
    await pass(40_100);
    fake.isSilent = false;
    await pass(1_000);
    expect(fake.sockets).toHaveLength(2);
  });

  it("is given up where no welcome comes", async () => {
    fake.isSilent = true;
    const client = join();
    await pass(15_100);
    fake.isSilent = false;
    await pass(1_000);
    expect(fake.sockets).toHaveLength(2);
    expect(client.status).toBe("open");
  });

  it("is followed by others, later each time up to half a minute, until one holds", async () => {
    const client = await joined();
    const openedAt: number[] = [];
    fake.isAway = true;
    socket().drop(1006);
    for (let second = 0; second < 240; second++) {
      const before = fake.sockets.length;
      await pass(1_000);
      if (fake.sockets.length > before) openedAt.push(second);
    }
    const gaps = openedAt.slice(1).map((at, index) => at - openedAt[index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(23);
    expect(gaps.at(-1)).toBeGreaterThan(gaps[1]!);
    expect([...gaps].sort((one, other) => one - other).slice(0, 5)).toEqual(gaps.slice(0, 5));
    fake.isAway = false;
    await pass(60_000);
    expect(client.status).toBe("open");
    socket().drop(1006);
    await pass(500);
    expect(client.status).toBe("open");
  });

  it("is followed at once where the room asks for it, after the time that it names", async () => {
    const client = await joined();
    socket().drop(closeCodes.session_over.code);
    await pass(150);
    expect(client.status).toBe("open");
    await pass(20_000);
    socket().deliver({ type: "notice", code: "draining", reconnectAfterMs: 4_000 });
    await pass(10);
    socket().drop(closeCodes.draining.code);
    await pass(4_000);
    expect(client.status).toBe("waiting");
    await pass(200);
    expect(client.status).toBe("open");
  });

  it("is the last where the room says so, and what has no answer is lost", async () => {
    const client = await joined();
    socket().drop(closeCodes.access_ended.code);
    const sent = client.send({ type: "chat.send", text: "Hello" });
    const lost = expect(sent).rejects.toMatchObject({ name: "RoomLost", reason: "access_ended" });
    const waiting = expect(client.until(({ phase }) => phase === "agreed")).rejects.toThrow(RoomLost);
    await pass(100_000);
    await lost;
    await waiting;
    expect(await client.ended).toMatchObject({ reason: "access_ended" });
    expect(fake.sockets).toHaveLength(1);
    await expect(client.send({ type: "chat.send", text: "Hello" })).rejects.toThrow(RoomLost);
  });

  it("is the last after its own goodbye", async () => {
    const client = await joined();
    client.close();
    await pass(100_000);
    expect(fake.open).toEqual([]);
    expect(fake.sockets).toHaveLength(1);
    expect(await client.ended).toMatchObject({ reason: "closed_by_client" });
  });
});

describe("a log that is another", () => {
  it("makes a client forget what it knew, and give up on commands that may be in the old one", async () => {
    const client = await joined();
    hear("in the old log");
    let forgotten = 0;
    client.on("forgotten", () => {
      forgotten++;
    });
    fake.isAway = true;
    socket().drop(1006);
    const lost = expect(client.send({ type: "chat.send", text: "?" })).rejects.toMatchObject({
      reason: "epoch_changed",
    });
    await pass(10);
    fake.loseAll("epoch-2");
    hear("in the new log");
    hear("and more");
    fake.isAway = false;
    await pass(10_000);
    await lost;
    expect(forgotten).toBe(1);
    expect(client.state).toEqual(fake.room.state);
    expect(fake.events.filter(({ type }) => type === "chat.sent")).toHaveLength(2);
    await Promise.all([client.send({ type: "chat.send", text: "here" }), pass(100)]);
  });

  it("is come to anew where it is shorter than what was known", async () => {
    const client = await joined();
    for (let n = 0; n < 10; n++) hear(`${n}`);
    await pass(10);
    socket().drop(1006);
    fake.loseAll("epoch-1");
    await pass(5_000);
    expect(hellos().map(({ lastSeq }) => lastSeq)).toEqual([undefined, expect.any(Number), undefined]);
    expect(client.state).toEqual(fake.room.state);
  });

  it.each(["data", "hash", "previousHash"] as const)(
    "ends a client when the %s of an event was changed",
    async (field) => {
      const client = await joined();
      hear("before");
      await pass(10);
      fake.spoil = (frame) =>
        frame.type === "event"
          ? { ...frame, event: { ...frame.event, [field]: field === "data" ? { text: "forged" } : "0".repeat(64) } }
          : frame;
      hear("as it was said");
      await pass(20);
      expect(await client.ended).toMatchObject({ reason: "log_broken" });
    },
  );

  it("is asked for anew where an event is missing", async () => {
    const client = await joined();
    let swallowed = 0;
    fake.spoil = (frame) =>
      frame.type === "event" && swallowed++ === 0 ? { type: "typing", id: "x", isTyping: true } : frame;
    hear("one");
    hear("two");
    await pass(2_000);
    expect(fake.sockets).toHaveLength(2);
    expect(client.state).toEqual(fake.room.state);
  });
});

describe("a ticket", () => {
  it("is fetched with the caller's credential, anew for each connection", async () => {
    let asked = 0;
    const fetched = vi.fn(async () => Response.json({ ticket: "t" }, { status: 201 }));
    vi.stubGlobal("fetch", fetched);
    const client = new RoomClient({
      url,
      matchId,
      credential: () => `token-${++asked}`,
      WebSocket: fake.socketFor(seller),
    });
    clients.push(client);
    await pass(50);
    socket().drop(4201);
    await pass(500);
    expect(client.status).toBe("open");
    expect(
      fetched.mock.calls.map(([address, options]: unknown[]) => [address, (options as RequestInit).headers]),
    ).toEqual([
      [`http://room.test/v1/rooms/${matchId}/tickets`, { authorization: "Bearer token-1" }],
      [`http://room.test/v1/rooms/${matchId}/tickets`, { authorization: "Bearer token-2" }],
    ]);
  });

  it.each([401, 403, 404])("that is refused with %d ends the client", async (status) => {
    vi.stubGlobal("fetch", async () => Response.json({ detail: "No." }, { status }));
    const client = new RoomClient({ url, matchId, credential: "key", WebSocket: fake.socketFor(seller) });
    await pass(50);
    expect(await client.ended).toMatchObject({ reason: "ticket_refused", message: expect.stringContaining("No.") });
  });

  it.each([429, 500, 503])("that cannot be given now (%d) is asked for again", async (status) => {
    let asked = 0;
    vi.stubGlobal("fetch", async () =>
      ++asked < 3 ? new Response("busy", { status }) : Response.json({ ticket: "t" }, { status: 201 }),
    );
    const client = new RoomClient({ url, matchId, credential: "key", WebSocket: fake.socketFor(seller) });
    clients.push(client);
    await pass(5_000);
    expect(asked).toBe(3);
    expect(client.status).toBe("open");
  });

  it("that whoever fetches it says will never come ends the client", async () => {
    const client = join({
      getTicket: () => {
        throw new TicketRefused("Not any more.");
      },
    });
    await pass(10);
    expect(await client.ended).toMatchObject({ reason: "ticket_refused" });
  });
});

describe("a listener", () => {
  it("that throws stops nobody else, and one that has gone hears nothing", async () => {
    const client = await joined();
    const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
    const heard: number[] = [];
    const stop = client.on("event", ({ seq }) => {
      heard.push(seq);
      throw new Error("of the listener's own");
    });
    client.on("event", ({ seq }) => heard.push(seq));
    hear("one");
    await pass(10);
    expect(heard).toHaveLength(2);
    expect(uncaught).toHaveBeenCalledTimes(1);
    stop();
    hear("two");
    await pass(10);
    expect(heard).toHaveLength(3);
  });
});

it("bargains to an agreement with another client", async () => {
  const one = await joined();
  const other = await joined({ WebSocket: fake.socketFor(buyer) });
  const validUntil = fake.room.in(3_600);
  const { quantity, price, from } = terms();
  const offered = one.send({ type: "offer.propose", terms: { quantity, price, from }, validUntil });
  const open = other.until(({ openOffers }) => openOffers.output !== null);
  await pass(50);
  await offered;
  const hash = (await open).openOffers.output!;
  const accepted = other.send({ type: "offer.accept", hash });
  await pass(50);
  await accepted;
  expect(one.state).toMatchObject({ phase: "confirming", acceptance: { hash, by: buyer.id } });
  expect(other.state).toEqual(one.state);
});
