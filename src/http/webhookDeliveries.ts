import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { idSchema } from "../domain/ids.ts";
import { getDelivery, listDeliveries, redeliver, redeliverSince } from "../operations/webhooks.ts";
import { nextCursor } from "./answers.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import { idempotencyKeyHeader, listQuery, problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";
import {
  deliveryFilterQuery,
  deliveryListSchema,
  deliverySchema,
  redeliveredSchema,
  redeliverySchema,
} from "./schemas/webhook.ts";

const path = "/v1/webhooks/{id}";
const params = z.object({ id: idSchema("webhook") });
const oneParams = params.extend({ deliveryId: idSchema("delivery") });
const headers = z.object({ "idempotency-key": idempotencyKeyHeader });
const delivery = { "application/json": { schema: deliverySchema } };

const listRoute = createRoute({
  ...operation("listDeliveries", "webhooks", "What was sent to an endpoint in the last 30 days, with its answers"),
  method: "get",
  path: `${path}/deliveries`,
  request: { params, query: z.strictObject({ ...listQuery, ...deliveryFilterQuery }) },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: deliveryListSchema } } },
    ...problems(400, 401, 403, 404),
  },
});

const getRoute = createRoute({
  ...operation("getDelivery", "webhooks", "Read a delivery"),
  method: "get",
  path: `${path}/deliveries/{deliveryId}`,
  request: { params: oneParams },
  responses: { 200: { description: "The delivery", content: delivery }, ...problems(400, 401, 403, 404) },
});

const redeliverRoute = createRoute({
  ...operation("redeliver", "webhooks", "Send a delivery again, at once"),
  method: "post",
  path: `${path}/deliveries/{deliveryId}/redeliver`,
  request: { params: oneParams, headers },
  responses: {
    202: { description: "On its way", content: delivery },
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

const redeliverSinceRoute = createRoute({
  ...operation("redeliver", "webhooks", "Send again what was not delivered since a time", "redeliverSince"),
  method: "post",
  path: `${path}/redeliver`,
  request: {
    params,
    headers,
    body: {
      required: true,
      content: { "application/json": { schema: redeliverySchema, example: { since: "2026-11-26T00:00:00Z" } } },
    },
  },
  responses: {
    202: { description: "How many are on their way", content: { "application/json": { schema: redeliveredSchema } } },
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

export const webhookDeliveries = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const page = { limit, after: decodeCursor("deliveries", cursor) };
    const { items, next } = await listDeliveries(c.var.context, c.req.valid("param").id, filter, page);
    return c.json({ data: items, nextCursor: nextCursor(c, "deliveries", next) } as never, 200);
  })
  .openapi(getRoute, async (c) => {
    const { id, deliveryId } = c.req.valid("param");
    return c.json((await getDelivery(c.var.context, id, deliveryId)) as never, 200);
  })
  .openapi(redeliverRoute, async (c) => {
    const { id, deliveryId } = c.req.valid("param");
    const { value, replayed } = await redeliver(c.var.context, id, deliveryId);
    if (replayed) c.header("idempotent-replayed", "true");
    return c.json(value as never, 202);
  })
  .openapi(redeliverSinceRoute, async (c) => {
    const { value, replayed } = await redeliverSince(c.var.context, c.req.valid("param").id, c.req.valid("json"));
    if (replayed) c.header("idempotent-replayed", "true");
    return c.json(value, 202);
  });
