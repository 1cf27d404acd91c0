import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { externalIdSchema, flowContentSchema } from "../domain/flow.ts";
import { idSchema } from "../domain/ids.ts";
import {
  createFlow,
  deleteFlow,
  type FlowMove,
  flowMoves,
  getFlow,
  listFlows,
  moveFlow,
  putFlow,
  updateFlow,
} from "../operations/flows.ts";
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
import { answerFlow, flowExample, flowListSchema, flowSchema } from "./schemas/flow.ts";
import { flowFilterSchema, readFlowFilter } from "./schemas/flowFilter.ts";
import { mergePatchOf, operation } from "./schemas/operation.ts";

const path = "/v1/flows";
const params = z.object({ flowId: idSchema("flow") });
const json = { "application/json": { schema: flowSchema } };
const body = {
  required: true,
  content: {
    "application/json": { schema: flowContentSchema, example: flowExample as z.input<typeof flowContentSchema> },
  },
};

const listRoute = createRoute({
  ...operation("listFlows", "flows", "List resource flows"),
  method: "get",
  path,
  request: { query: z.object({ ...listQuery, ...flowFilterSchema }) },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: flowListSchema } } },
    ...problems(400, 401, 403),
  },
});

const createFlowRoute = createRoute({
  ...operation("createFlow", "flows", "Publish a resource flow"),
  method: "post",
  path,
  request: { headers: z.object({ "idempotency-key": idempotencyKeyHeader }), body },
  responses: {
    201: { description: "Created", headers: etagHeader, content: json },
    ...problems(400, 401, 403, 409, 413, 415, 422),
  },
});

const putRoute = createRoute({
  ...operation("putFlow", "flows", "Create or replace the flow with an externalId"),
  method: "put",
  path: `${path}/by-external-id/{externalId}`,
  request: {
    params: z.object({ externalId: externalIdSchema }),
    headers: z.object({ "if-match": ifMatchHeader, "if-none-match": ifNoneMatchHeader }),
    body,
  },
  responses: {
    200: { description: "Replaced, or equal already", headers: etagHeader, content: json },
    201: { description: "Created", headers: etagHeader, content: json },
    ...problems(400, 401, 403, 409, 412, 413, 415),
  },
});

const getRoute = createRoute({
  ...operation("getFlow", "flows", "Read a flow"),
  method: "get",
  path: `${path}/{flowId}`,
  request: { params, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
  responses: {
    200: { description: "The flow", headers: etagHeader, content: json },
    304: { description: "Not changed" },
    ...problems(400, 401, 403, 404),
  },
});

const updateRoute = createRoute({
  ...operation("updateFlow", "flows", "Change a flow by JSON Merge Patch"),
  method: "patch",
  path: `${path}/{flowId}`,
  request: {
    params,
    headers: z.object({ "if-match": ifMatchHeader }),
    body: mergePatchOf(flowContentSchema, { quantity: { amount: 600_000 } }),
  },
  responses: {
    200: { description: "Changed", headers: etagHeader, content: json },
    ...problems(400, 401, 403, 404, 409, 412, 413, 415),
  },
});

const deleteRoute = createRoute({
  ...operation("deleteFlow", "flows", "Delete a flow"),
  method: "delete",
  path: `${path}/{flowId}`,
  request: { params, headers: z.object({ "if-match": ifMatchHeader }) },
  responses: { 204: { description: "Deleted" }, ...problems(400, 401, 403, 404, 409, 412) },
});

const moveRoute = createRoute({
  ...operation("moveFlow", "flows", "Activate, pause or withdraw a flow"),
  method: "post",
  path: `${path}/{flowId}/{move}`,
  request: {
    params: z.object({ flowId: idSchema("flow"), move: z.enum(Object.keys(flowMoves) as [FlowMove, ...FlowMove[]]) }),
    headers: z.object({ "if-match": ifMatchHeader, "idempotency-key": idempotencyKeyHeader }),
  },
  responses: {
    200: { description: "Moved", headers: etagHeader, content: json },
    ...problems(400, 401, 403, 404, 409, 412, 422),
  },
});

export const flows = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const { items, next } = await listFlows(c.var.context, readFlowFilter(filter), {
      limit,
      after: decodeCursor("flows", cursor),
    });
    return c.json({ data: items.map(answerFlow), nextCursor: nextCursor(c, "flows", next) }, 200);
  })
  .openapi(createFlowRoute, async (c) => {
    const { value: flow, replayed } = await createFlow(c.var.context, c.req.valid("json"));
    describeAnswer(c, { version: flow.version, location: `${path}/${flow.id}`, replayed });
    return c.json(answerFlow(flow), 201);
  })
  .openapi(putRoute, async (c) => {
    const headers = c.req.valid("header");
    const expectation = readExpectation(headers["if-match"], headers["if-none-match"]);
    const { record, created } = await putFlow(
      c.var.context,
      c.req.valid("param").externalId,
      c.req.valid("json"),
      expectation,
    );
    describeAnswer(c, { version: record.version, ...(created ? { location: `${path}/${record.id}` } : {}) });
    return created ? c.json(answerFlow(record), 201) : c.json(answerFlow(record), 200);
  })
  .openapi(getRoute, async (c) => {
    const flow = await getFlow(c.var.context, c.req.valid("param").flowId);
    describeAnswer(c, { version: flow.version });
    if (isNotModified(c.req.valid("header")["if-none-match"], etagOf(flow.version))) return c.body(null, 304);
    return c.json(answerFlow(flow), 200);
  })
  .openapi(updateRoute, async (c) => {
    const flow = await updateFlow(
      c.var.context,
      c.req.valid("param").flowId,
      await c.req.json(),
      readIfMatch(c.req.valid("header")["if-match"]),
    );
    describeAnswer(c, { version: flow.version });
    return c.json(answerFlow(flow), 200);
  })
  .openapi(deleteRoute, async (c) => {
    await deleteFlow(c.var.context, c.req.valid("param").flowId, readIfMatch(c.req.valid("header")["if-match"]));
    return c.body(null, 204);
  })
  .openapi(moveRoute, async (c) => {
    const { flowId, move } = c.req.valid("param");
    const { value: flow, replayed } = await moveFlow(
      c.var.context,
      flowId,
      move,
      readIfMatch(c.req.valid("header")["if-match"]),
    );
    describeAnswer(c, { version: flow.version, replayed });
    return c.json(answerFlow(flow), 200);
  });
