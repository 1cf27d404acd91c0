import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { invalidField } from "../domain/errors.ts";
import { decodeEventCursor, type EventCursor, encodeEventCursor } from "../domain/eventCursor.ts";
import { listEvents } from "../operations/events.ts";
import { createEventTicket } from "../operations/listeners.ts";
import { createRouter } from "./environment.ts";
import { listQuery, problems, timestampSchema } from "./schemas/answers.ts";
import { afterParameter, cloudEventSchema, typesParameter } from "./schemas/event.ts";
import { operation } from "./schemas/operation.ts";

const listSchema = z
  .object({
    data: z.array(cloudEventSchema),
    nextCursor: z
      .string()
      .meta({ description: "behind all that was looked at; asks for what comes next, now or later" }),
    hasMore: z
      .boolean()
      .meta({ description: "whether there is more already; a page may be short, or empty, all the same" }),
  })
  .meta({ id: "EventList" });

const listRoute = createRoute({
  ...operation("listEvents", "events", "What happened to what the caller may see, oldest first"),
  method: "get",
  path: "/v1/events",
  request: {
    query: z.object({
      types: typesParameter,
      after: afterParameter,
      from: z
        .enum(["oldest", "now"])
        .optional()
        .meta({ description: "where to begin without `after`; now gives an empty page and a cursor" }),
      limit: listQuery.limit,
    }),
  },
  responses: {
    200: { description: "Oldest first", content: { "application/json": { schema: listSchema } } },
    ...problems(400, 401, 403, 410),
  },
});

const ticketSchema = z
  .object({
    ticket: z.string().meta({ description: "for `?ticket=` of one stream", example: "turash_ticket_..." }),
    expiresAt: timestampSchema,
  })
  .meta({ id: "EventTicket" });

const ticketRoute = createRoute({
  ...operation(
    "createEventTicket",
    "events",
    "A pass for one stream, for clients that can send no Authorization header",
  ),
  method: "post",
  path: "/v1/events/tickets",
  responses: {
    201: {
      description: "Good for one stream within a minute",
      content: { "application/json": { schema: ticketSchema } },
    },
    ...problems(400, 401, 403, 413, 415),
  },
});

export const events = createRouter()
  .openapi(listRoute, async (c) => {
    const { types, after, from, limit } = c.req.valid("query");
    if (after !== undefined && from !== undefined)
      throw invalidField("/query/from", "excluded", "says where to begin, which `after` says already");
    const start = after === undefined ? (from ?? "oldest") : readCursor(after, "/query/after");
    const page = await listEvents(c.var.context, { filters: types ?? null, start, limit });
    const nextCursor = encodeEventCursor(page.next);
    if (page.isMore) {
      const url = new URL(c.req.url);
      url.searchParams.delete("from");
      url.searchParams.set("after", nextCursor);
      c.header("link", `<${url.pathname}${url.search}>; rel="next"`);
    }
    return c.json({ data: page.events.map(({ event }) => event), nextCursor, hasMore: page.isMore }, 200);
  })
  .openapi(ticketRoute, async (c) => {
    c.header("cache-control", "no-store");
    return c.json(await createEventTicket(c.var.context, c.var.open.credentialEndsAt()), 201);
  });

/** Errors: `invalid` for a text that is no cursor. */
export function readCursor(text: string, pointer: string): EventCursor {
  const cursor = decodeEventCursor(text);
  if (!cursor) throw invalidField(pointer, "malformed_cursor", "is not a cursor that this API gave");
  return cursor;
}
