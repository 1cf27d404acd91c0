// What a page does in a room: it comes in by a ticket of its own server, says something, loses its connection, and tells what it has.
import { RoomClient } from "turash/client";

const { url, matchId } = await (await fetch("/where")).json();
let socket;
/** The browser's own, so that it can be lost. */
class Socket extends WebSocket {
  constructor(...parameters) {
    super(...parameters);
    socket = this;
  }
}
const getTicket = async () => (await fetch("/ticket")).text();
const room = new RoomClient({ url, matchId, getTicket, WebSocket: Socket, from: "start" });
const events = [];
room.on("event", (event) => events.push(event));
let told;
try {
  const { seq } = await room.send({ type: "chat.send", text: "Hello from a browser" });
  const lost = socket;
  lost.close();
  await room.send({ type: "chat.send", text: "Back again" });
  const refusal = await room.send({ type: "offer.accept", hash: "0".repeat(64) }).catch(({ code }) => code);
  told = { seq, refusal, isAnother: lost !== socket, state: room.state, events, agent: navigator.userAgent };
} catch (error) {
  told = { fault: String(error) };
}
await fetch("/told", { method: "POST", body: JSON.stringify(told) });
