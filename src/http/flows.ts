import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { flowContentSchema } from "../domain/flow.ts";
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
import { readIfMatch } from "./conditions.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import { recordRoutes } from "./recordRoutes.ts";
import { etagHeader, idempotencyKeyHeader, ifMatchHeader, listQuery, problems } from "./schemas/answers.ts";
import { answerFlow, flowExample, flowListSchema, flowSchema } from "./schemas/flow.ts";
import { flowFilterSchema, readFlowFilter } from "./schemas/flowFilter.ts";
import { operation } from "./schemas/operation.ts";

const listRoute = createRoute({
  ...operation("listFlows", "flows", "List resource flows"),
  method: "get",
  path: "/v1/flows",
  request: { query: z.object({ ...listQuery, ...flowFilterSchema }) },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: flowListSchema } } },
    ...problems(400, 401, 403),
  },
});

const moveRoute = (move: FlowMove) =>
  createRoute({
    ...operation("moveFlow", "flows", moveSummaries[move], `${move}Flow`),
    method: "post",
    path: `/v1/flows/{id}/${move}`,
    request: {
      params: z.object({ id: idSchema("flow") }),
      headers: z.object({ "if-match": ifMatchHeader, "idempotency-key": idempotencyKeyHeader }),
    },
    responses: {
      200: { description: "Moved", headers: etagHeader, content: { "application/json": { schema: flowSchema } } },
      ...problems(400, 401, 403, 404, 409, 412, 413, 415, 422),
    },
  });

const moveSummaries: Record<FlowMove, string> = {
  activate: "Activate a flow that is a draft or paused",
  pause: "Pause an active flow",
  withdraw: "Withdraw a flow for good",
};

export const flows = createRouter().openapi(listRoute, async (c) => {
  const { limit, cursor, ...filter } = c.req.valid("query");
  const page = { limit, after: decodeCursor("flows", cursor) };
  const { items, next } = await listFlows(c.var.context, readFlowFilter(filter), page);
  return c.json({ data: items.map(answerFlow), nextCursor: nextCursor(c, "flows", next) }, 200);
});

for (const { name: move } of Object.values(flowMoves))
  flows.openapi(moveRoute(move), async (c) => {
    const ifMatch = readIfMatch(c.req.valid("header")["if-match"]);
    const { value: flow, replayed } = await moveFlow(c.var.context, c.req.valid("param").id, move, ifMatch);
    describeAnswer(c, { version: flow.version, replayed });
    return c.json(answerFlow(flow), 200);
  });

flows.route(
  "/",
  recordRoutes({
    noun: "flow",
    content: flowContentSchema,
    record: flowSchema,
    examples: { content: flowExample, patch: { quantity: { amount: 600_000 } } },
    deletes: "Delete a flow",
    answer: answerFlow,
    create: createFlow,
    put: putFlow,
    get: getFlow,
    update: updateFlow,
    remove: deleteFlow,
  }),
);
