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
/** So often a client says how far it has taken in what it hears. */
const seenEvery = 100;
/** As many keys of an organization, each of which is a member of its own in the room. */
async function createKeys(call: Caller, count: number): Promise<string[]> {
  const keys: string[] = [];
  const body = { name: "Member", role: "editor", scopes: ["rooms:join", "matches:read", "matches:write"] };
  while (keys.length < count)
    keys.push(
      ...(await Promise.all(
        Array.from({ length: atOnce }, async () => {
          const { key } = await expectSuccess(call<{ key: string }>("POST", "/v1/api-keys", body));
          return key;
        }),
      )),
    );
  return keys;
}

/** workerd takes an object that has been idle for ten seconds out of memory. */
const longerThanAwakeMs = 15_000;

const open: WebSocket[] = [];
afterAll(() => {
  for (const socket of open) socket.terminate();
});

type Member = { socket: WebSocket; heard: ServerFrame[] };

async function join(matchId: string, key: string): Promise<Member> {
  const address = `${url.replace("http", "ws")}/v1/rooms/${matchId}/socket`;
  const socket = new WebSocket(address, roomProtocol, { headers: { authorization: `Bearer ${key}` } });
  open.push(socket);
  const member: Member = { socket, heard: [] };
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as ServerFrame;
    member.heard.push(frame);
    if (frame.type === "event" && frame.event.seq % seenEvery === 0)
      socket.send(JSON.stringify({ type: "seen", seq: frame.event.seq }));
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "hello" }));
  await vi.waitFor(() => expect(member.heard[0]?.type).toBe("welcome"), { timeout: 20_000, interval: 20 });
  return member;
}

describe("a thousand members who say nothing", () => {
  it("stay in their room while it sleeps, and all hear what wakes it", async () => {
    const { matchId, seller, buyer } = await createRoomPair(url, keys.operator!);
    const asSeller = createCaller(url, seller);
    const awakeSince = async () =>
      Date.parse((await expectSuccess(asSeller<{ awakeSince: string }>("GET", `/v1/rooms/${matchId}`))).awakeSince);
    const memberKeys = [
      ...(await createKeys(asSeller, memberCount / 2)),
      ...(await createKeys(createCaller(url, buyer), memberCount / 2)),
    ];
    const members: Member[] = [];
    while (members.length < memberCount)
      members.push(
        ...(await Promise.all(
          memberKeys.slice(members.length, members.length + atOnce).map((memberKey) => join(matchId, memberKey)),
        )),
      );
    const before = await awakeSince();
    await sleep(longerThanAwakeMs);
    // Made anew, by the question itself.
    expect(await awakeSince()).toBeGreaterThan(before);
    await sleep(longerThanAwakeMs);
    expect(members.filter(({ socket }) => socket.readyState !== WebSocket.OPEN)).toEqual([]);

    const begun = performance.now();
    members[0]!.socket.send(JSON.stringify({ type: "chat.send", clientMessageId: "1", text: "Is anybody here?" }));
    const heardBy = () =>
      members.filter(
        ({ heard }) => heard.filter((frame) => frame.type === "event" && frame.event.type === "chat.sent").length === 1,
      );
    await vi.waitFor(() => expect(heardBy()).toHaveLength(memberCount), { timeout: 30_000, interval: 20 });
    console.log(`a sleeping room woke, and ${memberCount} members heard: ${Math.round(performance.now() - begun)} ms`);
  }, 240_000);
});
