import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { externalIdSchema } from "../domain/flow.ts";
import { idSchema } from "../domain/ids.ts";
import { organizationContentSchema } from "../domain/organization.ts";
import {
  closeOrganization,
  createOrganization,
  getOrganization,
  listOrganizations,
  updateOrganization,
} from "../operations/organizations.ts";
import { describeAnswer, nextCursor } from "./answers.ts";
import { etagOf, isNotModified, readIfMatch } from "./conditions.ts";
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
import {
  createdOrganizationSchema,
  newOrganizationSchema,
  organizationListSchema,
  organizationSchema,
} from "./schemas/organization.ts";

const path = "/v1/organizations";
const params = z.object({ organizationId: idSchema("organization") });
const example = {
  externalId: "asnaes",
  name: "Asnæs Power Station",
  country: "DK",
  nace: "35.11",
  owner: { name: "Kirsten Holm", email: "kirsten@example.org" },
};

const listRoute = createRoute({
  ...operation("listOrganizations", "organizations", "List organizations"),
  method: "get",
  path,
  request: { query: z.object({ ...listQuery, externalId: externalIdSchema.optional() }) },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: organizationListSchema } } },
    ...problems(400, 401, 403),
  },
});

const createOrganizationRoute = createRoute({
  ...operation("createOrganization", "organizations", "Create an organization with its first owner key"),
  method: "post",
  path,
  request: {
    headers: z.object({ "idempotency-key": idempotencyKeyHeader }),
    body: { required: true, content: { "application/json": { schema: newOrganizationSchema, example } } },
  },
  responses: {
    201: {
      description: "Created; the key is shown this once",
      headers: etagHeader,
      content: { "application/json": { schema: createdOrganizationSchema } },
    },
    ...problems(400, 401, 403, 409, 413, 415, 422),
  },
});

const getRoute = createRoute({
  ...operation("getOrganization", "organizations", "Read an organization"),
  method: "get",
  path: `${path}/{organizationId}`,
  request: { params, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
  responses: {
    200: {
      description: "The organization",
      headers: etagHeader,
      content: { "application/json": { schema: organizationSchema } },
    },
    304: { description: "Not changed" },
    ...problems(400, 401, 403, 404),
  },
});

const updateRoute = createRoute({
  ...operation("updateOrganization", "organizations", "Change an organization by JSON Merge Patch"),
  method: "patch",
  path: `${path}/{organizationId}`,
  request: {
    params,
    headers: z.object({ "if-match": ifMatchHeader }),
    body: mergePatchOf(organizationContentSchema, { name: "Asnæs Power Station" }),
  },
  responses: {
    200: {
      description: "Changed",
      headers: etagHeader,
      content: { "application/json": { schema: organizationSchema } },
    },
    ...problems(400, 401, 403, 404, 409, 412, 413, 415),
  },
});

const closeRoute = createRoute({
  ...operation(
    "deleteOrganization",
    "organizations",
    "Close an organization: its flows are withdrawn and its keys revoked",
  ),
  method: "delete",
  path: `${path}/{organizationId}`,
  request: { params, headers: z.object({ "if-match": ifMatchHeader }) },
  responses: { 204: { description: "Closed" }, ...problems(400, 401, 403, 404, 412) },
});

export const organizations = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor, externalId } = c.req.valid("query");
    const { items, next } = await listOrganizations(
      c.var.context,
      { externalId },
      { limit, after: decodeCursor("organizations", cursor) },
    );
    return c.json({ data: items, nextCursor: nextCursor(c, "organizations", next) }, 200);
  })
  .openapi(createOrganizationRoute, async (c) => {
    const { organization, apiKey, replayed } = await createOrganization(c.var.context, c.req.valid("json"));
    describeAnswer(c, { version: organization.version, location: `${path}/${organization.id}`, replayed });
    return c.json({ ...organization, apiKey }, 201);
  })
  .openapi(getRoute, async (c) => {
    const organization = await getOrganization(c.var.context, c.req.valid("param").organizationId);
    describeAnswer(c, { version: organization.version });
    if (isNotModified(c.req.valid("header")["if-none-match"], etagOf(organization.version))) return c.body(null, 304);
    return c.json(organization, 200);
  })
  .openapi(updateRoute, async (c) => {
    const ifMatch = readIfMatch(c.req.valid("header")["if-match"]);
    const organization = await updateOrganization(
      c.var.context,
      c.req.valid("param").organizationId,
      await c.req.json(),
      ifMatch,
    );
    describeAnswer(c, { version: organization.version });
    return c.json(organization, 200);
  })
  .openapi(closeRoute, async (c) => {
    await closeOrganization(
      c.var.context,
      c.req.valid("param").organizationId,
      readIfMatch(c.req.valid("header")["if-match"]),
    );
    return c.body(null, 204);
  });
