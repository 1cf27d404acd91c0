import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { type Id, idSchema, type Noun, uuidOf } from "../domain/ids.ts";
import { instantSchema } from "../domain/instant.ts";
import { getAuditEntry, listAuditEntries } from "../operations/auditEntries.ts";
import { nextCursor } from "./answers.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import { listOf, listQuery, problems, timestampSchema } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";

const actors = ["operator", "member", "device", "system"] as const;

const auditEntrySchema = z
  .object({
    id: idSchema("auditEntry"),
    at: timestampSchema,
    actor: z.enum(actors),
    memberId: idSchema("member").nullable(),
    credential: z.string().meta({ description: "the id of the key, or the digest of the sign-in's token" }),
    action: z.string().meta({ example: "flow.create" }),
    subjectId: z.string().nullable().meta({ example: "flow_01jd7p3v2fe1k9wx5m7t8q4z6c" }),
    patch: z
      .array(z.object({ op: z.string(), path: z.string() }).catchall(z.unknown()))
      .nullable()
      .meta({ description: "JSON Patch (RFC 6902); null where a person's data was erased" }),
    requestId: z.string(),
    addressHash: z.string().nullable().meta({ description: "equal for equal network addresses, and nothing else" }),
    seal: z.object({ number: z.int().positive(), link: z.string() }).nullable().meta({
      description: "its place in the organization's chain of digests; null until it is sealed, within a minute",
    }),
  })
  .meta({ id: "AuditEntry" });

/** An id of any noun, for a filter that all of them may stand in. */
const anyIdSchema = z
  .string()
  .max(64)
  .transform((text, context) => {
    try {
      return uuidOf(text as Id<Noun>);
    } catch {
      context.addIssue({ code: "custom", message: "must be an id that this API gave, such as flow_..." });
      return z.NEVER;
    }
  });

const listRoute = createRoute({
  ...operation("listAuditEntries", "audit", "What was done in the organization, newest first"),
  method: "get",
  path: "/v1/audit-entries",
  request: {
    query: z.strictObject({
      ...listQuery,
      organizationId: idSchema("organization").optional(),
      actor: z.enum(actors).optional(),
      memberId: idSchema("member").optional(),
      credential: z
        .string()
        .regex(/^[\w:.-]{1,128}$/, "a credential as entries tell it")
        .optional()
        .meta({ example: "key_01jd7p3v2fe1k9wx5m7t8q4z6c" }),
      action: z
        .string()
        .regex(/^[a-z_]+\.([a-z_]+)?$/, "an action as in flow.create, or flow. for all of a noun")
        .max(64)
        .optional()
        .meta({ example: "flow." }),
      subjectId: anyIdSchema.optional().meta({ type: "string" }),
      after: instantSchema.optional().meta({ description: "later than this, RFC 3339" }),
      before: instantSchema.optional().meta({ description: "earlier than this" }),
    }),
  },
  responses: {
    200: {
      description: "Newest first",
      content: { "application/json": { schema: listOf("AuditEntryList", auditEntrySchema) } },
    },
    ...problems(400, 401, 403),
  },
});

const getRoute = createRoute({
  ...operation("getAuditEntry", "audit", "Read an entry of the audit log"),
  method: "get",
  path: "/v1/audit-entries/{id}",
  request: { params: z.object({ id: idSchema("auditEntry") }) },
  responses: {
    200: { description: "The entry", content: { "application/json": { schema: auditEntrySchema } } },
    ...problems(400, 401, 403, 404),
  },
});

export const auditEntries = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor, subjectId, ...filter } = c.req.valid("query");
    const page = { limit, after: decodeCursor("audit-entries", cursor) };
    const { items, next } = await listAuditEntries(c.var.context, { ...filter, subjectUuid: subjectId }, page);
    return c.json({ data: items, nextCursor: nextCursor(c, "audit-entries", next) } as never, 200);
  })
  .openapi(getRoute, async (c) => c.json((await getAuditEntry(c.var.context, c.req.valid("param").id)) as never, 200));
