import { setTimeout as sleep } from "node:timers/promises";
import type { Crowd, Talk } from "./sockets.ts";

export type FanOut = {
  /** Milliseconds from when a message was due until a member had it, one for each member and message; infinite where it never came. */
  latenciesMs: number[];
  missing: number;
  /** Milliseconds that the sender was behind at worst. */
  latestMs: number;
};

/** Stands around the time at which a message was due, in its text, and nowhere else in a frame. */
const mark = "@";
const markByte = mark.charCodeAt(0);
const drainDeadlineMs = 15_000;
/** Leads through rooms and members without an order that a server could profit from. */
const stride = 7_919;

/**
 * Sends at a rate, each message to another room, whatever comes back. A latency counts from when its message was due, so that a
 * server that falls behind is not flattered by messages that were held back.
 */
export async function measureFanOut(
  { sockets }: Crowd,
  talk: Talk,
  { perSecond, seconds, signal }: { perSecond: number; seconds: number; signal: AbortSignal },
): Promise<FanOut> {
  const members = Map.groupBy(sockets, ({ room }) => room);
  const result: FanOut = { latenciesMs: [], missing: 0, latestMs: 0 };
  let expected = 0;
  let fault: string | null = null;
  const close = (code: number) => {
    fault ??= `a socket was closed with ${code}`;
  };
  for (const one of sockets) {
    one.socket.once("close", close);
    one.hear = (frame) => {
      const from = frame.indexOf(markByte);
      if (from < 0) return;
      const to = frame.indexOf(markByte, from + 1);
      result.latenciesMs.push(performance.now() - Number(frame.toString("latin1", from + 1, to)));
    };
  }
  const total = Math.round(perSecond * seconds);
  const begun = performance.now();
  for (let sent = 0; sent < total && !signal.aborted; ) {
    const now = performance.now();
    const due = Math.min(total, Math.floor(((now - begun) / 1_000) * perSecond));
    for (; sent < due; sent++) {
      const dueAt = begun + ((sent + 1) / perSecond) * 1_000;
      result.latestMs = Math.max(result.latestMs, now - dueAt);
      const { room, socket } = sockets[(sent * stride) % sockets.length]!;
      expected += members.get(room)!.length;
      socket.send(talk.write(`${mark}${dueAt.toFixed(3)}${mark}`));
    }
    await sleep(1);
  }
  const deadline = performance.now() + drainDeadlineMs;
  while (result.latenciesMs.length < expected && performance.now() < deadline && !signal.aborted) await sleep(5);
  for (const one of sockets) {
    one.hear = () => {};
    one.socket.off("close", close);
  }
  signal.throwIfAborted();
  result.missing = expected - result.latenciesMs.length;
  while (result.latenciesMs.length < expected) result.latenciesMs.push(Number.POSITIVE_INFINITY);
  if (fault !== null) throw new Error(`${talk.name}: ${fault}`);
  return result;
}
