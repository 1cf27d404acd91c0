import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as z from "zod";
import { idSchema } from "../domain/ids.ts";
import { type Webhook, webhookContentSchema } from "../domain/webhook.ts";
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
  type WebhookWithSecret,
} from "../operations/webhooks.ts";
import { describeAnswer, nextCursor } from "./answers.ts";
import { decodeCursor } from "./cursor.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
import { recordRoutes } from "./recordRoutes.ts";
import { etagHeader, idempotencyKeyHeader, listQuery, problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";
import { secretRotationSchema, webhookListSchema, webhookSchema, webhookWithSecretSchema } from "./schemas/webhook.ts";
import { webhookDeliveries } from "./webhookDeliveries.ts";

const path = "/v1/webhooks";
const params = z.object({ id: idSchema("webhook") });
const headers = z.object({ "idempotency-key": idempotencyKeyHeader });
const example = { url: "https://erp.example/hooks/turash", events: ["turash.match.*", "turash.flow.updated"] };
const withSecret = (description: string) => ({
  description,
  headers: etagHeader,
  content: { "application/json": { schema: webhookWithSecretSchema } },
});

const listRoute = createRoute({
  ...operation("listWebhooks", "webhooks", "List the organization's endpoints"),
  method: "get",
  path,
  request: { query: z.strictObject(listQuery) },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: webhookListSchema } } },
    ...problems(400, 401, 403),
  },
});

const createEndpointRoute = createRoute({
  ...operation("createWebhook", "webhooks", "Have events posted to an address"),
  method: "post",
  path,
  request: {
    headers,
    body: { required: true, content: { "application/json": { schema: webhookContentSchema, example } } },
  },
  responses: { 201: withSecret("Made; its secret is shown this once"), ...problems(400, 401, 403, 409, 413, 415, 422) },
});

const rotateRoute = createRoute({
  ...operation(
    "rotateWebhookSecret",
    "webhooks",
    "Give an endpoint a new secret; the old one signs too for an overlap",
  ),
  method: "post",
  path: `${path}/{id}/rotate-secret`,
  request: {
    params,
    headers,
    body: {
      required: true,
      content: { "application/json": { schema: secretRotationSchema, example: { overlapSeconds: 86_400 } } },
    },
  },
  responses: {
    200: withSecret("The endpoint; its new secret is shown this once"),
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

const testRoute = createRoute({
  ...operation("testWebhook", "webhooks", "Send an endpoint an event of the type turash.webhook.tested"),
  method: "post",
  path: `${path}/{id}/test`,
  request: { params, headers },
  responses: {
    202: {
      description: "On its way, by the way that all events go; its delivery shows the answer",
      headers: etagHeader,
      content: { "application/json": { schema: webhookSchema } },
    },
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

function answerWithSecret(
  c: Context<AppEnvironment>,
  { webhook, secret, replayed }: WebhookWithSecret,
  isNew: boolean,
) {
  const location = isNew ? { location: `${path}/${webhook.id}` } : {};
  describeAnswer(c, { version: webhook.version, replayed, ...location });
  return { ...webhook, secret } as never;
}

export const webhooks = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const { items, next } = await listWebhooks(c.var.context, { limit, after: decodeCursor("webhooks", cursor) });
    return c.json({ data: items, nextCursor: nextCursor(c, "webhooks", next) } as never, 200);
  })
  .openapi(createEndpointRoute, async (c) =>
    c.json(answerWithSecret(c, await createWebhook(c.var.context, c.req.valid("json")), true), 201),
  )
  .openapi(rotateRoute, async (c) => {
    const { overlapSeconds } = c.req.valid("json");
    const rotated = await rotateWebhookSecret(c.var.context, c.req.valid("param").id, overlapSeconds);
    return c.json(answerWithSecret(c, rotated, false), 200);
  })
  .openapi(testRoute, async (c) => {
    const { value, replayed } = await testWebhook(c.var.context, c.req.valid("param").id);
    describeAnswer(c, { version: value.version, replayed });
    return c.json(value as never, 202);
  });

webhooks.route(
  "/",
  recordRoutes({
    noun: "webhook",
    content: webhookContentSchema,
    record: webhookSchema,
    examples: { content: example, patch: { enabled: false } },
    deletes: "Delete an endpoint; what waits for it is not sent",
    answer: (webhook: Webhook) => webhook,
    get: getWebhook,
    update: updateWebhook,
    remove: deleteWebhook,
  }),
);
webhooks.route("/", webhookDeliveries);
