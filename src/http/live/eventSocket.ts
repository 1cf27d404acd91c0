import * as z from "zod";
import { type Ending, endings } from "../../domain/liveEvents.ts";
import type { Listener } from "../../operations/eventStream.ts";
import { clientFrameSchemas, type ServerFrame } from "../schemas/eventFrames.ts";

/** Events that were sent and not acknowledged, and their characters; then none is sent until the client says what it has taken. */
export const windowEvents = 256;
const windowCharacters = 1_000_000;

const maximumFrameLength = 1_000;
/** Frames that a client may send besides one for each event. */
const spareFrames = 100;
const spareFramesPerSecond = 2;

const frameSchema = z.discriminatedUnion("type", [clientFrameSchemas.ping, clientFrameSchemas.ack]);

/** The server's end of a WebSocket, which has been accepted. */
export type EventSocket = Pick<WebSocket, "send" | "close" | "addEventListener">;

/** A listener that gets JSON text frames and tells by `ack` how far it has come. */
export function openEventSocket(socket: EventSocket): Listener {
  const gone = Promise.withResolvers<Ending | null>();
  const begun = Date.now();
  let isOpen = true;
  const waiting: { cursor: string; length: number }[] = [];
  let characters = 0;
  let sent = 0;
  let received = 0;
  let makeRoom: (() => void) | null = null;

  const isFull = () => waiting.length >= windowEvents || characters >= windowCharacters;
  const send = (frame: ServerFrame): number => {
    const text = JSON.stringify(frame);
    if (isOpen) socket.send(text);
    return text.length;
  };

  const acknowledge = (cursor: string) => {
    const place = waiting.findIndex((each) => each.cursor === cursor);
    for (const { length } of waiting.splice(0, place + 1)) characters -= length;
    if (isFull()) return;
    makeRoom?.();
    makeRoom = null;
  };

  socket.addEventListener("message", ({ data }) => {
    if (!isOpen) return;
    received++;
    const spare = spareFrames + (spareFramesPerSecond * (Date.now() - begun)) / 1_000;
    if (received > sent + spare)
      return gone.resolve({ reason: "too_many_frames", detail: "More frames came than there is to acknowledge." });
    const frame = readFrame(data);
    if (!frame)
      gone.resolve({ reason: "frame_refused", detail: 'Frames are {"type": "ping"} or {"type": "ack", "cursor"}.' });
    else if (frame.type === "ping") send({ type: "pong" });
    else acknowledge(frame.cursor);
  });
  const leave = () => {
    isOpen = false;
    gone.resolve(null);
  };
  socket.addEventListener("close", () => {
    leave();
    closeQuietly(socket, 1000, "");
  });
  socket.addEventListener("error", leave);

  return {
    async tell(told) {
      if (told.kind === "ready") {
        send({ type: "ready", cursor: told.cursor });
        return;
      }
      const length = send({ type: "event", cursor: told.cursor, event: told.event });
      sent++;
      waiting.push({ cursor: told.cursor, length });
      characters += length;
      if (isFull())
        await new Promise<void>((resolve) => {
          makeRoom = resolve;
        });
    },
    // Clients ping, for they are the ones who must notice that nobody is there.
    beat() {},
    end({ reason, detail }, cursor) {
      const { closeCode, reconnect } = endings[reason];
      send({ type: "dropped", reason, detail, cursor, reconnect });
      isOpen = false;
      closeQuietly(socket, closeCode, reason);
    },
    gone: gone.promise,
  };
}

function readFrame(data: unknown): z.infer<typeof frameSchema> | null {
  if (typeof data !== "string" || data.length > maximumFrameLength) return null;
  try {
    return frameSchema.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}

function closeQuietly(socket: EventSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // It is closed.
  }
}
