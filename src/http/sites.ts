import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { externalIdSchema } from "../domain/flow.ts";
import { idSchema } from "../domain/ids.ts";
import { siteContentSchema } from "../domain/site.ts";
import { createSite, deleteSite, getSite, listSites, putSite, updateSite } from "../operations/sites.ts";
import { nextCursor } from "./answers.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import { recordRoutes } from "./recordRoutes.ts";
import { listQuery, problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";
import { siteListSchema, siteSchema } from "./schemas/site.ts";

const listRoute = createRoute({
  ...operation("listSites", "sites", "List sites"),
  method: "get",
  path: "/v1/sites",
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

export const sites = createRouter().openapi(listRoute, async (c) => {
  const { limit, cursor, ...filter } = c.req.valid("query");
  const { items, next } = await listSites(c.var.context, filter, { limit, after: decodeCursor("sites", cursor) });
  return c.json({ data: items, nextCursor: nextCursor(c, "sites", next) }, 200);
});

sites.route(
  "/",
  recordRoutes({
    noun: "site",
    content: siteContentSchema,
    record: siteSchema,
    examples: {
      content: {
        externalId: "asnaes",
        name: "Asnæs",
        location: { type: "Point", coordinates: [11.08481, 55.66147] },
        timeZone: "Europe/Copenhagen",
        country: "DK",
      },
      patch: { nace: "35.11" },
    },
    deletes: "Delete a site without flows",
    answer: (site) => site,
    create: createSite,
    put: putSite,
    get: getSite,
    update: updateSite,
    remove: deleteSite,
  }),
);
