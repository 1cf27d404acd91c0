import { DurableObject } from "cloudflare:workers";

type Bindings = { ROOMS: DurableObjectNamespace<BareRoom>; TELLS?: "everybody" };

/**
 * The least that keeps a message and says so: a row, and an acknowledgement behind it, over a socket that outlasts sleep. Tells
 * everybody in the room where it is told to.
 */
export class BareRoom extends DurableObject<Bindings> {
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)");
  }

  override fetch(): Response {
    const { 0: theirs, 1: own } = new WebSocketPair();
    this.ctx.acceptWebSocket(own);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const { clientMessageId, text } = JSON.parse(message as string) as { clientMessageId: string; text: string };
    const { seq } = this.#sql.exec<{ seq: number }>("INSERT INTO events (body) VALUES (?) RETURNING seq", text).one();
    if (this.env.TELLS) for (const each of this.ctx.getWebSockets()) each.send(text);
    socket.send(JSON.stringify({ type: "ack", clientMessageId, seq }));
  }
}

export default {
  /** A socket of the room that the path names. */
  fetch(request: Request, env: Bindings): Promise<Response> {
    return env.ROOMS.getByName(new URL(request.url).pathname).fetch(request);
  },
};
