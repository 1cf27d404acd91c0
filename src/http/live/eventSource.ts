import { endings } from "../../domain/liveEvents.ts";
import type { Listener } from "../../operations/eventStream.ts";

/** What lies ready for a listener and is not taken; then no more is read for it. */
const maximumWaitingBytes = 65_536;
/** After which clients come back; spread, so that those that were dropped together do not come together. */
const retryMs = 1_000;
const laterMs = 10_000;

const encoder = new TextEncoder();

/** A stream of server-sent events: its body, and the listener that fills it. */
export function openEventSource(): { body: ReadableStream<Uint8Array>; listener: Listener } {
  const gone = Promise.withResolvers<null>();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let isOpen = true;
  let makeRoom: (() => void) | null = null;
  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      pull() {
        makeRoom?.();
        makeRoom = null;
      },
      cancel() {
        isOpen = false;
        gone.resolve(null);
      },
    },
    { highWaterMark: maximumWaitingBytes, size: (chunk) => chunk?.byteLength ?? 0 },
  );
  const send = (text: string) => {
    if (isOpen) controller.enqueue(encoder.encode(text));
  };
  send(`retry: ${spread(retryMs)}\n\n`);
  const listener: Listener = {
    async tell(told) {
      send(
        told.kind === "event"
          ? `id: ${told.cursor}\ndata: ${JSON.stringify(told.event)}\n\n`
          : `event: ready\nid: ${told.cursor}\ndata: ${JSON.stringify({ cursor: told.cursor })}\n\n`,
      );
      if (isOpen && (controller.desiredSize ?? 0) <= 0)
        await new Promise<void>((resolve) => {
          makeRoom = resolve;
        });
    },
    beat() {
      send(": heartbeat\n\n");
    },
    end({ reason, detail }, cursor) {
      const { reconnect } = endings[reason];
      const data = JSON.stringify({ reason, detail, cursor, reconnect });
      const wait = reconnect === "now" ? retryMs : laterMs;
      send(`event: dropped\nid: ${cursor}\nretry: ${spread(wait)}\ndata: ${data}\n\n`);
      if (isOpen) controller.close();
      isOpen = false;
    },
    gone: gone.promise,
  };
  return { body, listener };
}

function spread(milliseconds: number): number {
  return Math.round(milliseconds * (1 + Math.random()));
}
