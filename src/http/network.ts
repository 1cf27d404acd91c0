import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { kinds } from "../domain/flow.ts";
import { idSchema } from "../domain/ids.ts";
import type { AffectedFlow } from "../network/impact.ts";
import { exportNetwork, findNeighbours, findPaths, listHubs, listLoops, listSimilar } from "../operations/network.ts";
import { findImpact } from "../operations/networkImpact.ts";
import { createRouter } from "./environment.ts";
import { writeGraphml } from "./graphml.ts";
import { problems } from "./schemas/answers.ts";
import { flowFilterSchema, readFlowFilter } from "./schemas/flowFilter.ts";
import {
  hubsSchema,
  idsOf,
  impactSchema,
  loopsSchema,
  neighboursSchema,
  networkSchema,
  pathsSchema,
  similarSchema,
} from "./schemas/network.ts";
import { operation } from "./schemas/operation.ts";

const organizationId = idSchema("organization");
const limit = (standard: number, most: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(most)
    .default(standard)
    .meta({ description: `1 to ${most}` });
const minScore = z.coerce
  .number()
  .min(0)
  .max(1)
  .default(0)
  .meta({ description: "least score of a match, 0 to 1; exchanges count in any case" });
const { near, radiusMeters } = flowFilterSchema;
const place = { near, radiusMeters };
type Place = { near?: string | undefined; radiusMeters?: number | undefined };

function readPlace({ near, radiusMeters }: Place) {
  const { near: found } = readFlowFilter({ near, radiusMeters });
  return found && { center: found.position, radiusMeters: found.radiusMeters };
}

const sizes = z
  .string()
  .regex(/^[345](,[345]){0,2}$/, "must be some of 3, 4 and 5 with commas between them")
  .default("3,4,5")
  .transform((text) => [...new Set(text.split(",").map(Number))])
  .meta({ description: "how many organizations a ring may have", example: "3,4" });

function question<Id extends string, Path extends string, Query extends z.ZodObject, Schema extends z.ZodType>(
  id: Id,
  path: Path,
  summary: string,
  query: Query,
  schema: Schema,
) {
  return createRoute({
    ...operation("readNetwork", "network", summary, id),
    method: "get",
    path: `/v1/network/${path}` as const,
    request: { query },
    responses: {
      200: { description: summary, content: { "application/json": { schema } } },
      ...problems(400, 401, 403, 404),
    },
  });
}

const neighboursRoute = question(
  "findNeighbours",
  "neighbours",
  "Organizations linked with one, over matches and exchanges in either direction",
  z.object({
    organizationId,
    steps: z.coerce.number().int().min(1).max(4).default(1).meta({ description: "links passed, 1 to 4" }),
    kind: z.enum(kinds).optional().meta({ description: "of the flow that a link is about" }),
    minScore,
    limit: limit(50, 200),
  }),
  neighboursSchema,
);

const pathsRoute = question(
  "findPaths",
  "paths",
  "How two organizations hang together: the shortest path and the k cheapest by 1 - score",
  z.object({
    from: organizationId,
    to: organizationId,
    k: z.coerce.number().int().min(1).max(10).default(3).meta({ description: "paths, 1 to 10" }),
    directed: z
      .enum(["true", "false"])
      .default("false")
      .transform((text) => text === "true")
      .meta({ description: "whether links are followed from supplier to receiver only" }),
  }),
  pathsSchema,
);

const hubsRoute = question(
  "listHubs",
  "hubs",
  "Organizations over whom the network hangs together",
  z.object({
    limit: limit(20, 200),
    seed: z.coerce
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1)
      .meta({ description: "of the sample that betweenness is estimated from where the network is large" }),
    ...place,
  }),
  hubsSchema,
);

const impactRoute = question(
  "findImpact",
  "impact",
  "What would happen if an organization stopped",
  z.object({ organizationId, limit: limit(10, 50).meta({ description: "substitutes for each flow, 1 to 50" }) }),
  impactSchema,
);

const similarRoute = question(
  "listSimilar",
  "similar",
  "Organizations that have and need the same grades",
  z.object({ organizationId, limit: limit(20, 200), ...place }),
  similarSchema,
);

const loopsRoute = question(
  "listLoops",
  "loops",
  "Rings of three to five organizations each of whom can supply the next",
  z.object({
    organizationId: organizationId.optional().meta({ description: "only rings that it is part of" }),
    minScore,
    sizes,
    limit: limit(20, 200),
    ...place,
  }),
  loopsSchema,
);

const exportRoute = createRoute({
  ...operation("readNetwork", "network", "The network as far as the caller may see it, as a file", "exportNetwork"),
  method: "get",
  path: "/v1/network/export",
  request: {
    query: z.object({ format: z.enum(["graphml", "json"]).default("json"), ...place }),
  },
  responses: {
    200: {
      description: "Parties and the links between them",
      content: {
        "application/json": { schema: networkSchema },
        "application/graphml+xml": {
          schema: z.string().meta({ description: "GraphML 1.0 (http://graphml.graphdrawing.org)" }),
        },
      },
    },
    ...problems(400, 401, 403),
  },
});

const answerAffected = ({ lost, remaining, substitutes, ...flow }: AffectedFlow) => ({
  ...flow,
  lost: idsOf(lost),
  remaining: idsOf(remaining),
  substitutes: idsOf(substitutes),
});

const answerPath = <Named extends { links: Parameters<typeof idsOf>[0] }>({ links, ...path }: Named) => ({
  ...path,
  linkIds: idsOf(links),
});

export const network = createRouter()
  .openapi(neighboursRoute, async (c) => c.json(await findNeighbours(c.var.context, c.req.valid("query")), 200))
  .openapi(pathsRoute, async (c) => {
    const { directed, ...search } = c.req.valid("query");
    const { shortest, cheapest, ...named } = await findPaths(c.var.context, { ...search, isDirected: directed });
    return c.json({ shortest: shortest && answerPath(shortest), cheapest: cheapest.map(answerPath), ...named }, 200);
  })
  .openapi(hubsRoute, async (c) => {
    const { near, radiusMeters, ...search } = c.req.valid("query");
    return c.json(await listHubs(c.var.context, { ...search, near: readPlace({ near, radiusMeters }) }), 200);
  })
  .openapi(impactRoute, async (c) => {
    const { exchangesLost, needsUnmet, outputsStranded, ...rest } = await findImpact(
      c.var.context,
      c.req.valid("query"),
    );
    return c.json(
      {
        exchangesLost: idsOf(exchangesLost),
        needsUnmet: needsUnmet.map(answerAffected),
        outputsStranded: outputsStranded.map(answerAffected),
        ...rest,
      },
      200,
    );
  })
  .openapi(similarRoute, async (c) => {
    const { near, radiusMeters, ...search } = c.req.valid("query");
    return c.json(await listSimilar(c.var.context, { ...search, near: readPlace({ near, radiusMeters }) }), 200);
  })
  .openapi(loopsRoute, async (c) => {
    const { near, radiusMeters, ...search } = c.req.valid("query");
    const { loops, ...named } = await listLoops(c.var.context, { ...search, near: readPlace({ near, radiusMeters }) });
    return c.json({ loops: loops.map(answerPath), ...named }, 200);
  })
  .openapi(exportRoute, async (c) => {
    const { format, ...place } = c.req.valid("query");
    const found = await exportNetwork(c.var.context, { near: readPlace(place) });
    c.header("content-disposition", `attachment; filename="network.${format}"`);
    if (format === "json") return c.json(found, 200);
    return c.body(writeGraphml(found), 200, { "content-type": "application/graphml+xml; charset=utf-8" });
  });
