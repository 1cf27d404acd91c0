import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { roles } from "../domain/actor.ts";
import { idSchema } from "../domain/ids.ts";
import { describeCaller } from "../operations/me.ts";
import { eraseSelf, leaveOrganization, readOwnPersonalData } from "../operations/members.ts";
import { createRouter } from "./environment.ts";
import { problems } from "./schemas/answers.ts";
import { personalDataSchema } from "./schemas/member.ts";
import { operation } from "./schemas/operation.ts";
import { organizationSchema } from "./schemas/organization.ts";

const meSchema = z
  .object({
    kind: z.enum(["member", "device", "operator"]),
    organization: organizationSchema.nullable(),
    member: z.object({ id: idSchema("member"), name: z.string(), email: z.string(), role: z.enum(roles) }).nullable(),
    role: z.enum(roles).nullable(),
    scopes: z.array(z.string()),
    credential: z.string().meta({ description: "the id of the key, or the digest of the sign-in's token" }),
  })
  .meta({ id: "Me" });

const meRoute = createRoute({
  ...operation("getMe", "me", "Who the caller is"),
  method: "get",
  path: "/v1/me",
  responses: {
    200: { description: "The caller", content: { "application/json": { schema: meSchema } } },
    ...problems(400, 401),
  },
});

const leaveRoute = createRoute({
  ...operation("leaveOrganization", "me", "Leave the organization: one's keys and sign-ins end within five seconds"),
  method: "post",
  path: "/v1/me/leave",
  responses: { 204: { description: "Left" }, ...problems(400, 401, 403, 409, 413, 415) },
});

const personalDataRoute = createRoute({
  ...operation("readOwnPersonalData", "me", "Everything that is kept of oneself"),
  method: "get",
  path: "/v1/me/personal-data",
  responses: {
    200: { description: "The data", content: { "application/json": { schema: personalDataSchema } } },
    ...problems(400, 401, 403, 404, 409),
  },
});

const eraseRoute = createRoute({
  ...operation("eraseSelf", "me", "Leave the organization and be forgotten"),
  method: "post",
  path: "/v1/me/erase",
  responses: { 204: { description: "Erased" }, ...problems(400, 401, 403, 404, 409, 413, 415) },
});

export const me = createRouter()
  .openapi(meRoute, async (c) => c.json(await describeCaller(c.var.context), 200))
  .openapi(leaveRoute, async (c) => {
    await leaveOrganization(c.var.context);
    return c.body(null, 204);
  })
  .openapi(personalDataRoute, async (c) => c.json((await readOwnPersonalData(c.var.context)) as never, 200))
  .openapi(eraseRoute, async (c) => {
    await eraseSelf(c.var.context);
    return c.body(null, 204);
  });
