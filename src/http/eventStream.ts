import { createRoute } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import * as z from "zod";
import { invalidField } from "../domain/errors.ts";
import { eventsProtocol } from "../domain/liveEvents.ts";
import { type Listener, type LiveRequest, streamEvents } from "../operations/eventStream.ts";
import { listEvents } from "../operations/events.ts";
import { authorize } from "../operations/permissions.ts";
import { maximumTicketLength } from "../platform/feeds/tickets.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
import { readCursor } from "./events.ts";
import { openEventSocket } from "./live/eventSocket.ts";
import { openEventSource } from "./live/eventSource.ts";
import { type BeginRequest, open } from "./middleware/authenticated.ts";
import { problems } from "./schemas/answers.ts";
import { afterParameter, cursorSchema, typesParameter } from "./schemas/event.ts";
import { operation } from "./schemas/operation.ts";

const path = "/v1/events/stream";
const firstPageLength = 100;

const streamRoute = createRoute({
  ...operation(
    "streamEvents",
    "events",
    "What happens, as it happens: server-sent events, or a WebSocket where one is asked for",
  ),
  method: "get",
  path,
  request: {
    query: z.object({
      types: typesParameter,
      after: afterParameter,
      from: z
        .enum(["oldest", "now"])
        .optional()
        .meta({ description: "where to begin without a cursor; now where absent" }),
      ticket: z.string().max(maximumTicketLength).optional().meta({
        description: "of POST /v1/events/tickets, in place of the Authorization header",
      }),
    }),
    headers: z.object({
      "last-event-id": cursorSchema.or(z.literal("")).optional().meta({
        description: "the cursor of the last event that came, as EventSource sends it; goes before `after`",
      }),
    }),
  },
  responses: {
    101: {
      description: `A WebSocket with the subprotocol ${eventsProtocol}; docs/guides/live-events.md tells its frames`,
    },
    200: {
      description:
        "An event for each event, with its cursor as id and a CloudEvent as data; `ready` where all that was there is told; `dropped` with the reason before the end",
      content: { "text/event-stream": { schema: z.string() } },
    },
    ...problems(400, 401, 403, 410),
  },
});

type LiveEnvironment = AppEnvironment & { Variables: { live: LiveRequest } };

/** Open streams. They stand outside the order of the other routes, for a ticket may let them in. */
export function eventStream(begin: BeginRequest) {
  const admitted = createMiddleware<LiveEnvironment>(async (c, next) => {
    const opened = await open(begin, c as never);
    const live = await opened.enterLive(c.req.header("authorization"), c.req.query("ticket"));
    c.set("actor", live.actor);
    c.set("live", live);
    await next();
  });
  const router = createRouter();
  router.get(path, admitted as never);
  return router.openapi(streamRoute, async (c) => {
    const live = (c as unknown as { var: LiveEnvironment["Variables"] }).var.live;
    authorize(live.actor, "streamEvents");
    const { types, after, from } = c.req.valid("query");
    const filters = types ?? null;
    const start = findStart(c.req.valid("header")["last-event-id"] || undefined, after, from);
    const isSocket = c.req.header("upgrade")?.toLowerCase() === "websocket";
    if (isSocket && !readProtocols(c.req.header("sec-websocket-protocol")).includes(eventsProtocol))
      throw invalidField(
        "/headers/sec-websocket-protocol",
        "protocol_missing",
        `names no protocol that is spoken here: ${eventsProtocol}`,
      );
    const hints = await live.join();
    try {
      const first = await listEvents(live.openContext(live.actor), { filters, start, limit: firstPageLength });
      const headers = { "cache-control": "no-store" };
      const run = (listener: Listener) => {
        const begun = Date.now();
        void streamEvents(live, hints, filters, first, listener).then(({ reason, events }) => {
          const seconds = (Date.now() - begun) / 1_000;
          live.log({ event: "stream_ended", reason, events, seconds });
        });
      };
      if (isSocket) {
        const { 0: theirs, 1: own } = new WebSocketPair();
        own.accept();
        run(openEventSocket(own));
        return new Response(null, {
          status: 101,
          webSocket: theirs,
          headers: { ...headers, "sec-websocket-protocol": eventsProtocol },
        }) as never;
      }
      const { body, listener } = openEventSource();
      if (c.req.method === "HEAD") hints.close();
      else run(listener);
      return new Response(body, { headers: { ...headers, "content-type": "text/event-stream" } });
    } catch (error) {
      hints.close();
      throw error;
    }
  });
}

function findStart(lastEventId: string | undefined, after: string | undefined, from: "oldest" | "now" | undefined) {
  if (lastEventId !== undefined) return readCursor(lastEventId, "/headers/last-event-id");
  if (after !== undefined) return readCursor(after, "/query/after");
  return from ?? "now";
}

function readProtocols(header: string | undefined): string[] {
  return (header ?? "").split(",").map((name) => name.trim());
}
