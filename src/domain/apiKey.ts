import * as z from "zod";
import { type Role, roles, type Scope, scopes } from "./actor.ts";
import { type ApiKeyId, type FlowId, idSchema, type MemberId } from "./ids.ts";
import { instantSchema } from "./instant.ts";

/** What a key can be given; `operations` is the operator's. */
export const keyScopes = scopes.filter((scope) => scope !== "operations");

/** The one thing that a device may do. */
export const deviceScope = "measurements:write" satisfies Scope;

/** What an owner says of a new key. */
export const apiKeyContentSchema = z
  .strictObject({
    name: z.string().min(1).max(200).meta({ example: "ERP link" }),
    role: z.enum(roles).default("viewer").meta({ description: "no more than the caller's own" }),
    scopes: z
      .array(z.enum(keyScopes as [Scope, ...Scope[]]))
      .min(1)
      .max(keyScopes.length)
      .refine((list) => new Set(list).size === list.length, { error: "names a scope twice" })
      .meta({ description: "of the caller's own", example: ["flows:read", "flows:write"] }),
    expiresAt: instantSchema
      .nullable()
      .default(null)
      .meta({ description: "RFC 3339, at most five years ahead; null for a key that does not expire" }),
    flowIds: z
      .array(idSchema("flow"))
      .min(1)
      .max(1_000)
      .nullable()
      .default(null)
      .meta({ description: "for a device: the flows whose readings it pushes; its only scope is measurements:write" }),
  })
  .superRefine((key, context) => {
    if (key.flowIds !== null && (key.scopes.length !== 1 || key.scopes[0] !== deviceScope))
      context.addIssue({
        code: "custom",
        path: ["scopes"],
        message: `a key for named flows is a device's and has the one scope ${deviceScope}`,
      });
  })
  .meta({ id: "ApiKeyContent" });
export type ApiKeyContent = z.infer<typeof apiKeyContentSchema>;

/** A key as it is kept: never its text. */
export type ApiKey = {
  id: ApiKeyId;
  /** Whose key it is, and whom it can never do more than; null for a key of the organization itself. */
  memberId: MemberId | null;
  name: string;
  /** HMAC-SHA-256 of the key under the pepper, 32 bytes in hex. */
  digestHex: string;
  /** The key's last four characters, by which its owner tells it from others. */
  hint: string;
  role: Role;
  scopes: readonly Scope[];
  /** RFC 3339 in UTC; null where it does not expire. */
  expiresAt: string | null;
  /** Of a device; null for any other key. */
  flowIds: readonly FlowId[] | null;
};

/** A key as its owner sees it. */
export type ApiKeyRecord = Omit<ApiKey, "digestHex"> & {
  createdAt: string;
  revokedAt: string | null;
  /** To the minute. */
  lastUsedAt: string | null;
  /** The key that replaces it. */
  rotatedTo: ApiKeyId | null;
  version: number;
};
