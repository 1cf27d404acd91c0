import type { ServerFrame } from "../rooms/protocol.ts";
import { pingText, pongText, roomProtocol } from "../rooms/wire.ts";

/** What a client needs of a WebSocket: the platform's own, or that of a package such as `ws`. */
export type SocketLike = {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
};
export type SocketConstructor = new (url: string, protocols: string) => SocketLike;

/** From the opening to `welcome`. */
const welcomeWithinMs = 15_000;
const pingEveryMs = 30_000;
const pongWithinMs = 10_000;
/** What a socket tells that is lost without a word. */
const lostCode = 1006;

export type ConnectionListener = {
  frame(frame: ServerFrame): void;
  /** Once, and after it nothing. */
  down(code: number, reason: string): void;
};

/** One socket's life: it says hello, asks for signs of life, and ends once, be it by a close or because nobody answers. */
export class Connection {
  readonly #socket: SocketLike;
  readonly #listener: ConnectionListener;
  #isOver = false;
  #welcomeTimer: ReturnType<typeof setTimeout>;
  #pingTimer: ReturnType<typeof setInterval> | null = null;
  #pongTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(Socket: SocketConstructor, address: string, lastSeq: number | null, listener: ConnectionListener) {
    this.#listener = listener;
    this.#socket = new Socket(address, roomProtocol);
    this.#welcomeTimer = setTimeout(() => this.drop(lostCode, "no welcome came in time"), welcomeWithinMs);
    this.#socket.addEventListener("open", () => {
      this.send(JSON.stringify({ type: "hello", ...(lastSeq !== null && { lastSeq }) }));
      this.#pingTimer = setInterval(() => this.#ping(), pingEveryMs);
    });
    this.#socket.addEventListener("message", ({ data }) => this.#hear(data));
    this.#socket.addEventListener("close", ({ code, reason }) => this.#end(code, reason));
    // A close follows, and says as much.
    this.#socket.addEventListener("error", () => {});
  }

  send(text: string): void {
    if (this.#isOver) return;
    try {
      this.#socket.send(text);
    } catch {
      // It is closing, and will say so.
    }
  }

  /** Ends it from here; `code` is what the listener is told. */
  drop(code: number, reason: string): void {
    if (this.#isOver) return;
    try {
      this.#socket.close(1000);
    } catch {
      // It is closed.
    }
    this.#end(code, reason);
  }

  #hear(data: unknown): void {
    if (this.#isOver) return;
    if (this.#pongTimer !== null) clearTimeout(this.#pongTimer);
    this.#pongTimer = null;
    if (data === pongText) return;
    let frame: ServerFrame;
    try {
      frame = JSON.parse(data as string) as ServerFrame;
    } catch {
      this.drop(lostCode, "a frame was no JSON");
      return;
    }
    if (frame.type === "welcome") clearTimeout(this.#welcomeTimer);
    this.#listener.frame(frame);
  }

  #ping(): void {
    this.send(pingText);
    this.#pongTimer ??= setTimeout(() => this.drop(lostCode, "nobody answers"), pongWithinMs);
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#welcomeTimer);
    if (this.#pingTimer !== null) clearInterval(this.#pingTimer);
    if (this.#pongTimer !== null) clearTimeout(this.#pongTimer);
    this.#listener.down(code, reason);
  }
}
