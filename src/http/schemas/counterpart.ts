import * as z from "zod";
import { idSchema } from "../../domain/ids.ts";

/** Who stands behind a flow of another organization, as far as the caller may know. */
export const counterpartSchema = z
  .object({
    organizationId: idSchema("organization")
      .nullable()
      .meta({ description: "null until a match of the two is of interest to both, unless the flow is public" }),
    pseudonym: z.string().nullable().meta({
      description: "the same for one organization in all that a caller sees, another for every caller",
      example: "anon_4f1c09e2b7a83d56",
    }),
    cell: z
      .string()
      .nullable()
      .meta({ description: "H3 cell of resolution 7 that stands for the place", example: "871f05833ffffff" }),
    position: z
      .tuple([z.number(), z.number()])
      .nullable()
      .meta({ description: "longitude and latitude of the cell's centre (WGS 84)" }),
    industry: z
      .string()
      .nullable()
      .meta({ description: "NACE division where at least five organizations share it, else section", example: "35" }),
  })
  .meta({ id: "Counterpart" });
