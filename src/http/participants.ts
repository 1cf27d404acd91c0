import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as z from "zod";
import { idSchema } from "../domain/ids.ts";
import { introductionContentSchema, type Participation, participationContentSchema } from "../domain/programme.ts";
import { introduceFlows } from "../operations/introductions.ts";
import {
  getParticipation,
  inviteToProgramme,
  joinProgramme,
  leaveProgramme,
  listParticipants,
  removeParticipant,
  updateParticipation,
} from "../operations/participants.ts";
import { describeAnswer, nextCursor } from "./answers.ts";
import { etagOf, isNotModified, readIfMatch } from "./conditions.ts";
import { decodeCursor } from "./cursor.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
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
  introductionSchema,
  participantListSchema,
  participationSchema,
  programmeInvitationSchema,
} from "./schemas/programme.ts";

const one = "/v1/programmes/{id}";
const params = z.object({ id: idSchema("programme") });
const participantParams = params.extend({ organizationId: idSchema("organization") });
const moveHeaders = z.object({ "idempotency-key": idempotencyKeyHeader });
const participation = (description: string) => ({
  description,
  headers: etagHeader,
  content: { "application/json": { schema: participationSchema } },
});
const bodyOf = (schema: z.ZodType, example: object) => ({
  required: true,
  content: { "application/json": { schema, example: example as never } },
});
const organizationId = "org_01jd7p3v2fe1k9wx5m7t8q4z6c";

const listRoute = createRoute({
  ...operation(
    "listParticipants",
    "programmes",
    "List who takes part; for facilitators, who is invited and has left too",
  ),
  method: "get",
  path: `${one}/participants`,
  request: { params, query: z.object(listQuery) },
  responses: {
    200: { description: "By id", content: { "application/json": { schema: participantListSchema } } },
    ...problems(400, 401, 403, 404),
  },
});

const inviteRoute = createRoute({
  ...operation(
    "inviteToProgramme",
    "programmes",
    "Invite an organization by its id; the answer does not tell if there is one",
  ),
  method: "post",
  path: `${one}/invitations`,
  request: { params, headers: moveHeaders, body: bodyOf(programmeInvitationSchema, { organizationId }) },
  responses: { 201: participation("Invited"), ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
});

const removeRoute = createRoute({
  ...operation("removeParticipant", "programmes", "Take an invitation back, or end an organization's participation"),
  method: "delete",
  path: `${one}/participants/{organizationId}`,
  request: { params: participantParams, headers: z.object({ "if-match": ifMatchHeader }) },
  responses: { 204: { description: "Removed" }, ...problems(400, 401, 403, 404, 412) },
});

const joinRoute = createRoute({
  ...operation("joinProgramme", "programmes", "Join a programme that the organization is invited to"),
  method: "post",
  path: `${one}/join`,
  request: {
    params,
    headers: moveHeaders,
    body: bodyOf(participationContentSchema, { sharesWithFacilitators: true }),
  },
  responses: { 200: participation("Joined"), ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
});

const getParticipationRoute = createRoute({
  ...operation("getParticipation", "programmes", "Read the organization's own part in a programme, or its invitation"),
  method: "get",
  path: `${one}/participation`,
  request: { params, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
  responses: {
    200: participation("The participation"),
    304: { description: "Not changed" },
    ...problems(400, 401, 403, 404),
  },
});

const updateParticipationRoute = createRoute({
  ...operation("updateParticipation", "programmes", "Give facilitators the organization's consent, or take it back"),
  method: "patch",
  path: `${one}/participation`,
  request: {
    params,
    headers: z.object({ "if-match": ifMatchHeader }),
    body: mergePatchOf(participationContentSchema, { sharesWithFacilitators: false }),
  },
  responses: { 200: participation("Changed"), ...problems(400, 401, 403, 404, 409, 412, 413, 415) },
});

const leaveRoute = createRoute({
  ...operation("leaveProgramme", "programmes", "Leave a programme, or decline the invitation to it"),
  method: "post",
  path: `${one}/leave`,
  request: { params, headers: moveHeaders },
  responses: { 204: { description: "Left" }, ...problems(400, 401, 403, 404, 413, 415, 422) },
});

const introduceRoute = createRoute({
  ...operation("introduceFlows", "programmes", "Bring together two participants who let facilitators introduce them"),
  method: "post",
  path: `${one}/introductions`,
  request: {
    params,
    headers: moveHeaders,
    body: bodyOf(introductionContentSchema, {
      outputFlowId: "flow_01jd7p3v2fe1k9wx5m7t8q4z6c",
      inputFlowId: "flow_01jd7p3v2fe1k9wx5m7t8q4z6d",
      note: "You share a fence, and one of you has the steam that the other needs",
    }),
  },
  responses: {
    201: { description: "Introduced", content: { "application/json": { schema: introductionSchema } } },
    ...problems(400, 401, 403, 404, 409, 413, 415, 422),
  },
});

function answer(c: Context<AppEnvironment>, value: Participation, status: 200 | 201, replayed = false) {
  describeAnswer(c, { version: value.version, replayed });
  return c.json(value, status) as never;
}

export const participants = createRouter()
  .openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const page = { limit, after: decodeCursor("participants", cursor) };
    const { items, next } = await listParticipants(c.var.context, c.req.valid("param").id, page);
    return c.json({ data: items, nextCursor: nextCursor(c, "participants", next) }, 200);
  })
  .openapi(inviteRoute, async (c) => {
    const { organizationId } = c.req.valid("json") as z.output<typeof programmeInvitationSchema>;
    const { value, replayed } = await inviteToProgramme(c.var.context, c.req.valid("param").id, organizationId);
    return answer(c, value, 201, replayed);
  })
  .openapi(removeRoute, async (c) => {
    const { id, organizationId } = c.req.valid("param");
    await removeParticipant(c.var.context, id, organizationId, readIfMatch(c.req.valid("header")["if-match"]));
    return c.body(null, 204);
  })
  .openapi(joinRoute, async (c) => {
    const content = c.req.valid("json") as z.output<typeof participationContentSchema>;
    const { value, replayed } = await joinProgramme(c.var.context, c.req.valid("param").id, content);
    return answer(c, value, 200, replayed);
  })
  .openapi(getParticipationRoute, async (c) => {
    const found = await getParticipation(c.var.context, c.req.valid("param").id);
    const etag = etagOf(found.version);
    if (isNotModified(c.req.valid("header")["if-none-match"], etag)) return c.body(null, 304, { etag });
    return answer(c, found, 200);
  })
  .openapi(updateParticipationRoute, async (c) => {
    const ifMatch = readIfMatch(c.req.valid("header")["if-match"]);
    return answer(
      c,
      await updateParticipation(c.var.context, c.req.valid("param").id, await c.req.json(), ifMatch),
      200,
    );
  })
  .openapi(leaveRoute, async (c) => {
    const { replayed } = await leaveProgramme(c.var.context, c.req.valid("param").id);
    if (replayed) c.header("idempotent-replayed", "true");
    return c.body(null, 204);
  })
  .openapi(introduceRoute, async (c) => {
    const content = c.req.valid("json") as z.output<typeof introductionContentSchema>;
    const { value, replayed } = await introduceFlows(c.var.context, c.req.valid("param").id, content);
    if (replayed) c.header("idempotent-replayed", "true");
    return c.json(value as never, 201);
  });
