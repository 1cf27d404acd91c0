import * as z from "zod";
import { roles, scopes } from "../../domain/actor.ts";
import { idSchema } from "../../domain/ids.ts";
import { listOf, timestampSchema } from "./answers.ts";

const apiKeyFields = {
  id: idSchema("apiKey"),
  memberId: idSchema("member").nullable().meta({ description: "the member whose key it is, and with whom it ends" }),
  name: z.string(),
  hint: z.string().meta({ description: "the last four characters of its text", example: "aqZ0" }),
  role: z.enum(roles),
  scopes: z.array(z.enum(scopes)),
  flowIds: z.array(idSchema("flow")).nullable().meta({ description: "of a device; null for any other key" }),
  createdAt: timestampSchema,
  expiresAt: timestampSchema.nullable(),
  revokedAt: timestampSchema.nullable(),
  lastUsedAt: timestampSchema.nullable().meta({ description: "to the minute" }),
  rotatedTo: idSchema("apiKey").nullable().meta({ description: "the key that replaces it" }),
  version: z.int().positive(),
};

export const apiKeySchema = z.object(apiKeyFields).meta({ id: "ApiKey", description: "A key; its text is never kept" });

export const apiKeyListSchema = listOf("ApiKeyList", apiKeySchema);

/** The answer to making a key: the only time that its text is shown. */
export const issuedKeySchema = z
  .object({
    ...apiKeyFields,
    key: z.string().meta({
      description: "shown this once",
      example: "turash_live_2k7Jb4n0zQmXcVtY8sRwLdPf6GhA1eUiO3kN5jT9xB7aqZ0",
    }),
  })
  .meta({ id: "IssuedApiKey" });

const maximumOverlapSeconds = 7 * 86_400;

export const rotationSchema = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(maximumOverlapSeconds)
      .default(86_400)
      .meta({ description: "how long the old key works on, at most a week" }),
  })
  .meta({ id: "KeyRotation" });
