import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRoomLog } from "../../../scripts/rooms/readRoomLog.ts";
import { verifyRoomLog } from "../../../scripts/rooms/verifyRoomLog.ts";
import { createId } from "../../../src/domain/ids.ts";
import type { NewRoomEvent, RoomEvent } from "../../../src/rooms/events.ts";
import { chain, originOf } from "../../../src/rooms/log.ts";
import { matchId, personOf, RoomUnderTest, terms } from "../../support/roomWorld.ts";

const root = join(import.meta.dirname, "../../..");
const seller = personOf("output", "owner");
const buyer = personOf("input", "owner");
const exchangeId = createId("exchange");

let events: RoomEvent[];
let agreed: string;
let folder: string;

beforeAll(() => {
  const room = new RoomUnderTest();
  room.send(seller, { type: "offer.propose", terms: terms(), validUntil: room.in(60) });
  const counter = { terms: terms({ notes: "by rail" }), validUntil: room.in(60) };
  room.send(buyer, { type: "offer.counter", hash: room.offerOf("output")!, ...counter });
  agreed = room.offerOf("input")!;
  room.send(seller, { type: "offer.accept", hash: agreed });
  room.system({ type: "agreement.confirm", hash: agreed, exchangeId });
  room.send(buyer, { type: "chat.send", text: "Good." });
  events = room.events;
  folder = mkdtempSync(join(tmpdir(), "turash-room-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Events chained anew, as by somebody who can compute hashes. */
function rechain(all: readonly NewRoomEvent[]): RoomEvent[] {
  let end = originOf(matchId);
  return all.map((event) => {
    const { event: placed, body } = chain(event, end);
    expect(JSON.parse(body)).toEqual(placed);
    end = placed;
    return placed;
  });
}

const faultOf = (log: readonly unknown[], head: number | null = null) =>
  verifyRoomLog({ events: [...log], head }).fault;
const placeOf = (type: string) => events.findIndex((event) => event.type === type);

describe("a room's log", () => {
  it("verifies as it was written, with the agreement that it holds", () => {
    const seq = placeOf("agreement.confirmed") + 1;
    expect(verifyRoomLog({ events, head: events.length })).toEqual({
      matchId,
      events: events.length,
      first: 1,
      last: events.length,
      hash: events.at(-1)!.hash,
      agreements: [{ round: 1, seq, hash: agreed, exchangeId }],
      fault: null,
    });
  });

  it("is at fault at the first number at which an event was changed, removed or put in", () => {
    const at = placeOf("offer.accepted");
    const changed = events.with(at, { ...events[at]!, at: "2026-11-27T12:00:00.001Z" });
    expect(faultOf(changed)).toEqual({ seq: at + 1, message: expect.stringContaining("changed") });
    expect(faultOf(events.toSpliced(at, 1))).toMatchObject({ seq: at + 1 });
    expect(faultOf(events.toSpliced(at, 0, events[at]!))).toMatchObject({ seq: at + 2 });
    const { event: forged } = chain(
      { type: "chat.sent", at: events[at]!.at, by: seller.id, data: { text: "I never said so" } },
      events[at - 1]!,
    );
    expect(faultOf(events.toSpliced(at, 0, forged))).toMatchObject({ seq: at + 2 });
    expect(faultOf(events.toSpliced(at, 1, forged))).toMatchObject({ seq: at + 2 });
  });

  it("is at fault where it ends before its pages say, or holds nothing", () => {
    expect(faultOf(events.slice(0, -1), events.length)).toMatchObject({ seq: events.length });
    expect(faultOf([])).toMatchObject({ seq: 1 });
  });

  it("is at fault in what is no event, or has a field besides", () => {
    const spoil = (change: object) => events.with(3, { ...events[3]!, ...change } as RoomEvent);
    for (const change of [{ colour: "red" }, { type: "member.danced" }, { hash: "x" }])
      expect(faultOf(spoil(change))).toMatchObject({ seq: 4 });
  });

  it("is at fault, though well chained, where an offer is not what its hash says", () => {
    const at = placeOf("offer.countered");
    const { data, ...rest } = events[at] as Extract<RoomEvent, { type: "offer.countered" }>;
    const dearer = { ...rest, data: { ...data, terms: { ...data.terms, notes: "by ship" } } };
    expect(faultOf(rechain(events.with(at, dearer)))).toEqual({
      seq: at + 1,
      message: "has an offer whose hash is not that of its terms",
    });
  });

  it("is at fault, though well chained, where the agreement is on another offer, or on none that was accepted", () => {
    const at = placeOf("agreement.confirmed");
    const first = events[placeOf("offer.proposed")] as Extract<RoomEvent, { type: "offer.proposed" }>;
    const confirmed = events[at] as Extract<RoomEvent, { type: "agreement.confirmed" }>;
    const other = { ...confirmed, data: { ...confirmed.data, hash: first.data.hash } };
    expect(faultOf(rechain(events.with(at, other)))).toMatchObject({ seq: at + 1 });
    expect(faultOf(rechain(events.toSpliced(placeOf("offer.accepted"), 1)))).toMatchObject({ seq: at });
  });

  it("is at fault where it is another match's", () => {
    const opened = events[0] as Extract<RoomEvent, { type: "room.opened" }>;
    const moved = { ...opened, data: { ...opened.data, matchId: createId("match") } };
    expect(faultOf(events.with(0, moved))).toMatchObject({ seq: 1 });
  });

  it("whose beginning is kept no longer verifies from where it begins, and says so", () => {
    const report = verifyRoomLog({ events: events.slice(4), head: null });
    expect(report).toMatchObject({ matchId: null, first: 5, agreements: [], fault: null });
    expect(faultOf(events.slice(4).toSpliced(2, 1))).toMatchObject({ seq: 7 });
  });
});

describe("a saved log", () => {
  it("is read from a page, pages, and events, in a list or on lines", () => {
    const one = { matchId, head: 5, data: events.slice(0, 3) };
    const two = { matchId, head: events.length, data: events.slice(3) };
    const whole = { events, head: events.length };
    expect(readRoomLog(JSON.stringify([one, two], null, 2))).toEqual(whole);
    expect(readRoomLog(`${JSON.stringify(one)}\n${JSON.stringify(two)}\n`)).toEqual(whole);
    expect(readRoomLog(JSON.stringify({ ...two, data: events }, null, 2))).toEqual(whole);
    expect(readRoomLog(events.map((event) => JSON.stringify(event)).join("\n"))).toEqual({ events, head: null });
    expect(() => readRoomLog('{"data": []}\n{"data": [}')).toThrow("Line 2");
  });
});

describe("npm run room:verify", () => {
  const run = (name: string, log: readonly unknown[]) => {
    const path = join(folder, name);
    writeFileSync(path, log.map((event) => JSON.stringify(event)).join("\n"));
    return spawnSync(process.execPath, [join(root, "scripts/roomVerify.ts"), path], { encoding: "utf8" });
  };

  it("tells what was agreed and ends with 0, or names the first number at fault and ends with 1", {
    timeout: 60_000,
  }, () => {
    const good = run("good.ndjson", events);
    expect(good.stderr).toBe("");
    expect(good.status).toBe(0);
    expect(good.stdout).toContain(`on offer ${agreed}, ${exchangeId}`);
    const bad = run("bad.ndjson", events.toSpliced(6, 1));
    expect(bad.status).toBe(1);
    expect(bad.stdout).toContain("event 7 is missing");
    const none = spawnSync(process.execPath, [join(root, "scripts/roomVerify.ts")], { encoding: "utf8" });
    expect(none.status).toBe(2);
    expect(none.stderr).toContain("Usage");
  });
});
