import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { roles } from "../domain/actor.ts";
import { idSchema } from "../domain/ids.ts";
import { describeCaller } from "../operations/me.ts";
import { createRouter } from "./environment.ts";
import { problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";
import { organizationSchema } from "./schemas/organization.ts";

const meSchema = z
  .object({
    kind: z.enum(["member", "device", "operator"]),
    organization: organizationSchema.nullable(),
    member: z.object({ id: idSchema("member"), name: z.string(), email: z.string(), role: z.enum(roles) }).nullable(),
    role: z.enum(roles).nullable(),
    scopes: z.array(z.string()),
    credential: z.string().meta({ description: "the id of the key that was used" }),
  })
  .meta({ id: "Me" });

const meRoute = createRoute({
  ...operation("getMe", "me", "Who the caller is"),
  method: "get",
  path: "/v1/me",
  responses: {
    200: { description: "The caller", content: { "application/json": { schema: meSchema } } },
    ...problems(401),
  },
});

export const me = createRouter().openapi(meRoute, async (c) => c.json(await describeCaller(c.var.context), 200));
