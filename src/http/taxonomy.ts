import { createRoute } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import * as z from "zod";
import { kinds } from "../domain/flow.ts";
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

type Answer = { body: Uint8Array<ArrayBuffer>; etag: string; until: number };

export function taxonomy(begin: BeginRequest) {
  const router = createRouter();
  router.use(`${path}/*`, rememberAnswers(begin));
  return router
    .openapi(kindsRoute, async (c) => c.json({ data: listKinds(await c.var.services.readTaxonomy()) }, 200))
    .openapi(gradesRoute, async (c) => {
      const { kind, q } = c.req.valid("query");
      return c.json({ data: listGrades(await c.var.services.readTaxonomy(), { kind, question: q }) } as never, 200);
    })
    .openapi(ewcRoute, async (c) => {
      const { q, hazardous } = c.req.valid("query");
      return c.json({ data: listEwc(await c.var.services.readTaxonomy(), { question: q, hazardous }) } as never, 200);
    })
    .openapi(unitsRoute, (c) => {
      const { q, limit } = c.req.valid("query");
      return c.json({ data: listUnits(q, limit) }, 200);
    });
}

/**
 * Gives the answer that this very question had in the last minute, before anything of it is looked at again. A credential
 * need not be sent; one that is sent must hold.
 */
function rememberAnswers(begin: BeginRequest) {
  const answers = new Map<string, Answer>();
  return createMiddleware<AppEnvironment>(async (c, next) => {
    if (c.req.method !== "GET" && c.req.method !== "HEAD") return next();
    const open = begin({
      env: c.env,
      request: c.req.raw,
      requestId: c.var.requestId,
      waitUntil: (work) => c.executionCtx.waitUntil(work),
    });
    const credential = c.req.header("authorization");
    if (credential !== undefined) await open.identify(credential);
    const now = Date.now();
    let known = answers.get(c.req.url);
    if (!known || known.until <= now) {
      c.set("services", open.services);
      await next();
      if (c.error || !c.res.ok) return;
      const body = new Uint8Array(await c.res.arrayBuffer());
      known = { body, etag: await digestOf(body), until: now + answerLifetimeMs };
      if (answers.size >= maximumAnswers) answers.clear();
      answers.set(c.req.url, known);
    }
    const headers = { "content-type": "application/json", etag: known.etag, "cache-control": cacheControl };
    const isKnown = isNotModified(c.req.header("if-none-match"), known.etag);
    c.res = new Response(isKnown ? null : known.body, { status: isKnown ? 304 : 200, headers });
  });
}

async function digestOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return `"${btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 12)))}"`;
}
