import { createRoute } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import * as z from "zod";
import { invalidField, unauthenticated } from "../domain/errors.ts";
import { joinRoom } from "../operations/rooms.ts";
import { maximumRoomTicketLength } from "../platform/auth/roomTicket.ts";
import { ticketHeader } from "../rooms/roomObjects.ts";
import { roomProtocol } from "../rooms/wire.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
import { type BeginRequest, open } from "./middleware/authenticated.ts";
import { roomParams } from "./rooms.ts";
import { problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";

const path = "/v1/rooms/{matchId}/socket";

const socketRoute = createRoute({
  ...operation("joinRoom", "rooms", "A room's WebSocket, by a ticket or the caller's own credential"),
  method: "get",
  path,
  request: {
    params: roomParams,
    query: z.object({
      ticket: z
        .string()
        .max(maximumRoomTicketLength)
        .optional()
        .meta({ description: "of POST /v1/rooms/{matchId}/tickets, in place of the Authorization header" }),
    }),
  },
  responses: {
    101: { description: `A WebSocket with the subprotocol ${roomProtocol}; docs/guides/rooms.md tells its frames` },
    ...problems(400, 401, 403, 404),
  },
});

/** The way into rooms. It stands outside the order of the other routes, for a ticket lets in whoever has no header. */
export function roomSocket(begin: BeginRequest) {
  const opened = createMiddleware<AppEnvironment>(async (c, next) => {
    const request = await open(begin, c);
    const header = c.req.header("authorization");
    if (header !== undefined || c.req.query("ticket") === undefined) {
      const context = await request.enter(header);
      c.set("actor", context.actor);
      c.set("context", context);
    }
    await next();
  });
  const router = createRouter();
  router.get("/v1/rooms/:matchId/socket", opened);
  return router.openapi(socketRoute, async (c) => {
    const { matchId } = c.req.valid("param");
    const { open: request } = c.var;
    const context = c.get("context") as AppEnvironment["Variables"]["context"] | undefined;
    const ticket = context
      ? await joinRoom(context, matchId, request.credentialEndsAt())
      : (c.req.valid("query").ticket ?? "");
    assertProtocol(c.req.header("upgrade"), c.req.header("sec-websocket-protocol"));
    const { rooms } = request.services;
    const hash = await rooms.readTicket(matchId, ticket);
    if (hash === null) throw refused();
    const answer = await rooms
      .find(matchId)
      .fetch("https://room/", { headers: { upgrade: "websocket", [ticketHeader]: hash } });
    if (answer.status !== 101 || !answer.webSocket) throw refused();
    return new Response(null, {
      status: 101,
      webSocket: answer.webSocket,
      headers: { "cache-control": "no-store", "sec-websocket-protocol": roomProtocol },
    }) as never;
  });
}

function assertProtocol(upgrade: string | undefined, protocols: string | undefined): void {
  if (upgrade?.toLowerCase() !== "websocket")
    throw invalidField("/headers/upgrade", "upgrade_missing", "asks for no WebSocket, and there is nothing else here");
  const named = (protocols ?? "").split(",").map((name) => name.trim());
  if (!named.includes(roomProtocol))
    throw invalidField(
      "/headers/sec-websocket-protocol",
      "protocol_missing",
      `names no protocol that is spoken here: ${roomProtocol}`,
    );
}

function refused() {
  return unauthenticated(
    "ticket_refused",
    "This ticket is unknown, over, used or for another room: each opens one socket within a minute.",
  );
}
