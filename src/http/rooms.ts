import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { idSchema } from "../domain/ids.ts";
import { createRoomTicket, drainRooms, getRoom, listRoomEvents } from "../operations/rooms.ts";
import { createRouter } from "./environment.ts";
import { problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";
import { drainedSchema, roomLogSchema, roomSchema, roomTicketSchema } from "./schemas/room.ts";

const tag = "rooms";
export const roomParams = z.object({ matchId: idSchema("match") });

const getRoute = createRoute({
  ...operation("getRoom", tag, "A match's room as it stands"),
  method: "get",
  path: "/v1/rooms/{matchId}",
  request: { params: roomParams },
  responses: {
    200: { description: "The room", content: { "application/json": { schema: roomSchema } } },
    ...problems(400, 401, 403, 404),
  },
});

const eventsRoute = createRoute({
  ...operation("listRoomEvents", tag, "What happened in a room, in order"),
  method: "get",
  path: "/v1/rooms/{matchId}/events",
  request: {
    params: roomParams,
    query: z.object({
      after: z.coerce
        .number()
        .int()
        .nonnegative()
        .max(Number.MAX_SAFE_INTEGER)
        .default(0)
        .meta({ description: "number of the last event that the caller has" }),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(200)
        .default(200)
        .meta({ description: "events a page, 1 to 200; long events make shorter pages" }),
    }),
  },
  responses: {
    200: { description: "In order", content: { "application/json": { schema: roomLogSchema } } },
    ...problems(400, 401, 403, 404, 410),
  },
});

const ticketRoute = createRoute({
  ...operation("createRoomTicket", tag, "A pass for one socket of a room, for clients that can send no header"),
  method: "post",
  path: "/v1/rooms/{matchId}/tickets",
  request: { params: roomParams },
  responses: {
    201: {
      description: "Good for one socket within a minute",
      content: { "application/json": { schema: roomTicketSchema } },
    },
    ...problems(400, 401, 403, 404, 413, 415),
  },
});

const drainRoute = createRoute({
  ...operation("drainRooms", "operations", "Send everybody away from rooms, to come back, before a deployment"),
  method: "post",
  path: "/v1/operations/drain",
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z
            .strictObject({
              after: idSchema("match").nullable().default(null).meta({ description: "`next` of the call before" }),
              limit: z.int().min(1).max(500).default(200).meta({ description: "rooms that are asked in one call" }),
              reconnectAfterMs: z
                .int()
                .nonnegative()
                .max(600_000)
                .default(1_000)
                .meta({ description: "after how long clients are told to come back, in milliseconds" }),
            })
            .meta({ id: "Drain" }),
          example: { limit: 200, reconnectAfterMs: 2_000 } as never,
        },
      },
    },
  },
  responses: {
    200: { description: "Who was sent away", content: { "application/json": { schema: drainedSchema } } },
    ...problems(400, 401, 403, 413, 415),
  },
});

export const rooms = createRouter()
  .openapi(getRoute, async (c) => {
    const { matchId } = c.req.valid("param");
    return c.json({ matchId, ...(await getRoom(c.var.context, matchId)) }, 200);
  })
  .openapi(eventsRoute, async (c) => {
    const { matchId } = c.req.valid("param");
    const page = await listRoomEvents(c.var.context, matchId, c.req.valid("query"));
    const last = page.data.at(-1)?.seq ?? page.head;
    return c.json({ matchId, ...page, nextAfter: last < page.head ? last : null }, 200);
  })
  .openapi(ticketRoute, async (c) => {
    c.header("cache-control", "no-store");
    const { matchId } = c.req.valid("param");
    return c.json(await createRoomTicket(c.var.context, matchId, c.var.open.credentialEndsAt()), 201);
  })
  .openapi(drainRoute, async (c) => c.json(await drainRooms(c.var.context, c.req.valid("json")), 200));
