import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { flowContentSchema } from "../domain/flow.ts";
import { idSchema } from "../domain/ids.ts";
import { matchStates } from "../domain/match.ts";
import {
  declineMatch,
  evaluateMatch,
  getMatch,
  listFlowMatches,
  listMatches,
  listNearMisses,
  previewMatches,
  showInterest,
} from "../operations/matches.ts";
import { describeAnswer, nextCursor } from "./answers.ts";
import { etagOf, isNotModified } from "./conditions.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import { answerMatch, answerNearMiss, answerPair } from "./pairs.ts";
import { etagHeader, idempotencyKeyHeader, ifNoneMatchHeader, listQuery, problems } from "./schemas/answers.ts";
import { flowExample } from "./schemas/flow.ts";
import {
  evaluationSchema,
  matchListSchema,
  matchSchema,
  nearMissListSchema,
  previewSchema,
  rankedListSchema,
} from "./schemas/match.ts";
import { operation } from "./schemas/operation.ts";

const flowParams = z.object({ id: idSchema("flow") });
const matchParams = z.object({ id: idSchema("match") });
const json = { "application/json": { schema: matchSchema } };
const explain = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true")
  .meta({ description: "with every gate and term" });
const limit = z.coerce.number().int().min(1).max(200).default(50);
const minScore = z.coerce.number().min(0).max(1).default(0).meta({ description: "least score, 0 to 1" });
const moveHeaders = z.object({ "idempotency-key": idempotencyKeyHeader });

const flowMatchesRoute = createRoute({
  ...operation("listFlowMatches", "matches", "The best matches of a flow, ranked"),
  method: "get",
  path: "/v1/flows/{id}/matches",
  request: { params: flowParams, query: z.object({ limit, minScore, explain }) },
  responses: {
    200: { description: "Best first", content: { "application/json": { schema: rankedListSchema } } },
    ...problems(400, 401, 403, 404),
  },
});

const nearMissesRoute = createRoute({
  ...operation("listNearMisses", "matches", "What narrowly fails to match a flow, and what would close it"),
  method: "get",
  path: "/v1/flows/{id}/near-misses",
  request: { params: flowParams, query: z.object({ limit, explain }) },
  responses: {
    200: { description: "Likeliest first", content: { "application/json": { schema: nearMissListSchema } } },
    ...problems(400, 401, 403, 404),
  },
});

const previewRoute = createRoute({
  ...operation("previewMatches", "matches", "Matches and near misses of a flow that is not stored"),
  method: "post",
  path: "/v1/matches/preview",
  request: {
    query: z.object({ limit, minScore }),
    headers: moveHeaders,
    body: {
      required: true,
      content: {
        "application/json": { schema: flowContentSchema, example: flowExample },
      },
    },
  },
  responses: {
    200: { description: "Best first", content: { "application/json": { schema: previewSchema } } },
    ...problems(400, 401, 403, 413, 415),
  },
});

const evaluateRoute = createRoute({
  ...operation("evaluateMatch", "matches", "One pair: every gate's verdict and every term, also when it fails"),
  method: "post",
  path: "/v1/matches/evaluate",
  request: {
    headers: moveHeaders,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z
            .strictObject({ outputFlowId: idSchema("flow"), inputFlowId: idSchema("flow") })
            .meta({ id: "PairToEvaluate" }),
          example: {
            outputFlowId: "flow_01jd7p3v2fe1k9wx5m7t8q4z6c",
            inputFlowId: "flow_01jd7p3v2fe1k9wx5m7t8q4z6d",
          } as never,
        },
      },
    },
  },
  responses: {
    200: { description: "The pair", content: { "application/json": { schema: evaluationSchema } } },
    ...problems(400, 401, 403, 404, 413, 415),
  },
});

const listRoute = createRoute({
  ...operation("listMatches", "matches", "Stored matches of the caller's flows"),
  method: "get",
  path: "/v1/matches",
  request: {
    query: z.object({
      ...listQuery,
      state: z.enum(matchStates).optional(),
      flowId: idSchema("flow").optional(),
      minScore: z.coerce.number().min(0).max(1).optional(),
    }),
  },
  responses: {
    200: { description: "By id", content: { "application/json": { schema: matchListSchema } } },
    ...problems(400, 401, 403),
  },
});

const getRoute = createRoute({
  ...operation("getMatch", "matches", "Read a match; a side's first look makes a suggestion viewed"),
  method: "get",
  path: "/v1/matches/{id}",
  request: { params: matchParams, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
  responses: {
    200: { description: "The match", headers: etagHeader, content: json },
    304: { description: "Not changed" },
    ...problems(400, 401, 403, 404),
  },
});

const interestRoute = createRoute({
  ...operation("moveMatch", "matches", "Show interest for the caller's side", "showInterest"),
  method: "post",
  path: "/v1/matches/{id}/interest",
  request: { params: matchParams, headers: moveHeaders },
  responses: {
    200: { description: "Interest shown", headers: etagHeader, content: json },
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

const declineRoute = createRoute({
  ...operation("moveMatch", "matches", "Decline a match, with a reason", "declineMatch"),
  method: "post",
  path: "/v1/matches/{id}/decline",
  request: {
    params: matchParams,
    headers: moveHeaders,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({ reason: z.string().min(1).max(500) }).meta({ id: "Decline" }),
          example: { reason: "The pipe would cross a protected area" },
        },
      },
    },
  },
  responses: {
    200: { description: "Declined", headers: etagHeader, content: json },
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

export const matches = createRouter()
  .openapi(flowMatchesRoute, async (c) => {
    const { explain, ...options } = c.req.valid("query");
    const pairs = await listFlowMatches(c.var.context, c.req.valid("param").id, options);
    return c.json({ data: pairs.map((pair) => answerPair(pair, explain)), nextCursor: null }, 200);
  })
  .openapi(nearMissesRoute, async (c) => {
    const { explain, limit } = c.req.valid("query");
    const pairs = await listNearMisses(c.var.context, c.req.valid("param").id, limit);
    return c.json({ data: pairs.map((pair) => answerNearMiss(pair, explain)), nextCursor: null }, 200);
  })
  .openapi(previewRoute, async (c) => {
    const { matches: found, nearMisses } = await previewMatches(
      c.var.context,
      c.req.valid("json"),
      c.req.valid("query"),
    );
    return c.json(
      {
        matches: found.map((pair) => answerPair(pair, true)),
        nearMisses: nearMisses.map((pair) => answerNearMiss(pair, true)),
      } as never,
      200,
    );
  })
  .openapi(evaluateRoute, async (c) => c.json((await evaluateMatch(c.var.context, c.req.valid("json"))) as never, 200))
  .openapi(listRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const { items, next } = await listMatches(c.var.context, filter, { limit, after: decodeCursor("matches", cursor) });
    return c.json({ data: items.map(answerMatch), nextCursor: nextCursor(c, "matches", next) }, 200);
  })
  .openapi(getRoute, async (c) => {
    const match = await getMatch(c.var.context, c.req.valid("param").id);
    describeAnswer(c, { version: match.version });
    if (isNotModified(c.req.valid("header")["if-none-match"], etagOf(match.version))) return c.body(null, 304);
    return c.json(answerMatch(match), 200);
  })
  .openapi(interestRoute, async (c) => {
    const { value, replayed } = await showInterest(c.var.context, c.req.valid("param").id);
    describeAnswer(c, { version: value.version, replayed });
    return c.json(answerMatch(value), 200);
  })
  .openapi(declineRoute, async (c) => {
    const { value, replayed } = await declineMatch(c.var.context, c.req.valid("param").id, c.req.valid("json").reason);
    describeAnswer(c, { version: value.version, replayed });
    return c.json(answerMatch(value), 200);
  });
