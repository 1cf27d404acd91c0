import { once } from "node:events";
import { afterAll, describe, expect, inject, it } from "vitest";
import { WebSocket } from "ws";
import type { ServerFrame } from "../../src/rooms/protocol.ts";
import { roomProtocol } from "../../src/rooms/wire.ts";
import { createRoomPair } from "../support/roomPair.ts";

const { url, keys } = inject("service");
const open: WebSocket[] = [];

afterAll(() => {
  for (const socket of open) socket.terminate();
});

/** A socket of a room that has said hello. */
async function join(matchId: string, key: string): Promise<WebSocket> {
  const address = `${url.replace("http", "ws")}/v1/rooms/${matchId}/socket`;
  const socket = new WebSocket(address, roomProtocol, { headers: { authorization: `Bearer ${key}` } });
  open.push(socket);
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "hello" }));
  await once(socket, "message");
  return socket;
}

/** Sends a text and waits for its answer; the milliseconds that took. */
async function say(socket: WebSocket, id: string): Promise<number> {
  const begun = performance.now();
  const answered = new Promise<void>((resolve) => {
    const listen = (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as ServerFrame;
      if (frame.type !== "ack" || frame.clientMessageId !== id) return;
      socket.off("message", listen);
      resolve();
    };
    socket.on("message", listen);
  });
  socket.send(JSON.stringify({ type: "chat.send", clientMessageId: id, text: "I am here" }));
  await answered;
  return performance.now() - begun;
}

describe("ten thousand frames in a second", () => {
  it("close the socket that they come by, with the reason, and disturb nobody else in the room", async () => {
    const { matchId, seller, buyer } = await createRoomPair(url, keys.operator!);
    const [hostile, other] = [await join(matchId, seller), await join(matchId, buyer)];
    const heard: string[] = [];
    other.on("message", (data: Buffer) => heard.push((JSON.parse(data.toString()) as ServerFrame).type));
    const closed = once(hostile, "close");
    const frame = JSON.stringify({ type: "chat.send", clientMessageId: "again", text: "flood" });
    const begun = performance.now();
    for (let count = 0; count < 10_000; count++)
      hostile.send(count % 2 === 0 ? frame : '{"type":"typing","isTyping":true}');
    const waited = await say(other, "during");
    const [code, reason] = (await closed) as [number, Buffer];
    const seconds = (performance.now() - begun) / 1_000;
    console.log(`the other waited ${Math.round(waited)} ms; the flood was closed after ${seconds.toFixed(2)} s`);
    expect([code, reason.toString()]).toEqual([4004, "too_many_frames"]);
    expect(waited).toBeLessThan(5_000);
    expect(heard.filter((type) => type === "typing").length).toBeLessThan(20);
    expect(await say(other, "afterwards")).toBeLessThan(1_000);
  });
});
