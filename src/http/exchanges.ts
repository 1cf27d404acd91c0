import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { exchangeContentSchema, exchangeSettingsSchema, exchangeStates } from "../domain/exchange.ts";
import { externalIdSchema } from "../domain/flow.ts";
import { idSchema } from "../domain/ids.ts";
import { putExchange } from "../operations/exchangeRecording.ts";
import { advanceExchange, getExchange, listExchanges, updateExchange } from "../operations/exchanges.ts";
import { describeAnswer, nextCursor } from "./answers.ts";
import { etagOf, isNotModified, readExpectation, readIfMatch } from "./conditions.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import {
  etagHeader,
  idempotencyKeyHeader,
  ifMatchHeader,
  ifNoneMatchHeader,
  listQuery,
  problems,
} from "./schemas/answers.ts";
import { advanceSchema, exchangeExample, exchangeListSchema, exchangeSchema } from "./schemas/exchange.ts";
import { flagSchema } from "./schemas/flag.ts";
import { mergePatchOf, operation } from "./schemas/operation.ts";

const params = z.object({ id: idSchema("exchange") });
const answered = (description: string) => ({
  description,
  headers: etagHeader,
  content: { "application/json": { schema: exchangeSchema } },
});

const listRoute = createRoute({
  ...operation("listExchanges", "exchanges", "Exchanges of the caller's flows, and those that their sides show it"),
  method: "get",
  path: "/v1/exchanges",
  request: {
    query: z.object({
      ...listQuery,
      state: z.enum(exchangeStates).optional(),
      flowId: idSchema("flow").optional(),
      organizationId: idSchema("organization").optional(),
      confirmed: flagSchema
        .optional()
        .meta({ description: "false for proposals, which one of the two sides has yet to record" }),
    }),
  },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: exchangeListSchema } } },
    ...problems(400, 401, 403),
  },
});

const getRoute = createRoute({
  ...operation("getExchange", "exchanges", "Read an exchange"),
  method: "get",
  path: "/v1/exchanges/{id}",
  request: { params, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
  responses: { 200: answered("The exchange"), 304: { description: "Not changed" }, ...problems(400, 401, 403, 404) },
});

const putRoute = createRoute({
  ...operation(
    "putExchange",
    "exchanges",
    "Record an exchange that exists already, or confirm the other side's record",
  ),
  method: "put",
  path: "/v1/exchanges/by-external-id/{externalId}",
  request: {
    params: z.object({ externalId: externalIdSchema }),
    headers: z.object({ "if-match": ifMatchHeader, "if-none-match": ifNoneMatchHeader }),
    body: {
      required: true,
      content: { "application/json": { schema: exchangeContentSchema, example: exchangeExample as never } },
    },
  },
  responses: {
    200: answered("Confirmed, changed, or equal already"),
    201: answered("Recorded"),
    ...problems(400, 401, 403, 404, 409, 412, 413, 415),
  },
});

const updateRoute = createRoute({
  ...operation("updateExchange", "exchanges", "Change to whom the caller's side lets an exchange be shown"),
  method: "patch",
  path: "/v1/exchanges/{id}",
  request: {
    params,
    headers: z.object({ "if-match": ifMatchHeader }),
    body: mergePatchOf(exchangeSettingsSchema, { visibility: "network" }),
  },
  responses: { 200: answered("Changed"), ...problems(400, 401, 403, 404, 409, 412, 413, 415) },
});

const advanceRoute = createRoute({
  ...operation("advanceExchange", "exchanges", "Move an exchange on, or let it fail with a reason"),
  method: "post",
  path: "/v1/exchanges/{id}/advance",
  request: {
    params,
    headers: z.object({ "if-match": ifMatchHeader, "idempotency-key": idempotencyKeyHeader }),
    body: {
      required: true,
      content: { "application/json": { schema: advanceSchema, example: { to: "failed", reason: "No permit" } } },
    },
  },
  responses: { 200: answered("Moved on"), ...problems(400, 401, 403, 404, 409, 412, 413, 415, 422) },
});

export const exchanges = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor, confirmed, ...filter } = c.req.valid("query");
    const page = { limit, after: decodeCursor("exchanges", cursor) };
    const { items, next } = await listExchanges(c.var.context, { ...filter, isConfirmed: confirmed }, page);
    return c.json({ data: items, nextCursor: nextCursor(c, "exchanges", next) } as never, 200);
  })
  .openapi(getRoute, async (c) => {
    const exchange = await getExchange(c.var.context, c.req.valid("param").id);
    const etag = etagOf(exchange.version);
    if (isNotModified(c.req.valid("header")["if-none-match"], etag)) return c.body(null, 304, { etag });
    describeAnswer(c, { version: exchange.version });
    return c.json(exchange as never, 200);
  })
  .openapi(putRoute, async (c) => {
    const headers = c.req.valid("header");
    const expectation = readExpectation(headers["if-match"], headers["if-none-match"]);
    const { externalId } = c.req.valid("param");
    const { record, created } = await putExchange(c.var.context, externalId, c.req.valid("json"), expectation);
    const { id, version } = record;
    describeAnswer(c, { version, ...(created && { location: `/v1/exchanges/${id}` }) });
    return c.json(record as never, created ? 201 : 200);
  })
  .openapi(updateRoute, async (c) => {
    const ifMatch = readIfMatch(c.req.valid("header")["if-match"]);
    const exchange = await updateExchange(c.var.context, c.req.valid("param").id, await c.req.json(), ifMatch);
    describeAnswer(c, { version: exchange.version });
    return c.json(exchange as never, 200);
  })
  .openapi(advanceRoute, async (c) => {
    const ifMatch = readIfMatch(c.req.valid("header")["if-match"]);
    const { id } = c.req.valid("param");
    const { value, replayed } = await advanceExchange(c.var.context, id, c.req.valid("json"), ifMatch);
    describeAnswer(c, { version: value.version, replayed });
    return c.json(value as never, 200);
  });
