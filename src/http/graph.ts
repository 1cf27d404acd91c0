import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { gradeSlugSchema } from "../domain/flow.ts";
import { networkNouns } from "../domain/network.ts";
import { readGraphStatus, rebuildGraph, reconcileGraph } from "../operations/graph.ts";
import { createRouter } from "./environment.ts";
import { idempotencyKeyHeader, problems, timestampSchema } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";

const tag = "operations";
const base = "/v1/operations/graph";
const countSchema = z.int().nonnegative();
const nounSchema = z.enum(networkNouns);
const summarySchema = z.object({
  count: countSchema,
  hash: z
    .string()
    .meta({ description: "the sum of the hashes of all records, which no order changes", example: "4568893875439" }),
});
const generationSchema = z.object({ label: z.string(), since: timestampSchema }).nullable();

const rebuildSchema = z
  .object({
    state: z.enum(["running", "done"]),
    noun: nounSchema.nullable().meta({ description: "what is being written; null once all has been" }),
    written: countSchema.meta({ description: "records written so far, deleted ones among them" }),
    startedAt: timestampSchema,
    updatedAt: timestampSchema,
    finishedAt: timestampSchema.nullable(),
  })
  .meta({ id: "GraphRebuild" });

const statusSchema = z
  .object({
    kind: z.enum(["sql", "neo4j"]).meta({ description: "where the graph is kept" }),
    generations: z.object({ current: generationSchema, building: generationSchema, retired: countSchema }),
    nouns: z.record(nounSchema, summarySchema),
    rebuild: rebuildSchema.nullable().meta({ description: "the last one" }),
  })
  .meta({ id: "GraphStatus" });

/** Where a comparison goes on; ids of a noun, and of grades their slugs. */
const placeSchema = z
  .strictObject({
    noun: nounSchema,
    after: z
      .union([
        z
          .string()
          .max(64)
          .regex(/^(org|site|flow|match|exch)_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
        gradeSlugSchema,
      ])
      .nullable(),
  })
  .refine(({ noun, after }) => after === null || (noun === "grade") === !/_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(after), {
    path: ["after"],
    error: "must be an id of the noun",
  })
  .meta({ id: "GraphPlace" });

const reconcileSchema = z
  .strictObject({
    repair: z.boolean().default(false).meta({ description: "whether what differs is written anew" }),
    from: placeSchema
      .nullable()
      .default(null)
      .meta({ description: "`next` of the answer before; the beginning where null" }),
  })
  .meta({ id: "GraphReconciliationRequest" });

const comparisonSchema = z.object({
  records: summarySchema,
  graph: summarySchema,
  missing: countSchema,
  changed: countSchema,
  extra: countSchema,
});

const reconciliationSchema = z
  .object({
    nouns: z.partialRecord(nounSchema, comparisonSchema),
    differences: z
      .array(z.object({ noun: nounSchema, id: z.string(), kind: z.enum(["missing", "changed", "extra"]) }))
      .meta({ description: "the first 100 of them" }),
    repaired: countSchema,
    next: placeSchema.nullable().meta({ description: "where to go on; null once all was looked through" }),
  })
  .meta({ id: "GraphReconciliation" });

const headers = z.object({ "idempotency-key": idempotencyKeyHeader });

const statusRoute = createRoute({
  ...operation("readGraph", tag, "Where the graph is kept, and what it holds"),
  method: "get",
  path: base,
  responses: {
    200: { description: "Counts and hashes by noun", content: { "application/json": { schema: statusSchema } } },
    ...problems(400, 401, 403),
  },
});

const rebuildRoute = createRoute({
  ...operation("rebuildGraph", tag, "Make the graph anew from the records while it is read, or go on with that"),
  method: "post",
  path: `${base}/rebuild`,
  request: { headers },
  responses: {
    200: {
      description: "How far it has come; each minute the schedule goes on with it, and so does the next request",
      content: { "application/json": { schema: rebuildSchema } },
    },
    ...problems(400, 401, 403, 413, 415, 422),
  },
});

const reconcileRoute = createRoute({
  ...operation("reconcileGraph", tag, "Compare the graph with the records, and repair what differs"),
  method: "post",
  path: `${base}/reconcile`,
  request: {
    headers,
    body: {
      required: true,
      content: { "application/json": { schema: reconcileSchema, example: { repair: true } } },
    },
  },
  responses: {
    200: {
      description: "What differs within what was looked through",
      content: { "application/json": { schema: reconciliationSchema } },
    },
    ...problems(400, 401, 403, 413, 415, 422),
  },
});

export const graph = createRouter()
  .openapi(statusRoute, async (c) => c.json(await readGraphStatus(c.var.context), 200))
  .openapi(rebuildRoute, async (c) => c.json(await rebuildGraph(c.var.context), 200))
  .openapi(reconcileRoute, async (c) => {
    const { repair, from } = c.req.valid("json");
    const place = from ?? { noun: networkNouns[0], after: null };
    return c.json(await reconcileGraph(c.var.context, { repair, place }), 200);
  });
