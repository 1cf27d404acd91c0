import { afterEach, describe, expect, it, vi } from "vitest";
import type { Role } from "../../../src/domain/actor.ts";
import { hashOffer } from "../../../src/domain/offer.ts";
import { maximumSockets } from "../../../src/rooms/capacity.ts";
import { closeCodes } from "../../../src/rooms/closeCodes.ts";
import { maximumUnseen } from "../../../src/rooms/object/sockets.ts";
import { type Json, refuse, succeed } from "../support/client.ts";
import { createProgramme, joinAs } from "../support/programmes.ts";
import {
  befriend,
  connect,
  createRoom,
  join,
  leaveAll,
  logOf,
  pathOf,
  proposal,
  propose,
  type RoomSocket,
  soon,
  stateOf,
  ticketFor,
  upgrade,
} from "../support/rooms.ts";
import { createKey, createPair, createTenant, insertKey, insertMember, type Tenant } from "../support/tenants.ts";

afterEach(leaveAll);

const say = (text: string) => ({ type: "chat.send", text });
const keyOf = (tenant: Tenant, role: Role): Promise<Json> => createKey(tenant, { role, scopes: ["rooms:join"] });

describe("4. An agreement names the hash of the offer it accepts; accepting a superseded, expired or withdrawn offer is refused with the reason.", () => {
  it("names the hash of what both sides see, over its canonical JSON", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const hash = await propose(sells);
    const { terms, validUntil } = (await buys.event("offer.proposed")).data;
    expect(hash).toBe(hashOffer({ matchId, round: 1, side: "output", terms, validUntil }));
    await buys.do({ type: "offer.accept", hash });
    expect((await sells.event("agreement.confirmed")).data.hash).toBe(hash);
  });

  it("refuses what is superseded, countered, rejected, retracted, one's own, unknown or accepted already, and nothing comes of it", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const accept = (hash: string) => buys.refused({ type: "offer.accept", hash });
    const first = await propose(sells);
    expect(await sells.refused({ type: "offer.accept", hash: first })).toBe("offer_own");
    const second = await propose(sells, { notes: "better" });
    expect(await accept(first)).toBe("offer_superseded");
    await buys.do({ ...proposal({ notes: "lower" }), type: "offer.counter", hash: second });
    expect(await accept(second)).toBe("offer_countered");
    const third = await propose(sells, { notes: "third" });
    await buys.do({ type: "offer.reject", hash: third });
    expect(await accept(third)).toBe("offer_rejected");
    const fourth = await propose(sells, { notes: "fourth" });
    await sells.do({ type: "offer.retract", hash: fourth });
    expect(await accept(fourth)).toBe("offer_retracted");
    expect(await accept("f".repeat(64))).toBe("offer_unknown");
    const fifth = await propose(sells, { notes: "fifth" });
    await buys.do({ type: "offer.accept", hash: fifth });
    await buys.event("agreement.confirmed");
    expect(await accept(fifth)).toBe("room_agreed");
    const log = await logOf(matchId, seller.key);
    expect(log.filter(({ type }) => type === "offer.accepted")).toHaveLength(1);
  });
});

describe("5. Who may do what follows from the member's side and role, at connect and at each message; revoking an access closes its sockets.", () => {
  it("is nobody's room before both sides show interest, and no stranger's afterwards", async () => {
    const { seller, buyer, matchId } = await createPair();
    const stranger = await createTenant();
    const paths = [pathOf(matchId), `${pathOf(matchId)}/events`];
    for (const path of paths) await refuse(404, "GET", path, { key: seller.key });
    await befriend(matchId, seller.key);
    for (const path of paths) await refuse(404, "GET", path, { key: buyer.key });
    await befriend(matchId, buyer.key);
    for (const path of paths) await succeed(200, "GET", path, { key: buyer.key });
    for (const path of paths) await refuse(404, "GET", path, { key: stranger.key });
    await refuse(404, "POST", `${pathOf(matchId)}/tickets`, { key: stranger.key });
    const withoutScope = await insertKey(seller, { role: "owner", scopes: ["matches:read"] });
    const problem = await refuse(403, "POST", `${pathOf(matchId)}/tickets`, { key: withoutScope });
    expect(problem.required).toEqual({ scope: "rooms:join" });
  });

  it("lets viewers read, editors bargain and owners accept", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const hash = await propose(await join(matchId, seller.key));
    const [viewer, editor] = [
      await join(matchId, (await keyOf(buyer, "viewer")).key),
      await join(matchId, (await keyOf(buyer, "editor")).key),
    ];
    expect(await viewer.refused(say("may I?"))).toBe("role_too_small");
    expect(await viewer.do({ type: "read.mark", seq: 1 })).toBeGreaterThan(0);
    expect(await editor.do(say("hello"))).toBeGreaterThan(0);
    expect(await editor.refused({ type: "offer.accept", hash })).toBe("role_too_small");
    expect((await stateOf(matchId, buyer.key)).phase).toBe("open");
  });

  it("closes the sockets of a key that is revoked, within seconds, and of no other; its ticket opens nothing", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const { id, key } = await keyOf(seller, "editor");
    const [gone, stays] = [await join(matchId, key), await join(matchId, buyer.key)];
    const ticket = await ticketFor(matchId, key);
    await succeed(204, "DELETE", `/v1/api-keys/${id}`, { key: seller.key });
    expect(await gone.closing()).toEqual({ code: 4001, reason: "access_ended" });
    expect((await stays.event("member.left")).data).toEqual({ id });
    expect(stays.closed).toBeNull();
    expect((await upgrade(matchId, `?ticket=${ticket}`)).status).toBe(401);
  });

  it("lets a member do less as soon as its role is smaller, and closes its sockets when it is removed", async () => {
    const { seller, matchId } = await createRoom();
    await insertMember(seller, { role: "owner" });
    const memberId = await insertMember(seller, { role: "owner", name: "Kim" });
    const key = await insertKey(seller, { role: "owner", scopes: ["rooms:join"], memberId });
    const socket = await join(matchId, key);
    const { member } = await socket.next("welcome");
    expect(member).toMatchObject({ id: memberId, name: "Kim", role: "owner", side: "output" });
    const path = `/v1/organizations/${seller.id}/members/${memberId}`;
    await succeed(200, "PATCH", path, { key: seller.key, body: { role: "viewer" } });
    await vi.waitFor(async () => expect((await socket.ask(say("still?"))).code).toBe("role_too_small"), soon);
    expect(await socket.event("member.joined")).toMatchObject({ data: { id: memberId, role: "viewer" } });
    await succeed(204, "DELETE", path, { key: seller.key });
    expect((await socket.closing()).code).toBe(4001);
  });

  it("closes the sockets of whom a side removes, and lets that one in again when it is invited", async () => {
    const { seller, matchId } = await createRoom();
    const memberId = await insertMember(seller, { role: "editor" });
    const key = await insertKey(seller, { role: "editor", scopes: ["rooms:join"], memberId });
    const [owner, member] = [await join(matchId, seller.key), await join(matchId, key)];
    const ticket = await ticketFor(matchId, key);
    await owner.do({ type: "member.remove", participantId: memberId });
    expect(await member.closing()).toEqual({ code: 4001, reason: "access_ended" });
    expect((await refuse(403, "POST", `${pathOf(matchId)}/tickets`, { key })).reason).toBe("removed_from_room");
    const late = await upgrade(matchId, `?ticket=${ticket}`);
    expect(late.status).toBe(101);
    late.webSocket!.accept();
    const closed = new Promise<CloseEvent>((resolve) => late.webSocket!.addEventListener("close", resolve));
    expect((await closed).code).toBe(4001);
    await owner.do({ type: "member.invite", memberId });
    expect((await join(matchId, key)).closed).toBeNull();
  });

  it("lets a facilitator in whom a side invites, to suggest and not to accept, for as long as its programme has one of them", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const office = await createTenant({ name: "Programme office" });
    const stranger = await createTenant();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    await buys.do({ type: "member.invite", organizationId: stranger.id });
    await refuse(404, "POST", `${pathOf(matchId)}/tickets`, { key: stranger.key });
    const programme = await createProgramme(office);
    await joinAs(buyer, programme, office);
    await refuse(404, "GET", pathOf(matchId), { key: office.key });
    await buys.do({ type: "member.invite", organizationId: office.id });
    const broker = await join(matchId, office.key);
    const hash = await propose(sells);
    const { terms } = proposal();
    await broker.do({ type: "offer.suggest", terms });
    expect(await broker.refused({ type: "offer.accept", hash })).toBe("role_too_small");
    await succeed(204, "POST", `/v1/programmes/${programme.id}/leave`, { key: buyer.key });
    expect((await broker.closing()).code).toBe(4001);
    await refuse(404, "GET", pathOf(matchId), { key: office.key });
  });
});

describe("6. A slow or hostile client hurts only itself: bounded frames, bounded rate, bounded unacknowledged backlog.", () => {
  it("tells who sends too much to slow down, then closes its socket; the others are not disturbed", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [hostile, other] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const before = (await logOf(matchId, buyer.key)).length;
    // The runner needs milliseconds for each call of an object; test/e2e/roomFlood.test.ts sends ten thousand.
    for (let count = 0; count < 2_000; count++)
      hostile.sendRaw(JSON.stringify({ type: "typing", isTyping: count % 2 === 0 }));
    expect(await hostile.closing()).toEqual({ code: 4004, reason: "too_many_frames" });
    expect(hostile.frames.some(({ code }) => code === "too_many_frames")).toBe(true);
    expect(await other.do(say("I am here"))).toBe(before + 1);
    expect(other.frames.filter(({ type }) => type === "typing").length).toBeLessThan(200);
  });

  it("closes whoever acknowledges nothing of what it hears, and no one who does", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [deaf, hears] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const speakers = await Promise.all(Array.from({ length: 10 }, () => keyOf(buyer, "editor")));
    for (const { key } of speakers) {
      const socket = await join(matchId, key);
      for (let turn = 0; turn < 55; turn++) socket.send({ ...say("x"), clientMessageId: `m${turn}` });
      await socket.do(say("done"));
      socket.close();
      hears.send({ type: "seen", seq: hears.seqs().at(-1) ?? 0 });
    }
    expect(speakers.length * 56).toBeGreaterThan(maximumUnseen);
    expect(await deaf.closing()).toEqual({ code: 4100, reason: "slow_reader" });
    expect(hears.closed).toBeNull();
  });

  it("lets nobody open more sockets than one may have, and leaves the colleagues and the other side their places", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const own: RoomSocket[] = [];
    while (own.length < maximumSockets.ofParticipant) own.push(await join(matchId, seller.key));
    const oneTooMany = await connect(matchId, seller.key);
    expect(await oneTooMany.closing()).toEqual({ code: closeCodes.too_many_sockets.code, reason: "too_many_sockets" });
    const colleague = await join(matchId, (await keyOf(seller, "editor")).key);
    const other = await join(matchId, buyer.key);
    await other.do({ type: "chat.send", text: "Hello" });
    for (const socket of [...own, colleague]) await socket.event("chat.sent");
    own[0]!.close();
    await vi.waitFor(async () => (await connect(matchId, seller.key)).hello(), soon);
  });

  it("closes whoever sends a frame that is too large or binary", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [large, binary, other] = [
      await connect(matchId, seller.key),
      await connect(matchId, seller.key),
      await join(matchId, buyer.key),
    ];
    large.sendRaw(JSON.stringify({ type: "hello", padding: "x".repeat(70_000) }));
    binary.sendRaw(new TextEncoder().encode('{"type":"hello"}').buffer as ArrayBuffer);
    expect((await large.closing()).code).toBe(4002);
    expect((await binary.closing()).code).toBe(4003);
    expect(await other.do(say("undisturbed"))).toBeGreaterThan(0);
  });
});
