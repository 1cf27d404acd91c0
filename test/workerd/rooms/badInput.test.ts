import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { MatchId } from "../../../src/domain/ids.ts";
import { commandSchemas } from "../../../src/rooms/protocol.ts";
import { type Json, pointersOf } from "../support/client.ts";
import {
  connect,
  createRoom,
  join,
  keep,
  leaveAll,
  logOf,
  proposal,
  propose,
  RoomSocket,
  soon,
  ticketFor,
  upgrade,
} from "../support/rooms.ts";
import { createTenant, type Pair } from "../support/tenants.ts";

let room: Pair & { matchId: MatchId };

beforeAll(async () => {
  room = await createRoom();
});
afterEach(() => {
  vi.useRealTimers();
  leaveAll();
});

/** Whatever is done, nothing of it is kept, and whoever else is there goes on. */
async function leavesNoTrace(attempt: () => Promise<unknown>): Promise<void> {
  const { matchId, seller, buyer } = room;
  const other = await join(matchId, buyer.key);
  const warmed = await join(matchId, seller.key);
  warmed.close();
  const before = await logOf(matchId, buyer.key);
  await attempt();
  expect(await logOf(matchId, buyer.key)).toEqual(before);
  expect(other.closed).toBeNull();
  expect(await other.do({ type: "chat.send", text: "undisturbed" })).toBe(before.length + 1);
}

/** What answers a raw frame: the code of the error, or of the close. */
async function answerTo(socket: RoomSocket, frame: string | ArrayBuffer): Promise<string | number> {
  const before = socket.frames.length;
  socket.sendRaw(frame);
  return vi.waitFor(() => {
    const error = socket.frames.slice(before).find(({ type }) => type === "error");
    if (!error && socket.closed) return socket.closed.code;
    if (!error) throw new Error(`no answer to ${String(frame).slice(0, 200)}`);
    return error.code as string;
  }, soon);
}

const text = (frame: object) => JSON.stringify(frame);
const command = (frame: object) => text({ clientMessageId: crypto.randomUUID(), ...frame });
const nested = (depth: number) => `{"type":"hello","x":${"[".repeat(depth)}${"]".repeat(depth)}}`;

describe("a frame that is none", () => {
  it.each<[what: string, frame: string | ArrayBuffer, answer: string | number]>([
    ["too large", text({ type: "chat.send", text: "x".repeat(70_000) }), "frame_too_large"],
    ["of many bytes in few characters", text({ type: "chat.send", text: "€".repeat(30_000) }), "frame_too_large"],
    ["binary", new TextEncoder().encode('{"type":"hello"}').buffer as ArrayBuffer, 4003],
    ["half JSON", '{"type":"chat.send","text":"hal', "not_json"],
    ["empty", "", "not_json"],
    ["a list", "[]", "not_an_object"],
    ["null", "null", "not_an_object"],
    ["deep", nested(13), "too_deep"],
    ["without a type", "{}", "unknown_command"],
    ["of an unknown type", command({ type: "offer.steal" }), "unknown_command"],
    ["named like what every object has", command({ type: "__proto__" }), "unknown_command"],
    ["with an unknown field", command({ type: "chat.send", text: "hi", colour: "red" }), "invalid_fields"],
    ["without its id", text({ type: "chat.send", text: "hi" }), "invalid_fields"],
    ["with half a surrogate pair", `{"type":"chat.send","clientMessageId":"h","text":"\\ud800"}`, "unkeepable_text"],
    ["with the character zero", `{"type":"chat.send","clientMessageId":"z","text":"\\u0000"}`, "unkeepable_text"],
    ["with a price that is none", command(proposal({ price: { amount: "1e5" } as never })), "invalid_fields"],
    ["hello again", text({ type: "hello" }), "hello_again"],
  ])("%s is answered with its code, and nothing of it is kept", async (_, frame, answer) => {
    const socket = await join(room.matchId, room.seller.key);
    await leavesNoTrace(async () => expect(await answerTo(socket, frame)).toBe(answer));
  });

  it("names the wrong field, and the client's id where that can be read", async () => {
    const socket = await join(room.matchId, room.seller.key);
    const answer = await socket.ask({
      ...proposal(),
      terms: { ...proposal().terms, quantity: { amount: -1, unit: "t/a" } },
    });
    expect(answer).toMatchObject({ type: "error", code: "invalid_fields" });
    expect(pointersOf(answer)).toEqual(["/terms/quantity/amount"]);
  });
});

describe("a command out of its order", () => {
  it("is refused before hello, and does what it says afterwards", async () => {
    const socket = await connect(room.matchId, room.seller.key);
    for (const frame of [
      command({ type: "chat.send", text: "hi" }),
      text({ type: "typing", isTyping: true }),
      text({ type: "seen", seq: 1 }),
    ])
      await leavesNoTrace(async () => expect(await answerTo(socket, frame)).toBe("hello_first"));
    await socket.hello();
    expect(await socket.do({ type: "chat.send", text: "hi" })).toBeGreaterThan(0);
  });

  it("is closed with its reason where hello names a number from the future", async () => {
    const socket = await connect(room.matchId, room.seller.key);
    await leavesNoTrace(async () => {
      expect(await answerTo(socket, text({ type: "hello", lastSeq: 1_000_000 }))).toBe("seq_in_the_future");
      expect(await socket.closing()).toEqual({ code: 4006, reason: "seq_in_the_future" });
    });
  });

  it("counts for nothing where it acknowledges or reads what has not been", async () => {
    const socket = await join(room.matchId, room.seller.key);
    socket.send({ type: "seen", seq: 1_000_000 });
    await leavesNoTrace(async () => {
      expect(await socket.refused({ type: "read.mark", seq: 1_000_000 })).toBe("seq_in_the_future");
    });
  });
});

describe("a ticket", () => {
  it("opens one socket, once, within a minute, of its own room; the room keeps nothing of it that opens another", async () => {
    const { matchId, seller } = room;
    const other = await createRoom();
    const ticket = await ticketFor(matchId, seller.key);
    const refused = async (of: string, query: string) => {
      const response = await upgrade(of, query);
      expect(response.status).toBe(401);
      const problem: Json = await response.json();
      expect(JSON.stringify(problem)).not.toContain(ticket);
      return problem.reason;
    };
    expect(await refused(other.matchId, `?ticket=${ticket}`)).toBe("ticket_refused");
    expect(await refused(matchId, `?ticket=${ticket.slice(0, -1)}${ticket.endsWith("A") ? "B" : "A"}`)).toBe(
      "ticket_refused",
    );
    expect(await refused(matchId, "?ticket=turash_ticket_room_1_2")).toBe("ticket_refused");
    const first = await upgrade(matchId, `?ticket=${ticket}`);
    expect(first.status).toBe(101);
    keep(new RoomSocket(first.webSocket!));
    expect(await refused(matchId, `?ticket=${ticket}`)).toBe("ticket_refused");
    const late = await ticketFor(matchId, seller.key);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    expect(await refused(matchId, `?ticket=${late}`)).toBe("ticket_refused");
  });

  it("is not needed by whoever shows its credential, and opens nothing for a stranger", async () => {
    const { matchId, seller } = room;
    const stranger = await createTenant();
    const by = (key: string) => upgrade(matchId, "", { authorization: `Bearer ${key}` });
    const own = await by(seller.key);
    expect(own.status).toBe(101);
    own.webSocket!.accept();
    own.webSocket!.close(1000);
    expect((await by(stranger.key)).status).toBe(404);
    expect((await upgrade(matchId, "")).status).toBe(401);
  });

  it("opens no socket of another version of the protocol, nor anything that is no WebSocket", async () => {
    const { matchId, seller } = room;
    const ticket = await ticketFor(matchId, seller.key);
    for (const [headers, pointer] of [
      [{ "sec-websocket-protocol": "turash.room.v2" }, "/headers/sec-websocket-protocol"],
      [{ upgrade: "h2c" }, "/headers/upgrade"],
    ] as const) {
      const response = await upgrade(matchId, `?ticket=${ticket}`, headers);
      expect(response.status).toBe(400);
      expect(pointersOf(await response.json())).toEqual([pointer]);
    }
    expect((await upgrade(matchId, `?ticket=${ticket}`)).status).toBe(101);
  });
});

describe("an offer that cannot be", () => {
  it("is refused under the minimum lot, over what remains, in what cannot be converted, or when it is over already", async () => {
    const lot = { quantity: { amount: 550_000, unit: "t/a", minimumLot: { amount: 100, unit: "t" } } };
    const { matchId, seller } = await createRoom(lot, { quantity: { amount: 215_000, unit: "t/a" } });
    const socket = await join(matchId, seller.key);
    const before = (await logOf(matchId, seller.key)).length;
    const quantity = (amount: number, unit = "t/a") => proposal({ quantity: { amount, unit } });
    expect(await socket.refused(quantity(99))).toBe("quantity_under_minimum_lot");
    expect(await socket.refused(quantity(99_000, "kg/a"))).toBe("quantity_under_minimum_lot");
    expect(await socket.refused(quantity(215_001))).toBe("quantity_over_remaining");
    expect(await socket.refused(quantity(1_000, "kW.h/a"))).toBe("quantity_dimension");
    expect(await socket.refused(proposal({}, -1))).toBe("valid_until_past");
    expect(await socket.refused(proposal({}, 91 * 86_400))).toBe("valid_until_far");
    expect(await logOf(matchId, seller.key)).toHaveLength(before);
    expect(await propose(socket, { quantity: { amount: 100, unit: "t/a" } })).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("whatever a client sends", () => {
  const types = Object.keys(commandSchemas);
  const frame = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .record(
          {
            type: fc.constantFrom(...types, "hello", "seen", "typing"),
            clientMessageId: fc.string(),
            text: fc.jsonValue(),
            hash: fc.jsonValue(),
            terms: fc.jsonValue(),
            seq: fc.jsonValue(),
            reason: fc.jsonValue(),
          },
          { requiredKeys: ["type"] },
        )
        .map((body) => JSON.stringify(body)),
    },
    { weight: 2, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
  );

  it("is answered or closes its own socket: the log stays whole, and the others go on", async () => {
    const { matchId, seller, buyer } = await createRoom();
    const other = await join(matchId, buyer.key);
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 25 }), async (frames) => {
        const socket = await join(matchId, seller.key);
        for (const each of frames) {
          if (socket.closed) break;
          socket.sendRaw(each.toWellFormed());
        }
        if (!socket.closed) {
          // After all of it the socket still answers, unless it was closed for what it sent.
          const answer = await socket.ask({ type: "read.mark", seq: 1 }).catch(() => null);
          expect(answer !== null || socket.closed !== null).toBe(true);
        }
        socket.close();
        const log = await logOf(matchId, buyer.key);
        expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
        expect(other.closed).toBeNull();
      }),
      { numRuns: 25, interruptAfterTimeLimit: 25_000 },
    );
    expect(await other.do({ type: "chat.send", text: "still here" })).toBeGreaterThan(0);
  });
});
