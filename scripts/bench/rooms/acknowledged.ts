import { setTimeout as sleep } from "node:timers/promises";
import type { Crowd, Talk } from "./sockets.ts";

/** Not longer than most messages. */
const text = "What about 120 tonnes a month from January on, free at our gate, at 12.50 EUR a tonne?";
/** A client tells so often how far it has read. */
const seenEvery = 100;
const drainMs = 500;
const retryMs = 100;

/**
 * Each socket sends the next message when the one before is acknowledged. Fails on any other answer.
 * @returns acknowledged messages a second, and how many there were
 */
export async function measureAcknowledged(
  { sockets }: Crowd,
  talk: Talk,
  seconds: number,
  signal: AbortSignal,
): Promise<{ perSecond: number; count: number }> {
  let count = 0;
  let isOver = false;
  let fault: string | null = null;
  for (const one of sockets) {
    const { socket } = one;
    let heard = 0;
    const say = () => socket.send(talk.write(text));
    const close = (code: number) => {
      fault ??= `a socket was closed with ${code}`;
    };
    socket.once("close", close);
    one.hear = (frame) => {
      // `{"type":"ack"`, `{"type":"event"`, and whatever should not be.
      const word = frame.toString("latin1", 9, 12);
      if (word === "ack") {
        count += 1;
        if (!isOver) say();
      } else if (word === "eve") {
        heard += 1;
        if (heard % seenEvery === 0) socket.send(`{"type":"seen","seq":${seqOf(frame)}}`);
      } else if (word === "err") {
        // A socket that says more than it may has to wait, which only makes the figure smaller.
        if (frame.includes(`"too_many_frames"`)) setTimeout(() => isOver || say(), retryMs);
        else fault ??= frame.toString();
      }
    };
    say();
  }
  const begun = performance.now();
  await sleep(seconds * 1_000, undefined, { signal });
  const result = { perSecond: count / ((performance.now() - begun) / 1_000), count };
  isOver = true;
  await sleep(drainMs, undefined, { signal });
  for (const one of sockets) {
    one.hear = () => {};
    one.socket.removeAllListeners("close");
  }
  if (fault !== null) throw new Error(`${talk.name}: ${fault}`);
  return result;
}

function seqOf(frame: Buffer): number {
  return (JSON.parse(frame.toString()) as { event: { seq: number } }).event.seq;
}
