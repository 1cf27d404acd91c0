import type { Decision } from "../decision.ts";
import type { FrameFault } from "../frames.ts";
import { type ClientFrame, readFrame } from "../frames.ts";
import type { Command, ErrorCode, ServerFrame } from "../protocol.ts";
import { takeFrame } from "../rate.ts";
import { decide } from "../room.ts";
import type { RoomCore } from "./core.ts";
import type { Presence } from "./presence.ts";
import type { Seat } from "./sockets.ts";

type Refusal = { code: ErrorCode; message: string; clientMessageId?: string | null; errors?: FrameFault["errors"] };

/** What clients say, each frame answered in its turn. */
export class Conversation {
  readonly #core: RoomCore;
  readonly #presence: Presence;

  constructor(core: RoomCore, presence: Presence) {
    this.#core = core;
    this.#presence = presence;
  }

  take(seat: Seat, message: string | ArrayBuffer): void {
    const { seats } = this.#core;
    const turn = takeFrame(seat.bucket, Date.now());
    if (turn === "close") seats.close(seat, "too_many_frames");
    else if (turn === "refuse")
      this.#refuse(seat, { code: "too_many_frames", message: "Too many frames came at once; slow down." });
    else if (typeof message !== "string") seats.close(seat, "binary_frame");
    else this.#read(seat, message);
  }

  #read(seat: Seat, text: string): void {
    const frame = readFrame(text);
    if ("code" in frame) {
      this.#refuse(seat, frame);
      if (frame.code === "frame_too_large") this.#core.seats.close(seat, "frame_too_large");
    } else if (frame.kind === "hello") this.#greet(seat, frame.lastSeq);
    else if (seat.session.isGreeted) this.#answer(seat, frame);
    else {
      const clientMessageId = frame.kind === "command" ? frame.command.clientMessageId : null;
      this.#refuse(seat, { code: "hello_first", message: "The first frame is hello.", clientMessageId });
    }
  }

  #answer(seat: Seat, frame: Exclude<ClientFrame, { kind: "hello" }>): void {
    if (frame.kind === "command") this.#command(seat, frame.command);
    else if (frame.kind === "seen") this.#core.seats.acknowledge(seat, frame.seq);
    else if (frame.kind === "typing") this.#presence.type(seat, frame.isTyping);
    else this.#presence.set(seat, frame.status);
  }

  #greet(seat: Seat, lastSeq: number | null): void {
    const { seats, log, state } = this.#core;
    if (seat.session.isGreeted) this.#refuse(seat, { code: "hello_again", message: "You said hello already." });
    else if (lastSeq !== null && lastSeq > log.head) {
      this.#refuse(seat, { code: "seq_in_the_future", message: `The last event has the number ${log.head}.` });
      seats.close(seat, "seq_in_the_future");
    } else {
      const isReplayed = lastSeq !== null && lastSeq + 1 >= log.firstSeq;
      const { participant: member } = seat.session;
      const { epoch, head } = log;
      seats.change(seat, { isGreeted: true });
      seats.send(seat, { type: "welcome", epoch, member, head, state: isReplayed ? null : state });
      seat.seen = isReplayed ? lastSeq : head;
      if (isReplayed) seats.replay(seat, lastSeq);
      this.#presence.tellSoon();
    }
  }

  #command(seat: Seat, command: Command): void {
    const { answers, seats, documents, state } = this.#core;
    const { participant } = seat.session;
    const { clientMessageId } = command;
    const known = answers.find(participant.id, clientMessageId);
    if (known !== null) {
      seats.sendText(seat, known);
      return;
    }
    const document =
      command.type === "document.attach"
        ? (documents.find(participant.organizationId, command.documentId) ?? undefined)
        : undefined;
    const decision = decide(state, command, { participant, at: new Date().toISOString(), document });
    seats.sendText(seat, this.#carryOut(decision, seat, clientMessageId));
  }

  /** Does what was decided, and gives the frame that answers the command, now and whenever it comes again. */
  #carryOut(decision: Decision, seat: Seat, clientMessageId: string): string {
    const { answers, log, seats } = this.#core;
    const { participant } = seat.session;
    const keep = (frame: ServerFrame) => {
      const text = JSON.stringify(frame);
      answers.keep(participant.id, clientMessageId, text);
      return text;
    };
    if (decision.kind === "refused") {
      const { code, message, pointer } = decision;
      const errors = pointer === undefined ? [] : [{ pointer, message }];
      return keep({ type: "error", clientMessageId, code, message, errors });
    }
    if (decision.events.length === 0) return keep({ type: "ack", clientMessageId, seq: log.head });
    const seq = this.#core.happen(decision.events, { findActor: () => seats.actorOf(seat), clientMessageId });
    return answers.remember(participant.id, clientMessageId, seq);
  }

  #refuse(seat: Seat, { code, message, clientMessageId = null, errors = [] }: Refusal): void {
    this.#core.seats.send(seat, { type: "error", clientMessageId, code, message, errors });
  }

  /** What could not be written has not happened: the client may send it again. */
  fail(seat: Seat, error: unknown): void {
    console.error(JSON.stringify({ level: "error", event: "room_frame_failed", cause: String(error) }));
    this.#refuse(seat, { code: "unavailable", message: "This could not be done now; send it again." });
    this.#core.seats.close(seat, "unavailable");
  }
}
