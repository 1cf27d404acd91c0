import type { WebSocket } from "ws";
import { roomProtocol } from "../../../src/rooms/wire.ts";
import type { RoomsOnBench } from "./roomRows.ts";
import { openSocket, type Talk } from "./sockets.ts";

const attempts = 3;

/** What a Worker with rooms is bound to. */
export const roomObjects = { ROOMS: "MatchRoom", FEEDS: "OrganizationFeed" };

/** The product's rooms: each socket by a ticket over HTTP. Rooms are divided among the Workers. */
export function turashTalk(urls: readonly string[], rooms: RoomsOnBench): Talk {
  return {
    name: "Turash",
    enter: (room, member) => join(urls[room % urls.length]!, rooms, room, member, { type: "hello" }, isWelcome),
    write: writeChat,
    ping: "ping",
  };
}

/** Bare objects, in the words of the product. */
export function bareTalk(urls: readonly string[]): Talk {
  return {
    name: "bare Durable Object",
    enter: (room) =>
      openSocket(`${urls[room % urls.length]!.replace("http", "ws")}/${room}`, [], { hello: null, isWelcome: null }),
    write: writeChat,
    ping: null,
  };
}

/** Comes back into a room with all events up to `lastSeq`, and has those up to `head` once this is done. */
export function resume(
  url: string,
  rooms: RoomsOnBench,
  { room, member, lastSeq, head }: { room: number; member: number; lastSeq: number; head: number },
): Promise<WebSocket> {
  const lastEvent = `"seq":${head},`;
  return join(url, rooms, room, member, { type: "hello", lastSeq }, (frame) =>
    head === lastSeq ? isWelcome(frame) : frame.includes(`{"type":"event"`) && frame.includes(lastEvent),
  );
}

async function join(
  url: string,
  { matchIds, keys }: RoomsOnBench,
  room: number,
  member: number,
  hello: object,
  isIn: (frame: Buffer) => boolean,
): Promise<WebSocket> {
  const path = `${url}/v1/rooms/${matchIds[room]!}`;
  const headers = { authorization: `Bearer ${keys[member % keys.length]!}` };
  let answer = await fetch(`${path}/tickets`, { method: "POST", headers });
  // On a machine that others use as well, one may take too long.
  for (let attempt = 1; answer.status >= 500 && attempt < attempts; attempt++)
    answer = await fetch(`${path}/tickets`, { method: "POST", headers });
  if (answer.status !== 201) throw new Error(`a ticket was answered ${answer.status}: ${await answer.text()}`);
  const { ticket } = (await answer.json()) as { ticket: string };
  const address = `${path.replace("http", "ws")}/socket?ticket=${encodeURIComponent(ticket)}`;
  return openSocket(address, [roomProtocol], { hello: JSON.stringify(hello), isWelcome: isIn });
}

function isWelcome(frame: Buffer): boolean {
  return frame.includes(`{"type":"welcome"`);
}

let written = 0;

/** Each with an id of its own: a repeat would only get the first answer again. */
function writeChat(text: string): string {
  return `{"type":"chat.send","clientMessageId":"${++written}","text":"${text}"}`;
}
