import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as z from "zod";
import { kinds } from "../domain/flow.ts";
import { listEwc, listGrades, listKinds, listUnits } from "../operations/taxonomy.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
import type { BeginRequest } from "./middleware/authenticated.ts";
import { type Edition, type KnownQuestions, keptAnswers, partOfTheCode } from "./middleware/keptAnswers.ts";
import { etagHeader, ifNoneMatchHeader, problems } from "./schemas/answers.ts";
import { flagSchema } from "./schemas/flag.ts";
import { memberSecurity } from "./schemas/operation.ts";
import { ewcListSchema, gradeListSchema, kindListSchema, unitListSchema } from "./schemas/taxonomy.ts";

const path = "/v1/taxonomy";
const headers = z.object({ "if-none-match": ifNoneMatchHeader });
const question = z.string().min(1).max(100).optional().meta({ description: "words to find", example: "gypsum" });

function taxonomyRoute<Schema extends z.ZodType, Query extends z.ZodObject>(
  operationId: string,
  name: string,
  summary: string,
  query: Query,
  schema: Schema,
) {
  return createRoute({
    operationId,
    tags: ["taxonomy"],
    summary,
    description: "Open to anyone; may be kept for a day.",
    security: [{}, ...memberSecurity],
    method: "get",
    path: `${path}/${name}`,
    request: { headers, query },
    responses: {
      200: { description: summary, headers: etagHeader, content: { "application/json": { schema } } },
      304: { description: "Not changed" },
      ...problems(400, 401),
    },
  });
}

const kindsRoute = taxonomyRoute("listKinds", "kinds", "The kinds of resource flows", z.object({}), kindListSchema);
const gradesRoute = taxonomyRoute(
  "listGrades",
  "grades",
  "The grades of each kind",
  z.object({ kind: z.enum(kinds).optional(), q: question }),
  gradeListSchema,
);
const ewcRoute = taxonomyRoute(
  "listEwc",
  "ewc",
  "The European list of waste",
  z.object({ q: question, hazardous: flagSchema.optional() }),
  ewcListSchema,
);
const unitsRoute = taxonomyRoute(
  "listUnits",
  "units",
  "UCUM units",
  z.object({ q: question, limit: z.coerce.number().int().min(1).max(400).default(50) }),
  unitListSchema,
);

/** Clients and caches may keep reference data for a day; here it is as old as five seconds. */
const cacheControl = "public, max-age=86400";

export function taxonomy(begin: BeginRequest, questions: KnownQuestions) {
  const router = createRouter();
  for (const { path, request } of [kindsRoute, gradesRoute, ewcRoute])
    router.use(path, keptAnswers(begin, questions, { query: request.query, edition: ofTheTaxonomy, cacheControl }));
  const { query } = unitsRoute.request;
  router.use(unitsRoute.path, keptAnswers(begin, questions, { query, edition: partOfTheCode, cacheControl }));
  return router
    .openapi(kindsRoute, async (c) => c.json({ data: listKinds(await readTaxonomy(c)) }, 200))
    .openapi(gradesRoute, async (c) => {
      const { kind, q } = c.req.valid("query");
      return c.json({ data: listGrades(await readTaxonomy(c), { kind, question: q }) } as never, 200);
    })
    .openapi(ewcRoute, async (c) => {
      const { q, hazardous } = c.req.valid("query");
      return c.json({ data: listEwc(await readTaxonomy(c), { question: q, hazardous }) } as never, 200);
    })
    .openapi(unitsRoute, (c) => {
      const { q, limit } = c.req.valid("query");
      return c.json({ data: listUnits(q, limit) }, 200);
    });
}

const ofTheTaxonomy: Edition = {
  recall: (opened) => opened.taxonomyEdition(),
  read: (opened) => opened.readTaxonomyEdition(),
};

async function readTaxonomy(c: Context<AppEnvironment>) {
  const taxonomy = await c.get("open").services.readTaxonomy();
  c.set("edition", taxonomy.edition);
  return taxonomy;
}
