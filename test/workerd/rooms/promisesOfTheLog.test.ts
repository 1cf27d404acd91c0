import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { findLogFault, originOf } from "../../../src/rooms/log.ts";
import { replay } from "../../../src/rooms/state.ts";
import { operatorKey, succeed } from "../support/client.ts";
import {
  createRoom,
  evict,
  join,
  leaveAll,
  logOf,
  proposal,
  propose,
  type RoomSocket,
  roomOf,
  stateOf,
} from "../support/rooms.ts";
import { createKey } from "../support/tenants.ts";

afterEach(leaveAll);

const say = (text: string) => ({ type: "chat.send", text });
const dense = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const textsOf = (socket: RoomSocket) =>
  socket.events.flatMap((event) => (event.type === "chat.sent" ? [event.data.text] : []));

describe("1. An acknowledged message is never lost: not by eviction, a killed process, a deploy, or a client that drops.", () => {
  it("is there after an eviction, asleep or with its sockets closed, and after a deploy that sends everybody away", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const sells = await join(matchId, seller.key);
    const acknowledged: [text: string, seq: number][] = [];
    const tell = async (socket: RoomSocket, text: string) => {
      acknowledged.push([text, await socket.do(say(text))]);
    };
    await tell(sells, "before");
    await evict(matchId, "hibernate");
    await tell(sells, "by the same socket, after sleep");
    await evict(matchId, "close");
    const again = await join(matchId, seller.key, 0);
    await tell(again, "after its sockets were closed");
    expect(await roomOf(matchId).drain(1)).toBeGreaterThan(0);
    expect(await again.next("notice")).toEqual({ type: "notice", code: "draining", reconnectAfterMs: 1 });
    expect(await again.closing()).toEqual({ code: 4200, reason: "draining" });
    const log = await logOf(matchId, buyer.key);
    for (const [text, seq] of acknowledged) expect(log[seq - 1]).toMatchObject({ type: "chat.sent", data: { text } });
    const late = await join(matchId, buyer.key, 0);
    await late.event("chat.sent", acknowledged.at(-1)![1] - 1);
    expect(textsOf(late)).toEqual(acknowledged.map(([text]) => text));
  });

  it("reaches a client that dropped and comes back with the number of what it has", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const first = await sells.do(say("one"));
    await buys.event("chat.sent");
    buys.close();
    const last = await sells.do(say("two"));
    const back = await join(matchId, buyer.key, first);
    expect(await back.next("welcome")).toMatchObject({ state: null });
    await back.event("chat.sent", last - 1);
    expect(back.seqs()[0]).toBe(first + 1);
    expect(textsOf(back)).toEqual(["two"]);
  });
});

describe("2. Every member sees the same events in the same order, each once, with no gap: `seq` is dense per room.", () => {
  it("whoever comes when, by whatever way, while all speak at once", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const speakers = [
      await join(matchId, seller.key, 0),
      await join(matchId, buyer.key, 0),
      await join(matchId, buyer.key, 0),
    ];
    const speaking = speakers.map(async (socket, speaker) => {
      for (let turn = 0; turn < 8; turn++) await socket.do(say(`${speaker}: ${turn}`));
    });
    const late = await join(matchId, seller.key, 0);
    await Promise.all(speaking);
    const log = await logOf(matchId, seller.key);
    expect(log.map(({ seq }) => seq)).toEqual(dense(1, log.length));
    const head = log.length;
    for (const socket of [...speakers, late]) {
      await socket.event("chat.sent", log.findLast(({ type }) => type === "chat.sent")!.seq - 1);
      expect(socket.seqs()).toEqual(dense(1, head));
      expect(socket.events).toEqual(log);
    }
    expect(findLogFault(log, originOf(matchId))).toBeNull();
    expect(replay(log)).toEqual(await stateOf(matchId, buyer.key));
  });

  it("is told from a state where it has none, and from there on without a gap", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const sells = await join(matchId, seller.key);
    await propose(sells);
    const buys = await join(matchId, buyer.key);
    const { head, state, epoch, member } = await buys.next("welcome");
    expect(state.head).toBe(head);
    expect(member).toMatchObject({ side: "input", role: "owner", organizationId: buyer.id });
    const seq = await sells.do(say("and then"));
    await buys.event("chat.sent");
    expect(buys.seqs()).toEqual(dense(head + 1, seq));
    expect(epoch).toBe((await succeed(200, "GET", `/v1/rooms/${matchId}`, { key: seller.key })).epoch);
  });

  it("is told more than a client may leave unacknowledged in portions, as it takes them", async () => {
    const { seller, buyer, matchId } = await createRoom();
    // As many speakers as are needed to stay within what each may send, one after the other, for none acknowledges anything.
    for (let speaker = 0; speaker < 10; speaker++) {
      const { key } = await createKey(seller, { scopes: ["rooms:join"] });
      const socket = await join(matchId, key);
      for (let turn = 0; turn < 55; turn++) socket.send({ ...say(String(turn)), clientMessageId: `m${turn}` });
      await socket.do(say("done"));
      socket.close();
    }
    const { head } = await succeed(200, "GET", `/v1/rooms/${matchId}`, { key: seller.key });
    expect(head).toBeGreaterThan(550);
    const slow = await join(matchId, buyer.key, 0);
    await slow.event("chat.sent", 480);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(slow.seqs()).toEqual(dense(1, 500));
    await evict(matchId, "hibernate");
    slow.send({ type: "seen", seq: 500 });
    await slow.event("member.joined", head);
    const seqs = slow.seqs();
    expect(seqs).toEqual(dense(1, seqs.length));
  });
});

describe("3. Resending is safe: `clientMessageId` is remembered; the answer to a repeat is the first answer.", () => {
  it("gives the first answer again, of what was done and of what was refused, also by another socket and after an eviction", async () => {
    const { seller, matchId } = await createRoom();
    const socket = await join(matchId, seller.key);
    const offer = { ...proposal(), clientMessageId: "offer-1" };
    const accept = { type: "offer.accept", hash: "0".repeat(64), clientMessageId: "accept-1" };
    const [done, refused] = [await socket.ask(offer), await socket.ask(accept)];
    expect([done.type, refused.code]).toEqual(["ack", "offer_unknown"]);
    const before = await logOf(matchId, seller.key);
    expect([await socket.ask(offer), await socket.ask(accept)]).toEqual([done, refused]);
    await evict(matchId, "close");
    const other = await join(matchId, seller.key);
    expect([await other.ask(offer), await other.ask(accept)]).toEqual([done, refused]);
    // The same id with something else in it is a repeat all the same.
    expect(await other.ask({ type: "chat.send", text: "else", clientMessageId: "offer-1" })).toEqual(done);
    expect(await logOf(matchId, seller.key)).toEqual(before);
  });

  it("keeps the ids of members apart", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const one = await sells.do({ ...say("mine"), clientMessageId: "same" });
    const other = await buys.do({ ...say("yours"), clientMessageId: "same" });
    expect(other).toBe(one + 1);
  });

  it("comes to the same log, whatever is sent again in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 }), async (repeats) => {
        const { seller, matchId } = await createRoom();
        const socket = await join(matchId, seller.key);
        const commands = Array.from({ length: 6 }, (_, index) => ({
          ...say(`text ${index}`),
          clientMessageId: `c${index}`,
        }));
        const answers = [];
        for (const command of commands) answers.push(await socket.ask(command));
        for (const index of repeats) expect(await socket.ask(commands[index]!)).toEqual(answers[index]);
        const texts = (await logOf(matchId, seller.key)).filter(({ type }) => type === "chat.sent");
        expect(texts).toHaveLength(commands.length);
      }),
      { numRuns: 4 },
    );
  });
});

describe("a drain", () => {
  it("is the operator's, goes through rooms in portions, and tells how many it sent away", async () => {
    const { seller, matchId } = await createRoom();
    const socket = await join(matchId, seller.key);
    let sockets = 0;
    for (let after: string | null = null; ; ) {
      const drained: { rooms: number; sockets: number; next: string | null } = await succeed(
        200,
        "POST",
        "/v1/operations/drain",
        { key: operatorKey, body: { after, limit: 20, reconnectAfterMs: 5_000 } },
      );
      sockets += drained.sockets;
      if (drained.next === null) break;
      after = drained.next;
    }
    expect(sockets).toBeGreaterThan(0);
    expect(await socket.next("notice")).toMatchObject({ reconnectAfterMs: 5_000 });
    expect((await socket.closing()).code).toBe(4200);
  });
});
