import * as z from "zod";
import { type Role, roles } from "./actor.ts";
import type { InvitationId, MemberId, OrganizationId } from "./ids.ts";
import { instantSchema } from "./instant.ts";

/** What is written of a person in an organization. */
export const memberContentSchema = z
  .strictObject({
    name: z.string().min(1).max(200),
    email: z
      .email()
      .max(254)
      .transform((email) => email.toLowerCase())
      .meta({
        description: "kept in lower case; unique in the organization",
        // The format allows more than is taken.
        pattern: z.regexes.email.source,
        example: "kirsten@example.org",
      }),
  })
  .meta({ id: "MemberContent" });
export type MemberContent = z.infer<typeof memberContentSchema>;

/** A person in an organization, with a role that bounds whatever keys the person makes. */
export type Member = MemberContent & {
  id: MemberId;
  organizationId: OrganizationId;
  role: Role;
};

/** What an owner may change of a member: the e-mail is the one by which it was invited. */
export const memberPatchableSchema = z
  .strictObject({ name: memberContentSchema.shape.name, role: z.enum(roles) })
  .meta({ id: "MemberChange" });
export type MemberChange = z.infer<typeof memberPatchableSchema>;

/** A member as its organization sees it. */
export type MemberRecord = Member & {
  /** Whether the person has signed in; until then there is nobody behind the e-mail yet. */
  hasSignedIn: boolean;
  version: number;
  createdAt: string;
  updatedAt: string;
};

export const invitationContentSchema = z
  .strictObject({
    ...memberContentSchema.shape,
    role: z.enum(roles).default("viewer"),
    expiresAt: instantSchema
      .nullable()
      .default(null)
      .meta({ description: "RFC 3339, at most 90 days ahead; 14 days ahead where null" }),
  })
  .meta({ id: "InvitationContent" });
export type InvitationContent = z.infer<typeof invitationContentSchema>;

/** Lets whoever signs in with this e-mail, verified, become a member. */
export type Invitation = MemberContent & {
  id: InvitationId;
  organizationId: OrganizationId;
  role: Role;
  expiresAt: string;
  acceptedAt: string | null;
  withdrawnAt: string | null;
  /** Who accepted it. */
  memberId: MemberId | null;
  version: number;
  createdAt: string;
  updatedAt: string;
};
