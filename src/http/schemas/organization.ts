import * as z from "zod";
import { idSchema } from "../../domain/ids.ts";
import { memberContentSchema } from "../../domain/member.ts";
import { organizationContentSchema } from "../../domain/organization.ts";
import { listOf, recordFields } from "./answers.ts";

const organizationFields = {
  id: idSchema("organization"),
  ...organizationContentSchema.shape,
  ...recordFields,
};

export const organizationSchema = z.object(organizationFields).meta({ id: "Organization" });

export const organizationListSchema = listOf("OrganizationList", organizationSchema);

/** What the operator sends to create an organization; the first key is the owner's where one is named. */
export const newOrganizationSchema = z
  .strictObject({ ...organizationContentSchema.shape, owner: memberContentSchema.nullable().default(null) })
  .meta({ id: "NewOrganization" });

/** The answer to creating an organization: the only time that its first key is shown. */
export const createdOrganizationSchema = z
  .object({
    ...organizationFields,
    apiKey: z
      .object({
        id: idSchema("apiKey"),
        key: z.string().meta({
          description: "shown this once",
          example: "turash_live_2k7Jb4n0zQmXcVtY8sRwLdPf6GhA1eUiO3kN5jT9xB7aqZ0",
        }),
        role: z.literal("owner"),
        scopes: z.array(z.string()),
      })
      .meta({ id: "FirstApiKey" }),
  })
  .meta({ id: "CreatedOrganization" });
