import { describe, expect, it, vi } from "vitest";
import type { CloudEvent } from "../../../src/domain/event.ts";
import { endings } from "../../../src/domain/liveEvents.ts";
import { type EventSocket, openEventSocket, windowEvents } from "../../../src/http/live/eventSocket.ts";
import { openEventSource } from "../../../src/http/live/eventSource.ts";

const event = (text = "x") => ({ specversion: "1.0", data: { text } }) as unknown as CloudEvent;
const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("server-sent events", () => {
  it("have an id and a CloudEvent each, and end with the reason", async () => {
    const { body, listener } = openEventSource();
    await listener.tell({ kind: "event", cursor: "c1", event: event("one\ntwo") });
    await listener.tell({ kind: "ready", cursor: "c2" });
    listener.beat();
    listener.end({ reason: "slow_listener", detail: "Slow." }, "c2");
    const blocks = (await new Response(body).text()).split("\n\n");
    expect(blocks[0]).toMatch(/^retry: 1\d{3}$/);
    expect(blocks[1]).toBe('id: c1\ndata: {"specversion":"1.0","data":{"text":"one\\ntwo"}}');
    expect(blocks[2]).toBe('event: ready\nid: c2\ndata: {"cursor":"c2"}');
    expect(blocks[3]).toBe(": heartbeat");
    expect(blocks[4]).toMatch(
      /^event: dropped\nid: c2\nretry: 1\d{4}\ndata: {"reason":"slow_listener","detail":"Slow.","cursor":"c2","reconnect":"later"}$/,
    );
  });

  it("wait for a reader with more than so much ready, and go on when it reads", async () => {
    const { body, listener } = openEventSource();
    let told = 0;
    const telling = (async () => {
      for (; told < 200; told++)
        await listener.tell({ kind: "event", cursor: `c${told}`, event: event("x".repeat(1_000)) });
      listener.end({ reason: "lifetime_over", detail: "" }, "c");
    })();
    await tick();
    expect(told).toBeLessThan(70);
    expect((await new Response(body).text()).match(/^id: c\d+$/gm)).toHaveLength(200);
    await telling;
  });

  it("tell when nobody reads any more", async () => {
    const { body, listener } = openEventSource();
    await body.cancel();
    expect(await listener.gone).toBeNull();
    await listener.tell({ kind: "ready", cursor: "c" });
    listener.end({ reason: "lifetime_over", detail: "" }, "c");
  });
});

/** The server's end of a WebSocket, with what is sent on it; `receive` is a client's frame. */
function createSocketFake() {
  const target = new EventTarget();
  const sent: { type: string; cursor?: string; reason?: string }[] = [];
  const closed: [code: number | undefined, reason: string | undefined][] = [];
  const socket = {
    send: (text: string) => void sent.push(JSON.parse(text)),
    close: (code?: number, reason?: string) => void closed.push([code, reason]),
    addEventListener: target.addEventListener.bind(target),
  } as EventSocket;
  const receive = (data: unknown) => target.dispatchEvent(Object.assign(new Event("message"), { data }));
  return { socket, sent, closed, receive, hangUp: () => target.dispatchEvent(new Event("close")) };
}

const ack = (cursor: string) => JSON.stringify({ type: "ack", cursor });

describe("a WebSocket of events", () => {
  it("gets frames with a type, and a pong for a ping", async () => {
    const { socket, sent, receive } = createSocketFake();
    const listener = openEventSocket(socket);
    await listener.tell({ kind: "ready", cursor: "c0" });
    await listener.tell({ kind: "event", cursor: "c1", event: event() });
    receive('{"type": "ping"}');
    expect(sent).toEqual([
      { type: "ready", cursor: "c0" },
      { type: "event", cursor: "c1", event: event() },
      { type: "pong" },
    ]);
  });

  it("gets no more than a window of events that it has not acknowledged", async () => {
    const { socket, sent, receive } = createSocketFake();
    const listener = openEventSocket(socket);
    const run = (async () => {
      for (let told = 0; told < 2 * windowEvents; told++)
        await listener.tell({ kind: "event", cursor: `c${told}`, event: event() });
    })();
    await tick();
    expect(sent).toHaveLength(windowEvents);
    receive(ack("nothing"));
    await tick();
    expect(sent).toHaveLength(windowEvents);
    receive(ack("c9"));
    await tick();
    expect(sent).toHaveLength(windowEvents + 10);
    receive(ack(`c${windowEvents + 9}`));
    await run;
    expect(sent).toHaveLength(2 * windowEvents);
  });

  it("gets no more than so many characters that it has not acknowledged", async () => {
    const { socket, sent, receive } = createSocketFake();
    const listener = openEventSocket(socket);
    const run = (async () => {
      for (let told = 0; told < 15; told++)
        await listener.tell({ kind: "event", cursor: `c${told}`, event: event("x".repeat(100_000)) });
    })();
    await tick();
    expect(sent.length).toBeLessThan(12);
    receive(ack(sent.at(-1)!.cursor!));
    await run;
    expect(sent).toHaveLength(15);
  });

  it.each([
    ["words", "hello"],
    ["another type", '{"type": "subscribe"}'],
    ["a field too many", '{"type": "ping", "at": 1}'],
    ["an ack of nothing", '{"type": "ack"}'],
    ["a long one", JSON.stringify({ type: "ack", cursor: "x".repeat(2_000) })],
    ["bytes", new ArrayBuffer(8)],
  ])("is refused a frame of %s", async (_, frame) => {
    const { socket, receive } = createSocketFake();
    const listener = openEventSocket(socket);
    receive(frame);
    expect((await listener.gone)?.reason).toBe("frame_refused");
  });

  it("is dropped where it floods", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { socket, receive } = createSocketFake();
    const listener = openEventSocket(socket);
    for (let frames = 0; frames <= 100; frames++) receive('{"type": "ping"}');
    vi.useRealTimers();
    expect((await listener.gone)?.reason).toBe("too_many_frames");
  });

  it("is told why it ends, by a frame and by a close code of its kind", async () => {
    for (const reason of Object.keys(endings) as (keyof typeof endings)[]) {
      const { socket, sent, closed } = createSocketFake();
      openEventSocket(socket).end({ reason, detail: "Why." }, "c");
      const { closeCode, reconnect } = endings[reason];
      expect(sent).toEqual([{ type: "dropped", reason, detail: "Why.", cursor: "c", reconnect }]);
      expect(closed).toEqual([[closeCode, reason]]);
      const ranges = { never: 4000, later: 4100, now: 4200 };
      expect(Math.floor(closeCode / 100) * 100).toBe(ranges[reconnect]);
    }
  });

  it("that has gone is sent nothing", async () => {
    const { socket, sent, hangUp } = createSocketFake();
    const listener = openEventSocket(socket);
    hangUp();
    expect(await listener.gone).toBeNull();
    await listener.tell({ kind: "ready", cursor: "c" });
    expect(sent).toEqual([]);
  });
});
