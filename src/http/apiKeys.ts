import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as z from "zod";
import { apiKeyContentSchema } from "../domain/apiKey.ts";
import { idSchema } from "../domain/ids.ts";
import {
  createApiKey,
  getApiKey,
  type IssuedKey,
  listApiKeys,
  revokeApiKey,
  rotateApiKey,
} from "../operations/apiKeys.ts";
import { describeAnswer, nextCursor } from "./answers.ts";
import { etagOf, isNotModified, readIfMatch } from "./conditions.ts";
import { decodeCursor } from "./cursor.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
import {
  etagHeader,
  idempotencyKeyHeader,
  ifMatchHeader,
  ifNoneMatchHeader,
  listQuery,
  problems,
} from "./schemas/answers.ts";
import { apiKeyListSchema, apiKeySchema, issuedKeySchema, rotationSchema } from "./schemas/apiKey.ts";
import { operation } from "./schemas/operation.ts";

const path = "/v1/api-keys";
const one = `${path}/{id}`;
const params = z.object({ id: idSchema("apiKey") });
const issued = (description: string) => ({
  description,
  headers: etagHeader,
  content: { "application/json": { schema: issuedKeySchema } },
});

const listRoute = createRoute({
  ...operation("listApiKeys", "api-keys", "List the organization's keys, revoked and expired ones too"),
  method: "get",
  path,
  request: { query: z.strictObject(listQuery) },
  responses: {
    200: { description: "By id", content: { "application/json": { schema: apiKeyListSchema } } },
    ...problems(400, 401, 403),
  },
});

const createKeyRoute = createRoute({
  ...operation("createApiKey", "api-keys", "Make a key, for a person, a program or a device"),
  method: "post",
  path,
  request: {
    headers: z.object({ "idempotency-key": idempotencyKeyHeader }),
    body: {
      required: true,
      content: {
        "application/json": {
          schema: apiKeyContentSchema,
          example: { name: "ERP link", role: "editor", scopes: ["flows:read", "flows:write"] },
        },
      },
    },
  },
  responses: { 201: issued("Made; its text is shown this once"), ...problems(400, 401, 403, 409, 413, 415, 422) },
});

const getKeyRoute = createRoute({
  ...operation("getApiKey", "api-keys", "Read what is kept of a key"),
  method: "get",
  path: one,
  request: { params, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
  responses: {
    200: {
      description: "The key, without its text",
      headers: etagHeader,
      content: { "application/json": { schema: apiKeySchema } },
    },
    304: { description: "Not changed" },
    ...problems(400, 401, 403, 404),
  },
});

const rotateRoute = createRoute({
  ...operation("rotateApiKey", "api-keys", "Replace a key by a new one; the old one works on for an overlap"),
  method: "post",
  path: `${one}/rotate`,
  request: {
    params,
    headers: z.object({ "idempotency-key": idempotencyKeyHeader }),
    body: {
      required: true,
      content: { "application/json": { schema: rotationSchema, example: { overlapSeconds: 86_400 } } },
    },
  },
  responses: {
    201: issued("The new key; its text is shown this once"),
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

const revokeRoute = createRoute({
  ...operation("revokeApiKey", "api-keys", "Revoke a key: it is refused everywhere within five seconds"),
  method: "delete",
  path: one,
  request: { params, headers: z.object({ "if-match": ifMatchHeader }) },
  responses: { 204: { description: "Revoked" }, ...problems(400, 401, 403, 404, 412) },
});

function answerIssued(c: Context<AppEnvironment>, { record, text, replayed }: IssuedKey) {
  describeAnswer(c, { version: record.version, location: `${path}/${record.id}`, replayed });
  return c.json({ ...record, key: text } as never, 201);
}

export const apiKeys = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const { items, next } = await listApiKeys(c.var.context, { limit, after: decodeCursor("api-keys", cursor) });
    return c.json({ data: items, nextCursor: nextCursor(c, "api-keys", next) } as never, 200);
  })
  .openapi(createKeyRoute, async (c) => answerIssued(c, await createApiKey(c.var.context, c.req.valid("json"))))
  .openapi(getKeyRoute, async (c) => {
    const key = await getApiKey(c.var.context, c.req.valid("param").id);
    const etag = etagOf(key.version);
    if (isNotModified(c.req.valid("header")["if-none-match"], etag)) return c.body(null, 304, { etag });
    describeAnswer(c, { version: key.version });
    return c.json(key as never, 200);
  })
  .openapi(rotateRoute, async (c) =>
    answerIssued(c, await rotateApiKey(c.var.context, c.req.valid("param").id, c.req.valid("json").overlapSeconds)),
  )
  .openapi(revokeRoute, async (c) => {
    await revokeApiKey(c.var.context, c.req.valid("param").id, readIfMatch(c.req.valid("header")["if-match"]));
    return c.body(null, 204);
  });
