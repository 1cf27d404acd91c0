import { type AfterClose, afterClose, type CloseName, closeCodes } from "../rooms/closeCodes.ts";
import type { ServerFrame } from "../rooms/protocol.ts";
import { delayBefore } from "./backOff.ts";
import { Connection, type SocketConstructor } from "./connection.ts";
import { RoomLost, TicketRefused } from "./errors.ts";

export type RoomStatus = "connecting" | "open" | "waiting" | "ended";

export type LinkListener = {
  /** What to say hello with. */
  lastSeq(): number | null;
  frame(frame: ServerFrame): void;
  /** A connection is over; another may follow. */
  down(code: number): void;
  status(status: RoomStatus): void;
  /** The room said not to come back, or there is no ticket. */
  lost(loss: RoomLost): void;
};

/** After a connection that held for so long, the next attempt is the first again. */
const steadyMs = 10_000;
/** Codes of no room, for connections that are ended from here: to open another at once, or after a while. */
const againNowCode = 4299;
const againLaterCode = 4199;

/** The way to a room over one connection after the other, each with a ticket of its own, as the room's close codes ask for it. */
export class Link {
  readonly #getTicket: () => Promise<string>;
  /** Of the socket, without the ticket. */
  readonly #address: string;
  readonly #Socket: SocketConstructor;
  readonly #listener: LinkListener;
  #status: RoomStatus = "connecting";
  #connection: Connection | null = null;
  #welcomedAt: number | null = null;
  #failures = 0;
  /** What the room asked to wait before it went. */
  #waitMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    getTicket: () => Promise<string>,
    address: string,
    socket: SocketConstructor | undefined,
    listener: LinkListener,
  ) {
    this.#getTicket = getTicket;
    this.#address = address;
    this.#Socket = socket ?? platformSocket();
    this.#listener = listener;
    // By then whoever makes this has it.
    queueMicrotask(() => void this.#connect());
  }

  get status(): RoomStatus {
    return this.#status;
  }

  send(text: string): void {
    this.#connection?.send(text);
  }

  /** To be called when a connection has been welcomed. */
  open(): void {
    this.#welcomedAt = Date.now();
    this.#waitMs = 0;
    this.#setStatus("open");
  }

  waitFor(ms: number): void {
    this.#waitMs = ms;
  }

  /** Leaves this connection for another. */
  restart(when: "now" | "later", reason: string): void {
    this.#connection?.drop(when === "now" ? againNowCode : againLaterCode, reason);
  }

  end(): void {
    if (this.#isOver) return;
    this.#setStatus("ended");
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#connection?.drop(1000, "");
  }

  get #isOver(): boolean {
    return this.#status === "ended";
  }

  async #connect(): Promise<void> {
    this.#timer = null;
    if (this.#isOver) return;
    try {
      const ticket = await this.#getTicket();
      if (this.#isOver) return;
      const address = `${this.#address}?ticket=${encodeURIComponent(ticket)}`;
      this.#connection = new Connection(this.#Socket, address, this.#listener.lastSeq(), {
        frame: (frame) => this.#listener.frame(frame),
        down: (code, reason) => this.#down(code, reason),
      });
    } catch (error) {
      if (error instanceof TicketRefused) this.#listener.lost(new RoomLost("ticket_refused", error.message));
      else this.#comeBack("back_off");
    }
  }

  #down(code: number, reason: string): void {
    this.#connection = null;
    if (this.#welcomedAt !== null && Date.now() - this.#welcomedAt >= steadyMs) this.#failures = 0;
    this.#welcomedAt = null;
    this.#listener.down(code);
    if (this.#isOver) return;
    // That one asks to come back with nothing, which the listener has seen to.
    const after = code === closeCodes.seq_in_the_future.code ? "back_off" : afterClose(code);
    if (after === "stop") this.#listener.lost(lossOf(code, reason));
    else this.#comeBack(after);
  }

  #comeBack(after: AfterClose): void {
    if (this.#isOver) return;
    const delayMs = this.#waitMs + delayBefore(this.#failures++, after, Math.random());
    this.#waitMs = 0;
    this.#setStatus("waiting");
    this.#timer = setTimeout(() => {
      this.#setStatus("connecting");
      void this.#connect();
    }, delayMs);
  }

  #setStatus(status: RoomStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#listener.status(status);
  }
}

function lossOf(code: number, reason: string): RoomLost {
  const names = Object.keys(closeCodes) as CloseName[];
  const name = names.find((each) => closeCodes[each].code === code);
  return new RoomLost(name ?? "stopped", name ? closeCodes[name].meaning : `The room closed with ${code} ${reason}`);
}

function platformSocket(): SocketConstructor {
  const { WebSocket: found } = globalThis as unknown as { WebSocket?: SocketConstructor };
  if (!found) throw new TypeError("There is no WebSocket here; hand one in.");
  return found;
}
