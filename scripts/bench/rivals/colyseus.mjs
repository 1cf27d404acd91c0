// A Colyseus server whose rooms pass each message on to everybody in them, and keep nothing. Tells its port over IPC, and ends
// with the channel. No pings and no state to patch: less than it does unless told otherwise.
import { createServer } from "node:http";
import { Room, Server } from "@colyseus/core";
import { WebSocketTransport } from "@colyseus/ws-transport";

class TalkRoom extends Room {
  patchRate = null;
  maxClients = Number.POSITIVE_INFINITY;

  onCreate() {
    this.onMessage("m", (_client, text) => this.broadcast("m", text));
  }
}

const http = createServer();
const transport = new WebSocketTransport({ server: http, pingInterval: 0 });
const server = new Server({ transport, greet: false, gracefullyShutdown: false });
server.define("talk", TalkRoom).filterBy(["number"]);
await server.listen(0, "127.0.0.1");
process.on("disconnect", () => process.exit(0));
process.send({ port: http.address().port });
