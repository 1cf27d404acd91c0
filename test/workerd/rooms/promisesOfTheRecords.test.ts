import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../../src/domain/ids.ts";
import { call, type Json, succeed } from "../support/client.ts";
import { query } from "../support/database.ts";
import { interceptOutbound, sqlAddress } from "../support/outbound.ts";
import {
  befriend,
  createRoom,
  evict,
  join,
  leaveAll,
  logOf,
  propose,
  roomOf,
  soon,
  stateOf,
} from "../support/rooms.ts";
import { createFlow, createSite, createTenant, randomPlace, steamNeed, steamSupply } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  leaveAll();
});

const gypsum = { kind: "byproduct", grade: "gypsum", title: "Gypsum", quality: {} };
/** Dear enough that ten tonnes are worth the way. */
const dear = { economics: { virginPrice: { amount: "4000", currency: "EUR", per: "t" } } };
const quantity = (amount: number) => ({ quantity: { amount, unit: "t/a" } });

async function matchOf(matchId: string, key: string): Promise<Json> {
  return succeed(200, "GET", `/v1/matches/${matchId}`, { key });
}

const exchangesOf = (matchId: string) =>
  query(
    "SELECT id, round, state, quantity_amount AS amount FROM exchanges WHERE match_id = $1 ORDER BY round",
    uuidOf(matchId as never),
  );

/** Whether a question is one that makes an exchange of an agreement. */
const isAgreement = (init: RequestInit) => String(init.body).includes("exchange.agree");

describe("7. Nothing is sold twice. `offer.accept` brings the room to `confirming`; one conditional UPDATE in the records reserves both flows' remaining quantity, exactly once; then the room is `agreed`, or the acceptance is `voided` with the reason (`quantity_taken`). With the database away the room stays `confirming` and tries again by alarm; closing and expiry move the match in the same way.", () => {
  it("lets 50 rooms sell the same 100 t in lots of 10: ten agreements, forty refusals with the reason, nothing remains", async () => {
    const seller = await createTenant({ name: "Mine" });
    const buyer = await createTenant({ name: "Builder" });
    const [longitude, latitude] = randomPlace();
    const place = (coordinates: number[]) => ({ location: { type: "Point", coordinates } });
    const [from, to] = [
      await createSite(seller, place([longitude, latitude])),
      await createSite(buyer, place([longitude, latitude + 0.009])),
    ];
    const supply = await createFlow(seller, steamSupply(from.id, { ...gypsum, ...quantity(100) }));
    const needs: Json[] = [];
    for (let count = 0; count < 50; count++)
      needs.push(await createFlow(buyer, steamNeed(to.id, { ...gypsum, ...dear, ...quantity(10) })));
    const { data } = await succeed(200, "GET", `/v1/flows/${supply.id}/matches?limit=200`, { key: seller.key });
    const matchIds: string[] = data.map(({ matchId }: Json) => matchId);
    expect(matchIds).toHaveLength(50);
    const rooms = [];
    for (const matchId of matchIds) {
      await befriend(matchId, seller.key, buyer.key);
      const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
      rooms.push({ matchId, sells, buys, hash: await propose(sells, quantity(10)) });
    }
    const outcomes = await Promise.all(
      rooms.map(async ({ sells, buys, hash }) => {
        const answer = await buys.ask({ type: "offer.accept", hash });
        if (answer.type === "error") return answer.code as string;
        return vi.waitFor(
          () => {
            const event = sells.events.find(
              ({ type }) => type === "agreement.confirmed" || type === "acceptance.voided",
            );
            if (!event) throw new Error(`no outcome, but ${sells.events.map(({ type }) => type)}`);
            return event.type === "acceptance.voided" ? event.data.reason : "agreed";
          },
          { timeout: 60_000, interval: 50 },
        );
      }),
    );
    const count = (word: string) => outcomes.filter((outcome) => outcome === word).length;
    expect(count("agreed")).toBe(10);
    // Whoever came late enough learned it from the room at once.
    const refused = ["quantity_taken", "quantity_over_remaining", "room_closed"].map(count);
    expect(
      refused.reduce((sum, each) => sum + each, 0),
      outcomes.join(),
    ).toBe(40);
    const { remaining, status } = await succeed(200, "GET", `/v1/flows/${supply.id}`, { key: seller.key });
    expect([remaining.amount, status]).toEqual([0, "fulfilled"]);
    const [sold] = await query(
      "SELECT count(*)::integer AS exchanges, sum(quantity_amount) AS amount FROM exchanges WHERE output_flow_id = $1",
      uuidOf(supply.id),
    );
    expect(sold).toEqual({ exchanges: 10, amount: 100 });
  }, 240_000);

  it("stays confirming while the database is away, also over an eviction, and agrees once when it is back", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const hash = await propose(sells);
    await vi.waitFor(async () => expect((await matchOf(matchId, seller.key)).state).toBe("negotiating"), soon);
    interceptOutbound((url, init) => {
      if (url === sqlAddress && isAgreement(init)) throw new TypeError("connect ECONNREFUSED");
      return null;
    });
    await buys.do({ type: "offer.accept", hash });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await stateOf(matchId, seller.key)).phase).toBe("confirming");
    expect(await sells.refused({ type: "room.close", reason: "tired" })).toBe("room_confirming");
    await evict(matchId);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    await runDurableObjectAlarm(roomOf(matchId));
    expect((await stateOf(matchId, seller.key)).phase).toBe("confirming");
    vi.restoreAllMocks();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    await runDurableObjectAlarm(roomOf(matchId));
    // Nobody hears it who gave no sign of life for two hours.
    await vi.waitFor(async () => expect((await stateOf(matchId, seller.key)).phase).toBe("agreed"), soon);
    expect(await exchangesOf(matchId)).toHaveLength(1);
    const log = await logOf(matchId, buyer.key);
    expect(log.filter(({ type }) => type === "agreement.confirmed")).toHaveLength(1);
  });

  it("finds the exchange that was made where the answer of the database was lost", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const hash = await propose(sells);
    let lost = 0;
    const pass = globalThis.fetch.bind(globalThis);
    interceptOutbound((url, init) => {
      if (url !== sqlAddress || !isAgreement(init) || lost > 0) return null;
      lost++;
      return pass(url, init).then(() => {
        throw new TypeError("the connection was reset");
      });
    });
    await buys.do({ type: "offer.accept", hash });
    const confirmed = await buys.event("agreement.confirmed");
    expect(lost).toBe(1);
    const exchanges = await exchangesOf(matchId);
    expect(exchanges).toHaveLength(1);
    expect(confirmed.data.exchangeId).toMatch(/^exch_/);
    const exchange = await succeed(200, "GET", `/v1/exchanges/${confirmed.data.exchangeId}`, { key: buyer.key });
    expect(exchange.state).toBe("agreed");
  });

  it("voids an acceptance with the reason where the quantity is taken meanwhile", async () => {
    const { seller, buyer, matchId, output } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const hash = await propose(sells, quantity(200_000));
    // Taken beside the API, so that the room has not heard of it.
    await query("UPDATE flows SET reserved_amount = 400000 WHERE id = $1", uuidOf(output.id));
    await buys.do({ type: "offer.accept", hash });
    const voided = await sells.event("acceptance.voided");
    expect(voided.data).toEqual({ hash, reason: "quantity_taken" });
    expect((await stateOf(matchId, seller.key)).phase).toBe("open");
    expect(await exchangesOf(matchId)).toHaveLength(0);
    expect((await matchOf(matchId, seller.key)).state).toBe("negotiating");
  });

  it("moves the match when the first offer is made, and when a side closes the room", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    expect((await matchOf(matchId, seller.key)).state).toBe("interested_both");
    await propose(sells);
    await vi.waitFor(async () => expect((await matchOf(matchId, seller.key)).state).toBe("negotiating"), soon);
    await buys.do({ type: "room.close", reason: "Too far" });
    await vi.waitFor(async () => expect((await matchOf(matchId, seller.key)).state).toBe("declined"), soon);
    const { history } = await matchOf(matchId, seller.key);
    expect(history.at(-1)).toMatchObject({ state: "declined", round: 1, by: "input", reason: "Too far" });
  });

  it("closes the room of a match that was declined, or whose flow was withdrawn, elsewhere", async () => {
    for (const end of ["decline", "withdraw"] as const) {
      const { seller, buyer, matchId, output } = await createRoom();
      const buys = await join(matchId, buyer.key);
      const { status } =
        end === "decline"
          ? await call("POST", `/v1/matches/${matchId}/decline`, { key: seller.key, body: { reason: "No pipe" } })
          : await call("POST", `/v1/flows/${output.id}/withdraw`, { key: seller.key });
      expect(status).toBe(200);
      const closed = await buys.event("room.closed");
      expect(closed.data).toEqual({ reason: end === "decline" ? "No pipe" : "flow_withdrawn", by: "system" });
      expect(await buys.refused({ type: "offer.accept", hash: "0".repeat(64) })).toBe("room_closed");
    }
  });

  it("tells of a changed flow and of a changed score while the room is open", async () => {
    const { seller, buyer, matchId, output } = await createRoom();
    const buys = await join(matchId, buyer.key);
    const path = `/v1/flows/${output.id}`;
    const body = { quantity: { amount: 1_000, unit: "t/a" } };
    await succeed(200, "PATCH", path, { key: seller.key, body });
    expect((await buys.event("flow.changed")).data).toMatchObject({
      side: "output",
      facts: { remaining: 1_000, unit: "t/a" },
    });
    expect((await buys.event("match.rescored")).data).toMatchObject({ holds: expect.any(Boolean) });
  });
});

describe("8. A pair deals in rounds: one agreement a round; a new round opens when the last was declined, expired, completed or failed.", () => {
  it("opens the next round in the same log when both sides show interest again", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const first = await propose(sells);
    await buys.do({ type: "room.close", reason: "Not this year" });
    await vi.waitFor(async () => expect((await matchOf(matchId, seller.key)).state).toBe("declined"), soon);
    await befriend(matchId, buyer.key);
    expect((await stateOf(matchId, seller.key)).phase).toBe("closed");
    await befriend(matchId, seller.key);
    expect((await sells.event("round.opened")).data).toEqual({ round: 2 });
    expect(await buys.refused({ type: "offer.accept", hash: first })).toBe("offer_unknown");
    const second = await propose(sells);
    expect(second).not.toBe(first);
    await buys.do({ type: "offer.accept", hash: second });
    const { exchangeId } = (await buys.event("agreement.confirmed")).data;
    expect(await exchangesOf(matchId)).toMatchObject([{ round: 2 }]);
    expect(await sells.refused({ type: "offer.accept", hash: second })).toBe("room_agreed");

    await succeed(200, "POST", `/v1/exchanges/${exchangeId}/advance`, {
      key: seller.key,
      body: { to: "failed", reason: "The permit was refused" },
    });
    await befriend(matchId, buyer.key, seller.key);
    const opened = (await logOf(matchId, seller.key)).findLast(({ type }) => type === "round.opened");
    await vi.waitFor(async () => expect((await stateOf(matchId, seller.key)).round).toBe(3), soon);
    expect(opened).toBeDefined();
    const third = await propose(buys, quantity(500));
    await sells.do({ type: "offer.accept", hash: third });
    await vi.waitFor(async () => expect(await exchangesOf(matchId)).toMatchObject([{ round: 2 }, { round: 3 }]), soon);
  });
});
