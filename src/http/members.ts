import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { idSchema } from "../domain/ids.ts";
import { invitationContentSchema, memberPatchableSchema } from "../domain/member.ts";
import {
  createInvitation,
  eraseMember,
  getMember,
  listInvitations,
  listMembers,
  readPersonalData,
  removeMember,
  updateMember,
  withdrawInvitation,
} from "../operations/members.ts";
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
import {
  invitationListSchema,
  invitationSchema,
  memberListSchema,
  memberSchema,
  personalDataSchema,
} from "./schemas/member.ts";
import { mergePatchOf, operation } from "./schemas/operation.ts";

const organizationPath = "/v1/organizations/{id}";
const params = z.object({ id: idSchema("organization") });
const one = `${organizationPath}/members/{memberId}`;
const memberParams = params.extend({ memberId: idSchema("member") });
const invitationParams = params.extend({ invitationId: idSchema("invitation") });
const answered = (description: string, schema: z.ZodType) => ({
  description,
  headers: etagHeader,
  content: { "application/json": { schema } },
});

const listMembersRoute = createRoute({
  ...operation("listMembers", "members", "List an organization's members"),
  method: "get",
  path: `${organizationPath}/members`,
  request: { params, query: z.strictObject(listQuery) },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: memberListSchema } } },
    ...problems(400, 401, 403, 404),
  },
});

const getMemberRoute = createRoute({
  ...operation("getMember", "members", "Read a member"),
  method: "get",
  path: one,
  request: { params: memberParams, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
  responses: {
    200: answered("The member", memberSchema),
    304: { description: "Not changed" },
    ...problems(400, 401, 403, 404),
  },
});

const updateMemberRoute = createRoute({
  ...operation("updateMember", "members", "Change a member's name or role by JSON Merge Patch"),
  method: "patch",
  path: one,
  request: {
    params: memberParams,
    headers: z.object({ "if-match": ifMatchHeader }),
    body: mergePatchOf(memberPatchableSchema, { role: "editor" }),
  },
  responses: { 200: answered("Changed", memberSchema), ...problems(400, 401, 403, 404, 409, 412, 413, 415) },
});

const removeMemberRoute = createRoute({
  ...operation("removeMember", "members", "Remove a member, whose keys and sign-ins end within five seconds"),
  method: "delete",
  path: one,
  request: { params: memberParams, headers: z.object({ "if-match": ifMatchHeader }) },
  responses: { 204: { description: "Removed" }, ...problems(400, 401, 403, 404, 409, 412) },
});

const personalDataRoute = createRoute({
  ...operation("readPersonalData", "members", "Everything that is kept of a member"),
  method: "get",
  path: `${one}/personal-data`,
  request: { params: memberParams },
  responses: {
    200: { description: "The data", content: { "application/json": { schema: personalDataSchema } } },
    ...problems(400, 401, 403, 404),
  },
});

const eraseRoute = createRoute({
  ...operation("eraseMember", "members", "Remove a member where it still is one, and forget the person"),
  method: "post",
  path: `${one}/erase`,
  request: { params: memberParams },
  responses: { 204: { description: "Erased" }, ...problems(400, 401, 403, 404, 409, 413, 415) },
});

const listInvitationsRoute = createRoute({
  ...operation("listInvitations", "members", "List an organization's invitations"),
  method: "get",
  path: `${organizationPath}/invitations`,
  request: { params, query: z.strictObject(listQuery) },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: invitationListSchema } } },
    ...problems(400, 401, 403, 404),
  },
});

const inviteRoute = createRoute({
  ...operation("createInvitation", "members", "Invite an e-mail"),
  method: "post",
  path: `${organizationPath}/invitations`,
  request: {
    params,
    headers: z.object({ "idempotency-key": idempotencyKeyHeader }),
    body: {
      required: true,
      content: {
        "application/json": {
          schema: invitationContentSchema,
          example: { name: "Kirsten Holm", email: "kirsten@example.org", role: "editor" },
        },
      },
    },
  },
  responses: {
    201: answered("Invited", invitationSchema),
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

const withdrawRoute = createRoute({
  ...operation("withdrawInvitation", "members", "Take an open invitation back"),
  method: "delete",
  path: `${organizationPath}/invitations/{invitationId}`,
  request: { params: invitationParams, headers: z.object({ "if-match": ifMatchHeader }) },
  responses: { 204: { description: "Withdrawn" }, ...problems(400, 401, 403, 404, 412) },
});

export const members = createRouter()
  .openapi(listMembersRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const page = { limit, after: decodeCursor("members", cursor) };
    const { items, next } = await listMembers(c.var.context, c.req.valid("param").id, page);
    return c.json({ data: items, nextCursor: nextCursor(c, "members", next) }, 200);
  })
  .openapi(getMemberRoute, async (c) => {
    const { id, memberId } = c.req.valid("param");
    const member = await getMember(c.var.context, id, memberId);
    const etag = etagOf(member.version);
    if (isNotModified(c.req.valid("header")["if-none-match"], etag)) return c.body(null, 304, { etag });
    describeAnswer(c, { version: member.version });
    return c.json(member as never, 200);
  })
  .openapi(updateMemberRoute, async (c) => {
    const { id, memberId } = c.req.valid("param");
    const ifMatch = readIfMatch(c.req.valid("header")["if-match"]);
    const member = await updateMember(c.var.context, id, memberId, await c.req.json(), ifMatch);
    describeAnswer(c, { version: member.version });
    return c.json(member as never, 200);
  })
  .openapi(removeMemberRoute, async (c) => {
    const { id, memberId } = c.req.valid("param");
    await removeMember(c.var.context, id, memberId, readIfMatch(c.req.valid("header")["if-match"]));
    return c.body(null, 204);
  })
  .openapi(personalDataRoute, async (c) => {
    const { id, memberId } = c.req.valid("param");
    return c.json((await readPersonalData(c.var.context, id, memberId)) as never, 200);
  })
  .openapi(eraseRoute, async (c) => {
    const { id, memberId } = c.req.valid("param");
    await eraseMember(c.var.context, id, memberId);
    return c.body(null, 204);
  })
  .openapi(listInvitationsRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const page = { limit, after: decodeCursor("invitations", cursor) };
    const { items, next } = await listInvitations(c.var.context, c.req.valid("param").id, page);
    return c.json({ data: items, nextCursor: nextCursor(c, "invitations", next) }, 200);
  })
  .openapi(inviteRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { value, replayed } = await createInvitation(c.var.context, id, c.req.valid("json"));
    describeAnswer(c, {
      version: value.version,
      location: `/v1/organizations/${id}/invitations/${value.id}`,
      replayed,
    });
    return c.json(value as never, 201);
  })
  .openapi(withdrawRoute, async (c) => {
    const { id, invitationId } = c.req.valid("param");
    await withdrawInvitation(c.var.context, id, invitationId, readIfMatch(c.req.valid("header")["if-match"]));
    return c.body(null, 204);
  });
