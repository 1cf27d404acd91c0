import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../../src/domain/ids.ts";
import { keptAnswers } from "../../../src/rooms/object/answers.ts";
import { keptEvents } from "../../../src/rooms/object/log.ts";
import { refuse, succeed } from "../support/client.ts";
import { query } from "../support/database.ts";
import { createRoom, evict, join, leaveAll, pathOf, propose, roomOf, stateOf } from "../support/rooms.ts";
import { createKey } from "../support/tenants.ts";

afterEach(() => {
  vi.useRealTimers();
  leaveAll();
});

/** Puts events behind `head` into a room's storage, up to a number: the room has to be evicted then. */
function fillUpTo(matchId: string, head: number, last: number): Promise<void> {
  return runInDurableObject(roomOf(matchId), (_, state) => {
    state.storage.sql.exec(
      `WITH RECURSIVE n (seq) AS (SELECT ?1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?2)
        INSERT INTO events (seq, body) SELECT seq, json_object('type', 'chat.sent', 'at', '2026-11-27T12:00:00.000Z', 'by', ?3,
          'data', json('{"text":"x"}'), 'seq', seq, 'previousHash', ?4, 'hash', ?4) FROM n`,
      head + 1,
      last,
      "key_of_nobody",
      "0".repeat(64),
    );
  });
}

describe("a log that has become long", () => {
  it("keeps the last events and the state of all; who is further behind gets the state in their place", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const sells = await join(matchId, seller.key);
    const hash = await propose(sells);
    const { head } = await succeed(200, "GET", pathOf(matchId), { key: seller.key });
    await fillUpTo(matchId, head, Math.ceil((keptEvents + 700) / 500) * 500 - 1);
    await evict(matchId, "close");
    const speaker = await join(matchId, buyer.key);
    await speaker.do({ type: "chat.send", text: "the last straw" });
    const room = await succeed(200, "GET", pathOf(matchId), { key: seller.key });
    expect(room.firstSeq).toBeGreaterThan(500);
    expect(room.head - room.firstSeq).toBeGreaterThanOrEqual(keptEvents - 10);
    expect(room.state.offers[hash].state).toBe("proposed");
    const problem = await refuse(410, "GET", `${pathOf(matchId)}/events?after=0`, { key: seller.key });
    expect(problem.detail).toContain(String(room.firstSeq));
    await succeed(200, "GET", `${pathOf(matchId)}/events?after=${room.firstSeq - 1}&limit=1`, { key: seller.key });

    await evict(matchId, "close");
    const late = await join(matchId, seller.key, 3);
    expect((await late.next("welcome")).state).toMatchObject({ head: room.head, openOffers: { output: hash } });
    expect(await late.refused({ type: "offer.accept", hash })).toBe("offer_own");
    expect(await stateOf(matchId, buyer.key)).toMatchObject({ openOffers: { output: hash } });
  });

  it("remembers the last answers of each member, and forgets those before", async () => {
    const { seller, matchId } = await createRoom();
    const socket = await join(matchId, seller.key);
    const { member } = await socket.next("welcome");
    await socket.do({ type: "chat.send", text: "first", clientMessageId: "first" });
    const count = () =>
      runInDurableObject(
        roomOf(matchId),
        (_, state) =>
          state.storage.sql
            .exec<{ count: number }>("SELECT count(*) AS count FROM answers WHERE participant_id = ?", member.id)
            .one().count,
      );
    await runInDurableObject(roomOf(matchId), (_, state) => {
      state.storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
          INSERT INTO answers (id, participant_id, client_message_id, frame) SELECT 1000 + i, ?2, 'old-' || i, '{}' FROM n`,
        keptAnswers + 499 + 500 - ((keptAnswers + 1_000) % 500),
        member.id,
      );
    });
    expect(await count()).toBeGreaterThan(keptAnswers + 500);
    for (let turn = 0; turn < 2; turn++) await socket.do({ type: "read.mark", seq: turn });
    expect(await count()).toBeLessThanOrEqual(keptAnswers + 1);
  });
});

describe("an answer", () => {
  it("is the first one also behind a snapshot, to what was done before it and after it", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const socket = await join(matchId, seller.key);
    const acceptNothing = { type: "offer.accept", hash: "0".repeat(64), clientMessageId: "none" };
    const say = (id: string) => ({ type: "chat.send", text: id, clientMessageId: id });
    const [before, refused] = [await socket.ask(say('the/"first\\"')), await socket.ask(acceptNothing)];
    const { head } = await succeed(200, "GET", pathOf(matchId), { key: seller.key });
    await fillUpTo(matchId, head, 499);
    await evict(matchId, "close");
    const other = await join(matchId, seller.key);
    const across = await other.ask(say("across"));
    const after = await other.ask(say("after"));
    const repeats = [say('the/"first\\"'), acceptNothing, say("across"), say("after")];
    const answers = [before, refused, across, after];
    for (const each of [other, await join(matchId, seller.key)])
      for (const [index, repeat] of repeats.entries()) expect(await each.ask(repeat)).toEqual(answers[index]);
    await evict(matchId, "close");
    const last = await join(matchId, seller.key);
    for (const [index, repeat] of repeats.entries()) expect(await last.ask(repeat)).toEqual(answers[index]);
    const stranger = await join(matchId, buyer.key);
    expect((await stranger.ask(say("across"))).seq).toBeGreaterThan(after.seq as number);
  });
});

describe("an access that ended without a word", () => {
  it("is found by the room itself after a while", async () => {
    const { seller, matchId } = await createRoom();
    const { id, key } = await createKey(seller, { role: "editor", scopes: ["rooms:join"] });
    const socket = await join(matchId, key);
    await query("UPDATE api_keys SET revoked_at = now() WHERE id = $1", uuidOf(id));
    const lookAfter = async (milliseconds: number) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });
      // A sign of life, and something behind it, so that it has come.
      socket.send({ type: "seen", seq: await socket.do({ type: "chat.send", text: "still here" }) });
      await socket.do({ type: "chat.send", text: "and here" });
      await runDurableObjectAlarm(roomOf(matchId));
    };
    await lookAfter(600_000);
    await socket.do({ type: "chat.send", text: "nobody has asked yet" });
    await lookAfter(310_000);
    expect(await socket.closing()).toEqual({ code: 4001, reason: "access_ended" });
  });
});
