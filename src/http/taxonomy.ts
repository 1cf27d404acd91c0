import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as z from "zod";
import { kinds } from "../domain/flow.ts";
import type { RequestContext } from "../operations/context.ts";
import { listEwc, listGrades, listKinds, listUnits } from "../operations/taxonomy.ts";
import { isNotModified } from "./conditions.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
import type { BeginRequest } from "./middleware/authenticated.ts";
import { etagHeader, ifNoneMatchHeader, problems } from "./schemas/answers.ts";
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
    security: [{}, { apiKey: [] }],
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
  z.object({ q: question, hazardous: z.stringbool().optional() }),
  ewcListSchema,
);
const unitsRoute = taxonomyRoute(
  "listUnits",
  "units",
  "UCUM units",
  z.object({ q: question, limit: z.coerce.number().int().min(1).max(400).default(50) }),
  unitListSchema,
);

/** Clients and caches may keep reference data for a day; this isolate keeps an answer for a minute. */
const cacheControl = "public, max-age=86400";
const answerLifetimeMs = 60_000;
const maximumAnswers = 200;

type Answer = { body: string; etag: string; until: number };

export function taxonomy(begin: BeginRequest) {
  const answers = new Map<string, Answer>();

  /** The answer to this very question, made at most once a minute. A credential need not be sent; one that is sent must hold. */
  async function answer(
    c: Context<AppEnvironment>,
    build: (services: RequestContext["services"]) => Promise<unknown>,
  ): Promise<Response> {
    const open = begin({
      env: c.env,
      request: c.req.raw,
      requestId: c.var.requestId,
      waitUntil: (work) => c.executionCtx.waitUntil(work),
    });
    const credential = c.req.header("authorization");
    if (credential !== undefined) await open.authenticate(credential);
    const { pathname, search } = new URL(c.req.url);
    const key = pathname + search;
    const now = Date.now();
    let known = answers.get(key);
    if (!known || known.until <= now) {
      const body = JSON.stringify({ data: await build(open.services) });
      known = { body, etag: await digestOf(body), until: now + answerLifetimeMs };
      if (answers.size >= maximumAnswers) answers.clear();
      answers.set(key, known);
    }
    const common = { etag: known.etag, "cache-control": cacheControl };
    if (isNotModified(c.req.header("if-none-match"), known.etag)) return c.body(null, 304, common);
    return c.body(known.body, 200, { ...common, "content-type": "application/json" });
  }

  return createRouter()
    .openapi(kindsRoute, (c) => answer(c, async (services) => listKinds(await services.readTaxonomy())) as never)
    .openapi(gradesRoute, (c) => {
      const { kind, q } = c.req.valid("query");
      return answer(c, async (services) => listGrades(await services.readTaxonomy(), { kind, question: q })) as never;
    })
    .openapi(ewcRoute, (c) => {
      const { q, hazardous } = c.req.valid("query");
      return answer(c, async (services) => listEwc(await services.readTaxonomy(), { question: q, hazardous })) as never;
    })
    .openapi(unitsRoute, (c) => {
      const { q, limit } = c.req.valid("query");
      return answer(c, async () => listUnits(q, limit)) as never;
    });
}

async function digestOf(body: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  return `"${btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 12)))}"`;
}
