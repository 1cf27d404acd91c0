import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { programmeContentSchema } from "../domain/programme.ts";
import {
  closeProgramme,
  createProgramme,
  getProgramme,
  listProgrammes,
  updateProgramme,
} from "../operations/programmes.ts";
import { nextCursor } from "./answers.ts";
import { decodeCursor } from "./cursor.ts";
import { createRouter } from "./environment.ts";
import { recordRoutes } from "./recordRoutes.ts";
import { listQuery, problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";
import { programmeListSchema, programmeSchema } from "./schemas/programme.ts";

const listRoute = createRoute({
  ...operation("listProgrammes", "programmes", "List the programmes that the organization facilitates or is in"),
  method: "get",
  path: "/v1/programmes",
  request: {
    query: z.object({
      ...listQuery,
      relation: z
        .enum(["facilitates", "joined", "invited"])
        .optional()
        .meta({ description: "how the caller's organization stands to the programme; all where absent" }),
    }),
  },
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: programmeListSchema } } },
    ...problems(400, 401, 403),
  },
});

export const programmes = createRouter().openapi(listRoute, async (c) => {
  const { limit, cursor, relation } = c.req.valid("query");
  const { items, next } = await listProgrammes(
    c.var.context,
    { relation },
    { limit, after: decodeCursor("programmes", cursor) },
  );
  return c.json({ data: items, nextCursor: nextCursor(c, "programmes", next) }, 200);
});

programmes.route(
  "/",
  recordRoutes({
    noun: "programme",
    content: programmeContentSchema,
    record: programmeSchema,
    examples: {
      content: { name: "Kalundborg Symbiosis", description: "Eleven companies on one fjord" },
      patch: { name: "Kalundborg Symbiosis" },
    },
    deletes: "Close a programme: nobody sees anything through it any more",
    answer: (programme) => programme,
    get: getProgramme,
    update: updateProgramme,
    remove: closeProgramme,
    create: createProgramme,
  }),
);
