import * as z from "zod";
import { type OperationName, type Permission, permissions } from "../../operations/permissions.ts";

/** What a member may show: a key or a sign-in. */
export const memberSecurity = [{ apiKey: [] }, { signIn: [] }];

/** The part of a route that follows from the permissions table: its id, who may call it and with what credential. */
export function operation(operationId: OperationName, tag: string, summary: string, variant?: string) {
  const permission: Permission = permissions[operationId];
  const { role, scope, operator, device = false } = permission;
  const who = [
    role
      ? `a member who is at least ${role}${scope ? `, by a sign-in or by a key with the scope \`${scope}\`` : ""}`
      : null,
    operator ? "the operator" : null,
    device ? "a device" : null,
  ];
  return {
    operationId: variant ?? operationId,
    tags: [tag],
    summary,
    description: `Open to ${who.filter(Boolean).join(" and ")}.`,
    security: role === null ? [{ apiKey: [] }] : memberSecurity,
    "x-turash-permission": { role, scope, operator, device },
  };
}

/** The body of a PATCH: any part of the content; null gives a field its default again. */
export function mergePatchOf(content: z.ZodObject, example: object) {
  const partial = z
    .record(z.string(), z.unknown())
    .meta({ description: `JSON Merge Patch (RFC 7396) of ${content.meta()?.id ?? "the content"}` });
  return {
    required: true,
    content: {
      "application/merge-patch+json": { schema: partial, example },
      "application/json": { schema: partial, example },
    },
  };
}
