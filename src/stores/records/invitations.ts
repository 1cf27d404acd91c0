import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { Changed, ChangeStamp } from "../../domain/change.ts";
import { type InvitationId, idFromUuid, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import type { Invitation } from "../../domain/member.ts";
import type { Page, Paged } from "../../domain/page.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { invitations } from "../postgres/schema/invitations.ts";
import { members, organizations } from "../postgres/schema/tenants.ts";
import { page } from "./page.ts";
import { ownedBy, readAs, timeOf, utc } from "./scope.ts";
import { settle, type Written } from "./written.ts";

type InvitationDocument = Omit<Invitation, "id" | "organizationId" | "memberId"> & {
  id: string;
  organizationId: string;
  memberId: string | null;
};

export type InvitationStore = ReturnType<typeof createInvitationStore>;

export function createInvitationStore(database: Database) {
  return {
    async list(stamp: ChangeStamp, organizationId: OrganizationId, { limit, after }: Page): Promise<Paged<Invitation>> {
      const select = sql`SELECT i.id, i.organization_id, ${document} AS document FROM ${invitations} i
        WHERE ${ofOrganization(stamp, organizationId)} AND ${after === null ? sql`true` : sql`i.id < ${after}::uuid`}
        ORDER BY i.id DESC LIMIT ${limit + 1}::integer`;
      const rows = await database.query<{ id: string; document: InvitationDocument }>(
        readAs(stamp, "invitation.list", select),
      );
      return page(rows, limit, (row) => parse(row.document));
    },

    /**
     * Invites an e-mail, or anew where an earlier invitation has expired. Tells why not: the organization is not the caller's,
     * the e-mail is a member's, or it is invited already.
     */
    async create(
      stamp: ChangeStamp,
      invitation: Invitation,
      patch: readonly Operation[],
    ): Promise<Changed<Invitation> | "no_organization" | "member" | "invited"> {
      const at = timeOf(stamp);
      const expires = sql`${invitation.expiresAt}::timestamptz`;
      const isMember = sql`EXISTS (SELECT FROM ${members} m WHERE m.organization_id = o.id AND m.email = ${invitation.email} AND m.deleted_at IS NULL)`;
      const organization = sql`${organizations} o WHERE o.id = ${uuidOf(invitation.organizationId)}::uuid AND o.deleted_at IS NULL AND ${ownedBy(stamp.actor, sql`o.id`)}`;
      const outcome = await applyChange<InvitationDocument>(database, {
        stamp,
        action: "member.invite",
        eventType: "turash.member.invited",
        write: sql`INSERT INTO ${invitations} AS i (id, organization_id, email, name, role, created_at, updated_at, expires_at)
          SELECT ${uuidOf(invitation.id)}::uuid, o.id, ${invitation.email}, ${invitation.name}, ${invitation.role}, ${at}, ${at}, ${expires} FROM ${organization} AND NOT ${isMember}
          ON CONFLICT (organization_id, email) WHERE accepted_at IS NULL AND withdrawn_at IS NULL DO UPDATE
            SET name = excluded.name, role = excluded.role, expires_at = excluded.expires_at, version = i.version + 1, updated_at = excluded.updated_at
            WHERE i.expires_at <= ${at}
          RETURNING ${changedColumns}`,
        patch,
        current: sql`SELECT jsonb_build_object('isMember', ${isMember}) FROM ${organization}`,
      });
      const [written] = outcome.documents;
      if (written) return { value: parse(written), replayed: outcome.replayed };
      const current = outcome.current as { isMember: boolean } | null;
      if (current === null) return "no_organization";
      return current.isMember ? "member" : "invited";
    },

    /** Takes an open invitation back. */
    async withdraw(
      stamp: ChangeStamp,
      organizationId: OrganizationId,
      id: InvitationId,
      version: number | null,
    ): Promise<Written<Invitation>> {
      const own = sql`(i.id = ${uuidOf(id)}::uuid AND ${ofOrganization(stamp, organizationId)} AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL)`;
      const outcome = await applyChange<InvitationDocument>(database, {
        stamp,
        action: "member.uninvite",
        eventType: "turash.member.uninvited",
        write: sql`UPDATE ${invitations} AS i SET withdrawn_at = ${timeOf(stamp)}, version = i.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${own} AND ${version === null ? sql`true` : sql`i.version = ${version}::integer`} RETURNING ${changedColumns}`,
        patch: [{ op: "remove", path: "" }],
        current: sql`SELECT jsonb_build_object('version', i.version) FROM ${invitations} i WHERE ${own}`,
      });
      return settle(outcome, parse);
    },
  };
}

function ofOrganization({ actor }: ChangeStamp, organizationId: OrganizationId): SQL {
  return sql`(i.organization_id = ${uuidOf(organizationId)}::uuid AND ${ownedBy(actor, sql`i.organization_id`)})`;
}

const document = sql`jsonb_build_object('id', i.id, 'organizationId', i.organization_id, 'email', i.email, 'name', i.name, 'role', i.role,
  'expiresAt', i.expires_at, 'acceptedAt', i.accepted_at, 'withdrawnAt', i.withdrawn_at, 'memberId', i.member_id, 'version', i.version,
  'createdAt', i.created_at, 'updatedAt', i.updated_at)`;

const changedColumns = sql`i.id, i.organization_id, ARRAY[i.organization_id] AS audience, i.version, ${document} AS document`;

function parse(row: InvitationDocument): Invitation {
  const time = (text: string | null) => (text === null ? null : utc(text));
  return {
    id: idFromUuid("invitation", row.id),
    organizationId: idFromUuid("organization", row.organizationId),
    email: row.email,
    name: row.name,
    role: row.role,
    expiresAt: utc(row.expiresAt),
    acceptedAt: time(row.acceptedAt),
    withdrawnAt: time(row.withdrawnAt),
    memberId: row.memberId === null ? null : idFromUuid("member", row.memberId),
    version: row.version,
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}
