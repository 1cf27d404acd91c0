import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { consumerNames } from "../domain/consumer.ts";
import { idSchema } from "../domain/ids.ts";
import { listDeadLetters, readOutboxStatus, replayDeadLetter, replayDeadLetters } from "../operations/outbox.ts";
import { describeAnswer, nextCursor } from "./answers.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import { idempotencyKeyHeader, listOf, listQuery, problems, timestampSchema } from "./schemas/answers.ts";
import { flagSchema } from "./schemas/flag.ts";
import { operation } from "./schemas/operation.ts";

const tag = "operations";
const base = "/v1/operations";
const ageSchema = z.number().nullable().meta({ description: "in seconds; null where there is none", example: 0.42 });
const countSchema = z.int().nonnegative();
const consumerSchema = z.enum(consumerNames);

const statusSchema = z
  .object({
    at: timestampSchema,
    unsent: countSchema.meta({ description: "events that have not been sent to their consumers yet" }),
    oldestUnsentSeconds: ageSchema,
    consumers: z.array(
      z.object({
        consumer: consumerSchema,
        waiting: countSchema.meta({ description: "events that it has not dealt with: its lag" }),
        oldestWaitingSeconds: ageSchema,
        deadLetters: countSchema.meta({ description: "that nobody has replayed" }),
      }),
    ),
  })
  .meta({ id: "OutboxStatus" });

const deadLetterSchema = z
  .object({
    id: idSchema("deadLetter"),
    consumer: consumerSchema,
    eventId: idSchema("event").nullable(),
    type: z.string().nullable().meta({ example: "turash.flow.created" }),
    message: z.string().nullable().meta({ description: "what came, cut short, where it is no event" }),
    code: z.string().meta({ description: "why, as a stable word", example: "unknown_version" }),
    error: z.string(),
    attempts: countSchema,
    diedAt: timestampSchema,
    replayedAt: timestampSchema.nullable(),
    version: z.int().positive(),
  })
  .meta({ id: "DeadLetter" });

const kindFilter = {
  consumer: consumerSchema.optional(),
  type: z.string().min(1).max(100).optional().meta({ example: "turash.flow.created" }),
  code: z.string().min(1).max(100).optional().meta({ example: "unknown_version" }),
};

const statusRoute = createRoute({
  ...operation("readOutbox", tag, "How far events have come on their way to their consumers"),
  method: "get",
  path: `${base}/outbox`,
  responses: {
    200: { description: "Lag and ages", content: { "application/json": { schema: statusSchema } } },
    ...problems(400, 401, 403),
  },
});

const listRoute = createRoute({
  ...operation("listDeadLetters", tag, "What consumers gave up on, newest first"),
  method: "get",
  path: `${base}/dead-letters`,
  request: { query: z.strictObject({ ...listQuery, ...kindFilter, replayed: flagSchema.optional() }) },
  responses: {
    200: {
      description: "Newest first",
      content: { "application/json": { schema: listOf("DeadLetterList", deadLetterSchema) } },
    },
    ...problems(400, 401, 403),
  },
});

const headers = z.object({ "idempotency-key": idempotencyKeyHeader });

const replayRoute = createRoute({
  ...operation("replayDeadLetters", tag, "Send one back to its consumer", "replayDeadLetter"),
  method: "post",
  path: `${base}/dead-letters/{id}/replay`,
  request: { params: z.object({ id: idSchema("deadLetter") }), headers },
  responses: {
    200: { description: "Sent back", content: { "application/json": { schema: deadLetterSchema } } },
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

const replayAllRoute = createRoute({
  ...operation("replayDeadLetters", tag, "Send back all that lie and fit, at most 1,000"),
  method: "post",
  path: `${base}/dead-letters/replay`,
  request: {
    headers,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject(kindFilter).meta({ id: "DeadLetterFilter" }),
          example: { consumer: "graph" },
        },
      },
    },
  },
  responses: {
    200: {
      description: "How many were sent back",
      content: { "application/json": { schema: z.object({ replayed: countSchema }).meta({ id: "Replayed" }) } },
    },
    ...problems(400, 401, 403, 413, 415, 422),
  },
});

export const outbox = createRouter()
  .openapi(statusRoute, async (c) => c.json(await readOutboxStatus(c.var.context), 200))
  .openapi(listRoute, async (c) => {
    const { limit, cursor, replayed, ...kind } = c.req.valid("query");
    const page = { limit, after: decodeCursor("dead-letters", cursor) };
    const { items, next } = await listDeadLetters(c.var.context, { ...kind, isReplayed: replayed }, page);
    return c.json({ data: items, nextCursor: nextCursor(c, "dead-letters", next) }, 200);
  })
  .openapi(replayAllRoute, async (c) =>
    c.json({ replayed: await replayDeadLetters(c.var.context, c.req.valid("json")) }, 200),
  )
  .openapi(replayRoute, async (c) => {
    const { value, replayed } = await replayDeadLetter(c.var.context, c.req.valid("param").id);
    describeAnswer(c, { version: value.version, replayed });
    return c.json(value, 200);
  });
