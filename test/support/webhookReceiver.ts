import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What came to a place of the receiver. */
export type ReceivedMessage = {
  /** Milliseconds since 1970. */
  at: number;
  headers: Record<string, string>;
  body: string;
};

export type WebhookReceiver = { url: string; stop(): Promise<void> };

/** How places behave, by the first part of their path. The second tells tests apart; `GET` of a place shows what came to it. */
const behaviours: Record<string, (response: ServerResponse, place: Place, receiver: string) => void> = {
  ok: (response) => response.writeHead(200).end("taken"),
  accepted: (response) => response.writeHead(204).end(),
  broken: (response) => response.writeHead(500).end('{"error":"it is broken\\u0000 \\ud83d"}\0'),
  gone: (response) => response.writeHead(410).end("nobody is here"),
  /** Answers after much longer than anybody waits. */
  slow: (response) => void setTimeout(() => response.writeHead(200).end("late"), 60_000).unref(),
  /** Answers at once and never ends. */
  dripping: (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("."), 200);
    response.on("close", () => clearInterval(timer));
  },
  closing: (response) => void response.socket?.destroy(),
  redirecting: (response, _, receiver) => response.writeHead(307, { location: `${receiver}/ok/redirected` }).end(),
  /** 100 MB, as fast as they are taken. */
  huge: (response, place) => {
    const chunk = Buffer.alloc(1_000_000, "x");
    response.writeHead(200, { "content-length": String(100 * chunk.length) });
    const write = () => {
      while (place.sentBytes < 100 * chunk.length) {
        place.sentBytes += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", write);
      }
      response.end();
    };
    write();
  },
  /** Is broken the first two times. */
  mending: (response, { messages }) => response.writeHead(messages.length <= 2 ? 503 : 200).end(),
};

type Place = { messages: ReceivedMessage[]; sentBytes: number };

/** A receiver of webhooks as its owner's might be, for better or worse. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const places = new Map<string, Place>();
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const place = places.get(path) ?? { messages: [], sentBytes: 0 };
    places.set(path, place);
    response.on("error", () => {});
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(place));
      return;
    }
    void readBody(request).then((body) => {
      place.messages.push({ at: Date.now(), headers: request.headers as Record<string, string>, body });
      const behave = behaviours[path.split("/")[1] ?? ""];
      if (behave) behave(response, place, url);
      else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
