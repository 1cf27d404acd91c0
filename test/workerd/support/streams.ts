import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import worker from "../../../src/index.ts";
import { type Json, origin } from "./client.ts";

export type Block = { event: string; id: string | null; data: Json };

export type StreamOptions = {
  key?: string | undefined;
  headers?: Record<string, string>;
  /** Of a Worker of the test's own, in place of the one that serves all. */
  bindings?: object;
};

/** One stream of server-sent events, and what came by it. */
export type OpenStream = {
  response: Response;
  blocks: Block[];
  /** Heartbeats that came. */
  beats(): number;
  /** Whether the server has ended it. */
  isOver(): boolean;
  /** The ids of the events that came. */
  ids(): string[];
  /** The cursor of the last block that had one. */
  cursor(): string;
  close(): Promise<void>;
};

/** Asks for a stream; for one that is refused, the answer alone. */
export function request(path: string, { key, headers, bindings }: StreamOptions = {}): Promise<Response> {
  const own = new Headers(headers);
  if (key !== undefined) own.set("authorization", `Bearer ${key}`);
  const asked = new Request(`${origin}${path}`, { headers: own });
  if (!bindings) return exports.default.fetch(asked) as Promise<Response>;
  return worker.fetch(asked as never, { ...env, ...bindings } as never, createExecutionContext()) as Promise<Response>;
}

export async function openStream(path: string, options: StreamOptions = {}): Promise<OpenStream> {
  const response = await request(path, options);
  expect(response.status, response.status === 200 ? "" : await response.clone().text()).toBe(200);
  return readStream(response);
}

export function readStream(response: Response): OpenStream {
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const blocks: Block[] = [];
  let beats = 0;
  let isOver = false;
  const take = (text: string) => {
    if (text.startsWith(":")) beats++;
    const fields = new Map(text.split("\n").map((line) => [line.split(": ")[0]!, line.slice(line.indexOf(": ") + 2)]));
    if (!fields.has("data")) return;
    const id = fields.get("id") ?? null;
    blocks.push({ event: fields.get("event") ?? "message", id, data: JSON.parse(fields.get("data")!) });
  };
  const run = async () => {
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop()!;
      for (const part of parts) take(part);
    }
    isOver = true;
  };
  const running = run().catch(() => {
    isOver = true;
  });
  return {
    response,
    blocks,
    beats: () => beats,
    isOver: () => isOver,
    ids: () => blocks.filter(({ event }) => event === "message").map(({ data }) => data.id),
    cursor: () => blocks.findLast(({ id }) => id !== null)!.id!,
    async close() {
      await reader.cancel();
      await running;
    },
  };
}

export type OpenSocket = {
  frames: Json[];
  send(frame: unknown): void;
  closed(): { code: number; reason: string } | null;
  close(): void;
};

/** Opens a WebSocket of events and keeps its frames. */
export async function openSocket(path: string, options: StreamOptions = {}): Promise<OpenSocket> {
  const response = await request(path, {
    ...options,
    headers: { upgrade: "websocket", "sec-websocket-protocol": "turash.events.v1", ...options.headers },
  });
  expect(response.status, response.status === 101 ? "" : await response.clone().text()).toBe(101);
  expect(response.headers.get("sec-websocket-protocol")).toBe("turash.events.v1");
  const socket = response.webSocket!;
  const frames: Json[] = [];
  let closed: { code: number; reason: string } | null = null;
  socket.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(data as string));
  });
  socket.addEventListener("close", ({ code, reason }) => {
    closed = { code, reason };
  });
  socket.accept();
  return {
    frames,
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    closed: () => closed,
    close: () => socket.close(1000),
  };
}
