import type { ServerFrame } from "../rooms/protocol.ts";
import { type Bucket, fullBucket, takeFrame } from "../rooms/rate.ts";
import { maximumFrameBytes } from "../rooms/wire.ts";
import { RoomRefusal } from "./errors.ts";

type Pending = {
  text: string;
  isSent: boolean;
  /** Once it is acknowledged: the number up to which events must have come before its sender is told. */
  ackedSeq: number | null;
  resolve(outcome: { seq: number }): void;
  reject(error: Error): void;
};

/** Commands that are sent and not yet answered. */
const windowCommands = 32;
const pauseMs = 100;
/** Before what the room had no time for is sent again. */
const retryMs = 1_500;

/** Commands in the order in which they were given, each until its answer has come, over as many connections as that takes. */
export class Outbox {
  readonly #pending = new Map<string, Pending>();
  readonly #prefix = createPrefix();
  #count = 0;
  #send: ((text: string) => void) | null = null;
  #bucket: Bucket = fullBucket(0);
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Resolves with the answer's `seq` when `head` has come there. Errors: `RoomRefusal`, or what `fail` is given. */
  add(command: object): Promise<{ seq: number }> {
    const clientMessageId = `${this.#prefix}-${this.#count++}`;
    const text = JSON.stringify({ ...command, clientMessageId });
    if (new TextEncoder().encode(text).byteLength > maximumFrameBytes)
      return Promise.reject(new RoomRefusal("frame_too_large", `A frame has at most ${maximumFrameBytes} bytes.`));
    return new Promise((resolve, reject) => {
      this.#pending.set(clientMessageId, { text, isSent: false, ackedSeq: null, resolve, reject });
      this.#flush();
    });
  }

  /** Sends all that has no answer over a connection that was welcomed. */
  connect(send: (text: string) => void): void {
    this.#send = send;
    this.#bucket = fullBucket(Date.now());
    this.#sendAgain();
  }

  disconnect(): void {
    this.#send = null;
    this.#stopTimer();
  }

  /** Takes an answer in; gives false for one that is of no command here. */
  answer(frame: Extract<ServerFrame, { type: "ack" | "error" }>, head: number | null): boolean {
    const { clientMessageId } = frame;
    if (frame.type === "error" && (frame.code === "too_many_frames" || frame.code === "unavailable")) {
      // Nothing was decided, and of what is not always said.
      this.#later(retryMs, () => this.#sendAgain());
      return true;
    }
    const pending = clientMessageId === null ? undefined : this.#pending.get(clientMessageId);
    if (!pending) return false;
    if (frame.type === "error") {
      this.#pending.delete(clientMessageId!);
      pending.reject(new RoomRefusal(frame.code, frame.message, frame.errors));
    } else {
      pending.ackedSeq = frame.seq;
      this.caughtUp(head);
    }
    this.#flush();
    return true;
  }

  /** Tells the senders of commands whose events have come. */
  caughtUp(head: number | null): void {
    for (const [id, { ackedSeq, resolve }] of this.#pending)
      if (ackedSeq !== null && head !== null && ackedSeq <= head) {
        this.#pending.delete(id);
        resolve({ seq: ackedSeq });
      }
  }

  /** Gives up on all that has no answer. */
  fail(error: Error): void {
    for (const { ackedSeq, resolve, reject } of this.#pending.values())
      if (ackedSeq === null) reject(error);
      else resolve({ seq: ackedSeq });
    this.#pending.clear();
  }

  #sendAgain(): void {
    for (const pending of this.#pending.values()) pending.isSent = false;
    this.#flush();
  }

  /** Keeps to the pace that the room allows, by the same rule. */
  #flush(): void {
    if (!this.#send || this.#timer !== null) return;
    let underWay = 0;
    for (const pending of this.#pending.values()) {
      if (pending.ackedSeq !== null) continue;
      if (++underWay > windowCommands) return;
      if (pending.isSent) continue;
      if (takeFrame(this.#bucket, Date.now()) !== "pass") {
        this.#later(pauseMs, () => this.#flush());
        return;
      }
      pending.isSent = true;
      this.#send(pending.text);
    }
  }

  #later(ms: number, work: () => void): void {
    this.#stopTimer();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      work();
    }, ms);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Of this client alone, so that its numbers are no other's of the same member. */
function createPrefix(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
