import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { externalIdSchema } from "../domain/flow.ts";
import { organizationContentSchema } from "../domain/organization.ts";
import {
  closeOrganization,
  createOrganization,
  getOrganization,
  listOrganizations,
  updateOrganization,
} from "../operations/organizations.ts";
import { describeAnswer, nextCursor } from "./answers.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import { recordRoutes } from "./recordRoutes.ts";
import { etagHeader, idempotencyKeyHeader, listQuery, problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";
import {
  createdOrganizationSchema,
  newOrganizationSchema,
  organizationListSchema,
  organizationSchema,
} from "./schemas/organization.ts";

const path = "/v1/organizations";
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
  });

organizations.route(
  "/",
  recordRoutes({
    noun: "organization",
    content: organizationContentSchema,
    record: organizationSchema,
    examples: { content: { name: "Asnæs Power Station", country: "DK" }, patch: { name: "Asnæs Power Station" } },
    deletes: "Close an organization: its flows are withdrawn and its keys revoked",
    answer: (organization) => organization,
    get: getOrganization,
    update: updateOrganization,
    remove: closeOrganization,
  }),
);
