import * as z from "zod";
import type { Role } from "./actor.ts";
import type { MemberId, OrganizationId } from "./ids.ts";

/** What is written of a person in an organization. */
export const memberContentSchema = z
  .strictObject({
    name: z.string().min(1).max(200),
    email: z
      .email()
      .max(254)
      .transform((email) => email.toLowerCase())
      .meta({ description: "kept in lower case; unique in the organization", example: "kirsten@example.org" }),
  })
  .meta({ id: "MemberContent" });
export type MemberContent = z.infer<typeof memberContentSchema>;

/** A person in an organization, with a role that bounds whatever keys the person makes. */
export type Member = MemberContent & {
  id: MemberId;
  organizationId: OrganizationId;
  role: Role;
};
