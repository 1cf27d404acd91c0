import { sql } from "drizzle-orm";
import type { Role } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { AppError } from "../../domain/errors.ts";
import { idFromUuid, type MemberId, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { isViolation } from "../postgres/constraints.ts";
import { invitations } from "../postgres/schema/invitations.ts";
import { members, organizations } from "../postgres/schema/tenants.ts";

/** A person as an OpenID provider names it; `email` only where the provider has verified it. */
export type Person = { issuer: string; subject: string; email: string | null; name: string | null };

/** The member whom a person is, or what a first sign-in can be bound to. */
export type SignIn = { organizationId: OrganizationId; memberId: MemberId; role: Role };
export type Welcome = { organizationId: OrganizationId; role: Role } & (
  | { kind: "invitation"; invitationUuid: string }
  | { kind: "unclaimed"; memberUuid: string }
);

type FoundRow = {
  member_id: string | null;
  invitation_id: string | null;
  unclaimed_id: string | null;
  organization_id: string;
  role: Role;
};

export type SignInStore = ReturnType<typeof createSignInStore>;

export function createSignInStore(database: Database) {
  return {
    /** The member of a person; where there is none, what is open to the person's e-mail: the newest invitation, or a member who has never signed in. */
    async find({ issuer, subject, email }: Person, at: Date): Promise<SignIn | Welcome | null> {
      const open = sql`JOIN ${organizations} o ON o.deleted_at IS NULL AND o.id =`;
      const [row] = await database.query<FoundRow>(sql`
        (SELECT 1 AS choice, m.id AS member_id, NULL::uuid AS invitation_id, NULL::uuid AS unclaimed_id, m.organization_id, m.role, m.created_at
          FROM ${members} m ${open} m.organization_id WHERE m.issuer = ${issuer} AND m.subject = ${subject} AND m.deleted_at IS NULL)
        UNION ALL
        (SELECT 2, NULL, NULL, m.id, m.organization_id, m.role, m.created_at FROM ${members} m ${open} m.organization_id
          WHERE m.email = ${email}::text AND m.subject IS NULL AND m.deleted_at IS NULL)
        UNION ALL
        (SELECT 2, NULL, i.id, NULL, i.organization_id, i.role, i.created_at FROM ${invitations} i ${open} i.organization_id
          WHERE i.email = ${email}::text AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > ${at.toISOString()}::timestamptz)
        ORDER BY choice, created_at DESC LIMIT 1`);
      if (!row) return null;
      const organizationId = idFromUuid("organization", row.organization_id);
      const { role } = row;
      if (row.member_id) return { organizationId, role, memberId: idFromUuid("member", row.member_id) };
      if (row.invitation_id) return { kind: "invitation", organizationId, role, invitationUuid: row.invitation_id };
      return { kind: "unclaimed", organizationId, role, memberUuid: row.unclaimed_id! };
    },

    /** A member who has signed in before, while the organization is open and the member has not left it. */
    async findMember(organizationId: OrganizationId, memberId: MemberId): Promise<SignIn | null> {
      const [row] = await database.query<{ role: Role }>(sql`
        SELECT m.role FROM ${members} m JOIN ${organizations} o ON o.id = m.organization_id AND o.deleted_at IS NULL
        WHERE m.id = ${uuidOf(memberId)}::uuid AND m.organization_id = ${uuidOf(organizationId)}::uuid AND m.deleted_at IS NULL`);
      return row ? { organizationId, memberId, role: row.role } : null;
    },

    /** Makes the invited person a member. Null where the invitation is no longer open, or the person signed in elsewhere at the same moment. */
    async accept(
      stamp: ChangeStamp,
      { issuer, subject, name }: Person,
      invitationUuid: string,
      memberId: MemberId,
    ): Promise<MemberId | null> {
      const at = sql`${stamp.at.toISOString()}::timestamptz`;
      return settleFirst(() =>
        applyChange<{ id: string }>(database, {
          stamp,
          action: "member.join",
          eventType: "turash.member.joined",
          write: sql`INSERT INTO ${members} AS m (id, organization_id, email, name, role, issuer, subject, created_at, updated_at)
            SELECT ${uuidOf(memberId)}::uuid, i.organization_id, i.email, coalesce(${name}::text, i.name), i.role, ${issuer}, ${subject}, ${at}, ${at}
            FROM ${invitations} i WHERE i.id = ${invitationUuid}::uuid AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > ${at} FOR UPDATE
            RETURNING ${joinedColumns}`,
          alongside: [
            sql`accepted AS (UPDATE ${invitations} SET accepted_at = ${at}, member_id = changed.id, version = ${invitations}.version + 1, updated_at = ${at}
              FROM changed WHERE ${invitations}.id = ${invitationUuid}::uuid)`,
          ],
          patch: [{ op: "add", path: "/subject", value: true }],
        }),
      );
    },

    /** Ties a person to a member whom nobody has signed in as yet. */
    async claim(stamp: ChangeStamp, { issuer, subject }: Person, memberUuid: string): Promise<MemberId | null> {
      return settleFirst(() =>
        applyChange<{ id: string }>(database, {
          stamp,
          action: "member.join",
          eventType: "turash.member.joined",
          write: sql`UPDATE ${members} AS m SET issuer = ${issuer}, subject = ${subject}, version = m.version + 1, updated_at = ${stamp.at.toISOString()}::timestamptz
            WHERE m.id = ${memberUuid}::uuid AND m.subject IS NULL AND m.deleted_at IS NULL RETURNING ${joinedColumns}`,
          patch: [{ op: "add", path: "/subject", value: true }],
        }),
      );
    },
  };
}

const joinedColumns = sql`m.id, m.organization_id, ARRAY[m.organization_id] AS audience, m.version, jsonb_build_object('id', m.id) AS document`;

/** Of two first sign-ins at once one is first; the other finds the member when it looks again. */
async function settleFirst(change: () => Promise<{ documents: { id: string }[] }>): Promise<MemberId | null> {
  try {
    const [written] = (await change()).documents;
    return written ? idFromUuid("member", written.id) : null;
  } catch (error) {
    if (error instanceof AppError && (error.code === "conflict" || isViolation(error.cause))) return null;
    throw error;
  }
}
