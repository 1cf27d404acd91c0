import * as z from "zod";
import { idSchema } from "../../domain/ids.ts";
import { siteContentSchema } from "../../domain/site.ts";
import { listOf, recordFields } from "./answers.ts";

export const siteSchema = z
  .object({
    id: idSchema("site"),
    organizationId: idSchema("organization"),
    ...siteContentSchema.shape,
    ...recordFields,
  })
  .meta({ id: "Site" });

export const siteListSchema = listOf("SiteList", siteSchema);
