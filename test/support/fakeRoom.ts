import type { SocketLike } from "../../src/client/connection.ts";
import { closeCodes } from "../../src/rooms/closeCodes.ts";
import type { Participant, RoomEvent } from "../../src/rooms/events.ts";
import { readFrame } from "../../src/rooms/frames.ts";
import type { Command, ServerFrame } from "../../src/rooms/protocol.ts";
import { type Bucket, fullBucket, takeFrame } from "../../src/rooms/rate.ts";
import { pingText, pongText, roomProtocol } from "../../src/rooms/wire.ts";
import { RoomUnderTest } from "./roomWorld.ts";

const latencyMs = 5;

/** A room as a client meets it, over sockets whose every message takes 5 ms and can be the last that comes through. */
export class FakeRoom {
  readonly sockets: FakeSocket[] = [];
  /** What came from clients, of all sockets. */
  readonly heard: string[] = [];
  room = new RoomUnderTest();
  epoch = "epoch-1";
  /** Number of the first event that is kept. */
  firstKept = 1;
  isSilent = false;
  isAway = false;
  /** Asked before each message that passes: a code with which the socket closes instead. */
  nextDrop: (socket: FakeSocket) => number | null = () => null;
  /** Changes a frame on its way out. */
  spoil: (frame: ServerFrame) => object = (frame) => frame;
  #answers = new Map<string, ServerFrame>();

  get events(): readonly RoomEvent[] {
    return this.room.events;
  }

  /** A WebSocket for one member. */
  socketFor(by: Participant) {
    const room = this;
    return class extends FakeSocket {
      constructor(url: string, protocols: string) {
        super(room, by, url, protocols);
      }
    };
  }

  get open(): FakeSocket[] {
    return this.sockets.filter(({ isOpen }) => isOpen);
  }

  /** Does something in the room, and tells everybody. */
  act<Result>(work: (room: RoomUnderTest) => Result): Result {
    const before = this.room.events.length;
    const result = work(this.room);
    for (const event of this.room.events.slice(before))
      for (const socket of this.open) if (socket.isGreeted) socket.deliver({ type: "event", event });
    return result;
  }

  /** Another log of the same match, as after the loss of the room's storage. */
  loseAll(epoch: string): void {
    this.room = new RoomUnderTest();
    this.epoch = epoch;
    this.#answers = new Map();
  }

  hear(socket: FakeSocket, text: string): void {
    this.heard.push(text);
    if (text === pingText) {
      if (!this.isSilent) socket.deliverText(pongText);
      return;
    }
    const turn = takeFrame(socket.bucket, Date.now());
    if (turn === "refuse") socket.deliver(error(null, "too_many_frames"));
    if (turn !== "pass" || this.isSilent) return;
    const frame = readFrame(text);
    if ("code" in frame) socket.deliver({ type: "error", ...frame });
    else if (frame.kind === "hello") this.#greet(socket, frame.lastSeq);
    else if (frame.kind === "command") this.#command(socket, frame.command);
  }

  #greet(socket: FakeSocket, lastSeq: number | null): void {
    const { state } = this.room;
    const { head } = state;
    if (lastSeq !== null && lastSeq > head) {
      socket.deliver(error(null, "seq_in_the_future"));
      socket.drop(closeCodes.seq_in_the_future.code);
      return;
    }
    const isReplayed = lastSeq !== null && lastSeq + 1 >= this.firstKept;
    socket.isGreeted = true;
    const { epoch } = this;
    socket.deliver({ type: "welcome", epoch, member: socket.by, head, state: isReplayed ? null : state });
    if (isReplayed) for (const event of this.events.slice(lastSeq)) socket.deliver({ type: "event", event });
  }

  #command(socket: FakeSocket, command: Command): void {
    const { clientMessageId } = command;
    const key = `${socket.by.id} ${clientMessageId}`;
    let answer = this.#answers.get(key);
    if (!answer) {
      const decision = this.act((room) => room.send(socket.by, command));
      answer =
        decision.kind === "happens"
          ? { type: "ack", clientMessageId, seq: this.room.state.head }
          : error(clientMessageId, decision.code);
      this.#answers.set(key, answer);
    }
    socket.deliver(answer);
  }
}

function error(clientMessageId: string | null, code: Extract<ServerFrame, { type: "error" }>["code"]): ServerFrame {
  return { type: "error", clientMessageId, code, message: code, errors: [] };
}

type Listener = (event: never) => void;

export class FakeSocket implements SocketLike {
  readonly room: FakeRoom;
  readonly by: Participant;
  readonly url: string;
  readonly bucket: Bucket = fullBucket(Date.now());
  isOpen = false;
  isGreeted = false;
  #isOver = false;
  readonly #listeners: [type: string, listener: Listener][] = [];

  constructor(room: FakeRoom, by: Participant, url: string, protocols: string) {
    this.room = room;
    this.by = by;
    this.url = url;
    if (protocols !== roomProtocol) throw new Error(`No such subprotocol: ${protocols}`);
    room.sockets.push(this);
    setTimeout(() => {
      if (this.#isOver) return;
      if (room.isAway) this.drop(1006);
      else {
        this.isOpen = true;
        this.#emit("open", {});
      }
    }, latencyMs);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push([type, listener]);
  }

  send(text: string): void {
    if (!this.isOpen) throw new Error("The socket is not open.");
    this.#pass(() => this.room.hear(this, text));
  }

  close(): void {
    this.drop(1000);
  }

  deliver(frame: ServerFrame): void {
    this.deliverText(JSON.stringify(this.room.spoil(frame)));
  }

  deliverText(data: string): void {
    this.#pass(() => this.#emit("message", { data }));
  }

  /** Ends it, and what was on its way is lost; but what was sent before a close by the room comes through. */
  drop(code: number): void {
    if (this.#isOver) return;
    this.isOpen = false;
    setTimeout(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#emit("close", { code, reason: "" });
    }, latencyMs);
  }

  #pass(arrive: () => void): void {
    setTimeout(() => {
      if (this.#isOver) return;
      const code = this.room.nextDrop(this);
      if (code === null) arrive();
      else {
        this.isOpen = false;
        this.#isOver = true;
        this.#emit("close", { code, reason: "" });
      }
    }, latencyMs);
  }

  #emit(type: string, event: object): void {
    for (const [wanted, listener] of this.#listeners) if (wanted === type) listener(event as never);
  }
}
