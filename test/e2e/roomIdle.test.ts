import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, inject, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { ServerFrame } from "../../src/rooms/protocol.ts";
import { roomProtocol } from "../../src/rooms/wire.ts";
import { type Caller, createCaller, expectSuccess } from "../support/apiCaller.ts";
import { createRoomPair } from "../support/roomPair.ts";

const { url, keys } = inject("service");
const memberCount = 1_000;
const atOnce = 20;
/** workerd takes an object that has been idle for ten seconds out of memory. */
const longerThanAwakeMs = 15_000;

const open: WebSocket[] = [];
afterAll(() => {
  for (const socket of open) socket.terminate();
});

/** Does something so many times, some at once. */
async function repeat<Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  while (results.length < count)
    results.push(...(await Promise.all(Array.from({ length: atOnce }, (_, index) => work(results.length + index)))));
  return results;
}

/** A key of an organization, which is a member of its own in the room. */
async function createKey(call: Caller): Promise<string> {
  const body = { name: "Member", role: "editor", scopes: ["rooms:join", "matches:read", "matches:write"] };
  return (await expectSuccess(call<{ key: string }>("POST", "/v1/api-keys", body))).key;
}

/** How often a member has heard what, by the types of frames and events. */
type Member = { socket: WebSocket; heard: Map<string, number> };

async function connect(matchId: string, key: string): Promise<Member> {
  const address = `${url.replace("http", "ws")}/v1/rooms/${matchId}/socket`;
  const socket = new WebSocket(address, roomProtocol, { headers: { authorization: `Bearer ${key}` } });
  open.push(socket);
  const member: Member = { socket, heard: new Map() };
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as ServerFrame;
    const type = frame.type === "event" ? frame.event.type : frame.type;
    member.heard.set(type, (member.heard.get(type) ?? 0) + 1);
  });
  await once(socket, "open");
  return member;
}

/** Waits until each has heard something, and finds that none has twice. */
async function waitUntilAllHeardOnce(members: readonly Member[], type: string): Promise<void> {
  const deaf = () => members.filter(({ heard }) => !heard.has(type));
  await vi.waitFor(() => expect(deaf()).toHaveLength(0), { timeout: 60_000, interval: 20 });
  expect(members.filter(({ heard }) => heard.get(type) !== 1)).toHaveLength(0);
}

describe("a thousand members who say nothing", () => {
  it("stay in their room while it sleeps, and all hear what wakes it", async () => {
    const { matchId, seller, buyer } = await createRoomPair(url, keys.operator!);
    const asSeller = createCaller(url, seller);
    const look = () => expectSuccess(asSeller<{ awakeSince: string; head: number }>("GET", `/v1/rooms/${matchId}`));
    const awakeSince = async () => Date.parse((await look()).awakeSince);
    const callers = [asSeller, createCaller(url, buyer)];
    const memberKeys = await repeat(memberCount, (index) => createKey(callers[index % 2]!));
    const members = await repeat(memberCount, (index) => connect(matchId, memberKeys[index]!));
    // All are in before the first greets, so that nobody is told of those who come.
    const { head: lastSeq } = await look();
    expect(lastSeq).toBe(1 + memberCount);
    for (const { socket } of members) socket.send(JSON.stringify({ type: "hello", lastSeq }));
    await waitUntilAllHeardOnce(members, "welcome");
    const before = await awakeSince();
    await sleep(longerThanAwakeMs);
    // Made anew, by the question itself.
    expect(await awakeSince()).toBeGreaterThan(before);
    await sleep(longerThanAwakeMs);
    expect(members.filter(({ socket }) => socket.readyState !== WebSocket.OPEN)).toEqual([]);

    const begun = performance.now();
    members[0]!.socket.send(JSON.stringify({ type: "chat.send", clientMessageId: "1", text: "Is anybody here?" }));
    await waitUntilAllHeardOnce(members, "chat.sent");
    console.log(`a sleeping room woke, and ${memberCount} members heard: ${Math.round(performance.now() - begun)} ms`);
  }, 240_000);
});
