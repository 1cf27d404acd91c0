import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { externalIdSchema } from "../domain/flow.ts";
import { idSchema } from "../domain/ids.ts";
import { siteContentSchema } from "../domain/site.ts";
import { createSite, deleteSite, getSite, listSites, putSite, updateSite } from "../operations/sites.ts";
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
import { mergePatchOf, operation } from "./schemas/operation.ts";
import { siteListSchema, siteSchema } from "./schemas/site.ts";

const path = "/v1/sites";
const params = z.object({ siteId: idSchema("site") });
const json = { "application/json": { schema: siteSchema } };
const example = {
  externalId: "asnaes",
  name: "Asnæs",
  location: { type: "Point" as const, coordinates: [11.08481, 55.66147] as [number, number] },
  timeZone: "Europe/Copenhagen",
  country: "DK",
};
const body = { required: true, content: { "application/json": { schema: siteContentSchema, example } } };

const listRoute = createRoute({
  ...operation("listSites", "sites", "List sites"),
  method: "get",
  path,
  request: {
    query: z.object({
      ...listQuery,
      externalId: externalIdSchema.optional(),
      organizationId: idSchema("organization").optional(),
    }),
  },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: siteListSchema } } },
    ...problems(400, 401, 403),
  },
});

const createSiteRoute = createRoute({
  ...operation("createSite", "sites", "Create a site"),
  method: "post",
  path,
  request: { headers: z.object({ "idempotency-key": idempotencyKeyHeader }), body },
  responses: {
    201: { description: "Created", headers: etagHeader, content: json },
    ...problems(400, 401, 403, 409, 413, 415, 422),
  },
});

const putRoute = createRoute({
  ...operation("putSite", "sites", "Create or replace the site with an externalId"),
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
  ...operation("getSite", "sites", "Read a site"),
  method: "get",
  path: `${path}/{siteId}`,
  request: { params, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
  responses: {
    200: { description: "The site", headers: etagHeader, content: json },
    304: { description: "Not changed" },
    ...problems(400, 401, 403, 404),
  },
});

const updateRoute = createRoute({
  ...operation("updateSite", "sites", "Change a site by JSON Merge Patch"),
  method: "patch",
  path: `${path}/{siteId}`,
  request: {
    params,
    headers: z.object({ "if-match": ifMatchHeader }),
    body: mergePatchOf(siteContentSchema, { nace: "35.11" }),
  },
  responses: {
    200: { description: "Changed", headers: etagHeader, content: json },
    ...problems(400, 401, 403, 404, 409, 412, 413, 415),
  },
});

const deleteRoute = createRoute({
  ...operation("deleteSite", "sites", "Delete a site without flows"),
  method: "delete",
  path: `${path}/{siteId}`,
  request: { params, headers: z.object({ "if-match": ifMatchHeader }) },
  responses: { 204: { description: "Deleted" }, ...problems(400, 401, 403, 404, 409, 412) },
});

export const sites = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const { items, next } = await listSites(c.var.context, filter, { limit, after: decodeCursor("sites", cursor) });
    return c.json({ data: items, nextCursor: nextCursor(c, "sites", next) }, 200);
  })
  .openapi(createSiteRoute, async (c) => {
    const { value: site, replayed } = await createSite(c.var.context, c.req.valid("json"));
    describeAnswer(c, { version: site.version, location: `${path}/${site.id}`, replayed });
    return c.json(site, 201);
  })
  .openapi(putRoute, async (c) => {
    const headers = c.req.valid("header");
    const expectation = readExpectation(headers["if-match"], headers["if-none-match"]);
    const { record, created } = await putSite(
      c.var.context,
      c.req.valid("param").externalId,
      c.req.valid("json"),
      expectation,
    );
    describeAnswer(c, { version: record.version, ...(created ? { location: `${path}/${record.id}` } : {}) });
    return created ? c.json(record, 201) : c.json(record, 200);
  })
  .openapi(getRoute, async (c) => {
    const site = await getSite(c.var.context, c.req.valid("param").siteId);
    describeAnswer(c, { version: site.version });
    if (isNotModified(c.req.valid("header")["if-none-match"], etagOf(site.version))) return c.body(null, 304);
    return c.json(site, 200);
  })
  .openapi(updateRoute, async (c) => {
    const site = await updateSite(
      c.var.context,
      c.req.valid("param").siteId,
      await c.req.json(),
      readIfMatch(c.req.valid("header")["if-match"]),
    );
    describeAnswer(c, { version: site.version });
    return c.json(site, 200);
  })
  .openapi(deleteRoute, async (c) => {
    await deleteSite(c.var.context, c.req.valid("param").siteId, readIfMatch(c.req.valid("header")["if-match"]));
    return c.body(null, 204);
  });
