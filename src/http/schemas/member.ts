import * as z from "zod";
import { roles } from "../../domain/actor.ts";
import { idSchema } from "../../domain/ids.ts";
import { listOf, recordFields, timestampSchema } from "./answers.ts";

const memberFields = {
  id: idSchema("member"),
  organizationId: idSchema("organization"),
  name: z.string(),
  email: z.string().meta({ example: "kirsten@example.org" }),
  role: z.enum(roles),
  hasSignedIn: z.boolean().meta({ description: "whether somebody has signed in as this member" }),
  ...recordFields,
};

export const memberSchema = z.object(memberFields).meta({ id: "Member", description: "A person in an organization" });

export const memberListSchema = listOf("MemberList", memberSchema);

export const invitationSchema = z
  .object({
    id: idSchema("invitation"),
    organizationId: idSchema("organization"),
    email: z.string(),
    name: z.string(),
    role: z.enum(roles),
    expiresAt: timestampSchema,
    acceptedAt: timestampSchema.nullable(),
    withdrawnAt: timestampSchema.nullable(),
    memberId: idSchema("member").nullable().meta({ description: "who accepted it" }),
    ...recordFields,
  })
  .meta({ id: "Invitation", description: "Lets whoever signs in with this e-mail, verified, become a member" });

export const invitationListSchema = listOf("InvitationList", invitationSchema);

const kept = z.array(z.record(z.string(), z.unknown()));

export const personalDataSchema = z
  .object({
    member: z.object({ ...memberFields, issuer: z.string().nullable(), subject: z.string().nullable() }),
    apiKeys: kept,
    invitations: kept,
    auditEntries: kept.meta({ description: "what the person did, and what was done of the person; oldest first" }),
    truncated: z.boolean().meta({ description: "whether there are more audit entries: see /v1/audit-entries" }),
  })
  .meta({ id: "PersonalData", description: "Everything that is kept of a person" });
