import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { ChangeStamp } from "../../domain/change.ts";
import { idFromUuid, type MemberId, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import type { MemberChange, MemberRecord } from "../../domain/member.ts";
import type { Page, Paged } from "../../domain/page.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { auditEntries, idempotencyRecords } from "../postgres/schema/changes.ts";
import { invitations } from "../postgres/schema/invitations.ts";
import { apiKeys, members } from "../postgres/schema/tenants.ts";
import { page } from "./page.ts";
import { ownedBy, readAs, timeOf, utc } from "./scope.ts";
import { settle, type Written } from "./written.ts";

type MemberDocument = Omit<MemberRecord, "id" | "organizationId"> & { id: string; organizationId: string };

/** Everything that is kept of a person, for the person. */
export type PersonalData = {
  member: MemberRecord & { issuer: string | null; subject: string | null };
  apiKeys: object[];
  invitations: object[];
  auditEntries: object[];
  /** Whether there are more audit entries than are given. */
  truncated: boolean;
};

const maximumEntries = 5_000;

export type MemberStore = ReturnType<typeof createMemberStore>;

export function createMemberStore(database: Database) {
  return {
    async list(
      stamp: ChangeStamp,
      organizationId: OrganizationId,
      { limit, after }: Page,
    ): Promise<Paged<MemberRecord>> {
      const select = sql`SELECT m.id, m.organization_id, ${document} AS document FROM ${members} m
        WHERE ${ofOrganization(stamp, organizationId)} AND m.deleted_at IS NULL AND ${after === null ? sql`true` : sql`m.id < ${after}::uuid`}
        ORDER BY m.id DESC LIMIT ${limit + 1}::integer`;
      const rows = await database.query<{ id: string; document: MemberDocument }>(readAs(stamp, "member.list", select));
      return page(rows, limit, (row) => parse(row.document));
    },

    async find(stamp: ChangeStamp, organizationId: OrganizationId, id: MemberId): Promise<MemberRecord | null> {
      const select = sql`SELECT m.id, m.organization_id, ${document} AS document FROM ${members} m
        WHERE ${own(stamp, organizationId, id)} AND m.deleted_at IS NULL`;
      const [row] = await database.query<{ document: MemberDocument }>(readAs(stamp, "member.read", select));
      return row ? parse(row.document) : null;
    },

    /** Fails with the conflict `last_owner` where nobody would be left who may manage the organization. */
    async update(
      stamp: ChangeStamp,
      member: MemberRecord,
      { name, role }: MemberChange,
      patch: readonly Operation[],
    ): Promise<Written<MemberRecord>> {
      const outcome = await applyChange<MemberDocument>(database, {
        stamp,
        action: "member.update",
        eventType: "turash.member.updated",
        write: sql`UPDATE ${members} AS m SET name = ${name}, role = ${role}, version = m.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${own(stamp, member.organizationId, member.id)} AND m.deleted_at IS NULL AND m.version = ${member.version}::integer RETURNING ${changedColumns}`,
        patch,
        current: current(stamp, member.organizationId, member.id),
      });
      return settle(outcome, parse);
    },

    /** Removes a member, whose keys and sign-ins end with it; `last_owner` likewise. */
    async remove(
      stamp: ChangeStamp,
      organizationId: OrganizationId,
      id: MemberId,
      version: number | null,
    ): Promise<Written<MemberRecord>> {
      const outcome = await applyChange<MemberDocument>(database, {
        stamp,
        action: "member.remove",
        eventType: "turash.member.removed",
        write: sql`UPDATE ${members} AS m SET deleted_at = ${timeOf(stamp)}, version = m.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${own(stamp, organizationId, id)} AND m.deleted_at IS NULL AND ${version === null ? sql`true` : sql`m.version = ${version}::integer`}
          RETURNING ${changedColumns}`,
        alongside: [revokeKeys(stamp)],
        patch: [{ op: "remove", path: "" }],
        current: current(stamp, organizationId, id),
      });
      return settle(outcome, parse);
    },

    /** All that is kept of a member, also of one that was removed and not erased; one round trip. */
    async readPersonalData(
      stamp: ChangeStamp,
      organizationId: OrganizationId,
      id: MemberId,
    ): Promise<PersonalData | null> {
      const entries = sql`SELECT e.* FROM ${auditEntries} e WHERE e.organization_id = m.organization_id
        AND (e.member_id = m.id OR e.subject_id = m.id) ORDER BY e.id LIMIT ${maximumEntries + 1}::integer`;
      const [row] = await database.query<{
        document: MemberDocument & { issuer: string | null; subject: string | null };
        api_keys: object[];
        invitations: object[];
        entries: object[];
      }>(sql`
        SELECT ${document} || jsonb_build_object('issuer', m.issuer, 'subject', m.subject) AS document,
          (SELECT coalesce(jsonb_agg(jsonb_build_object('name', k.name, 'hint', k.hint, 'role', k.role, 'scopes', k.scopes, 'createdAt', k.created_at,
            'lastUsedAt', k.last_used_at, 'revokedAt', k.revoked_at) ORDER BY k.id), '[]') FROM ${apiKeys} k WHERE k.member_id = m.id) AS api_keys,
          (SELECT coalesce(jsonb_agg(jsonb_build_object('email', i.email, 'name', i.name, 'role', i.role, 'createdAt', i.created_at,
            'acceptedAt', i.accepted_at) ORDER BY i.id), '[]') FROM ${invitations} i WHERE i.organization_id = m.organization_id AND i.email = m.email) AS invitations,
          (SELECT coalesce(jsonb_agg(jsonb_build_object('at', a.occurred_at, 'action', a.action, 'credential', a.credential, 'patch', a.patch,
            'requestId', a.request_id, 'addressHash', encode(a.address_hash, 'hex')) ORDER BY a.id), '[]') FROM (${entries}) a) AS entries
        FROM ${members} m WHERE ${own(stamp, organizationId, id)} AND m.erased_at IS NULL`);
      if (!row) return null;
      const { issuer, subject } = row.document;
      return {
        member: { ...parse(row.document), issuer, subject },
        apiKeys: row.api_keys,
        invitations: row.invitations,
        auditEntries: row.entries.slice(0, maximumEntries),
        truncated: row.entries.length > maximumEntries,
      };
    },

    /**
     * Forgets a person: removes the member where it still is one, replaces name and e-mail, ends keys and their names, deletes
     * invitations and answers that are kept for repeats, and takes out of the audit log what was changed of the person, its keys and
     * invitations, and from where it acted. The entry of the erasure names those entries, by which the sealed chain tells an erasure
     * from a change. `last_owner` as for a removal.
     */
    async erase(stamp: ChangeStamp, organizationId: OrganizationId, id: MemberId): Promise<Written<MemberRecord>> {
      const member = sql`${uuidOf(id)}::uuid`;
      const at = timeOf(stamp);
      const outcome = await applyChange<MemberDocument>(database, {
        stamp: { ...stamp, idempotency: null },
        action: "member.erase",
        eventType: "turash.member.erased",
        write: sql`UPDATE ${members} AS m SET name = 'Erased member', email = 'erased-' || m.id || '@erased.invalid', issuer = NULL, subject = NULL,
            deleted_at = coalesce(m.deleted_at, ${at}), erased_at = ${at}, version = m.version + 1, updated_at = ${at}
          WHERE ${own(stamp, organizationId, id)} AND m.erased_at IS NULL RETURNING ${changedColumns}`,
        alongside: [
          sql`unnamed AS (UPDATE ${apiKeys} SET name = 'Key of an erased member', revoked_at = coalesce(revoked_at, ${at}), version = version + 1
            WHERE member_id IN (SELECT id FROM changed))`,
          // Each part sees the rows as they were before, the member's e-mail too.
          sql`uninvited AS (DELETE FROM ${invitations} i USING changed, ${members} was
            WHERE was.id = changed.id AND i.organization_id = was.organization_id AND (i.email = was.email OR i.member_id = was.id) RETURNING i.id)`,
          sql`unrepeatable AS (DELETE FROM ${idempotencyRecords} r USING changed, ${members} was WHERE was.id = changed.id AND ${isAnswerAbout(organizationId)})`,
          sql`erased AS (
            UPDATE ${auditEntries} e SET
              patch = CASE WHEN ${isAbout(member)} THEN NULL ELSE e.patch END, patch_salt = CASE WHEN ${isAbout(member)} THEN NULL ELSE e.patch_salt END,
              address_hash = CASE WHEN e.member_id = ${member} THEN NULL ELSE e.address_hash END,
              origin_salt = CASE WHEN e.member_id = ${member} THEN NULL ELSE e.origin_salt END
            FROM changed WHERE e.organization_id = changed.organization_id AND (e.member_id = ${member} OR ${isAbout(member)})
            RETURNING e.id, e.patch IS NULL AS lost_patch, e.origin_salt IS NULL AS lost_origin)`,
        ],
        patch: sql`'[{"op": "remove", "path": "/person"}]'::jsonb || (SELECT coalesce(jsonb_agg(jsonb_build_object('op', 'remove', 'path', '/auditEntries/' || erased.id || part)), '[]')
          FROM erased CROSS JOIN LATERAL (VALUES ('/patch', lost_patch), ('/origin', lost_origin)) AS parts (part, is_lost) WHERE is_lost)`,
        current: current(stamp, organizationId, id),
      });
      return settle(outcome, parse);
    },
  };
}

/**
 * Whether `audit_entries e` tells of the member, of an invitation to its e-mail, or of its keys, which people name after themselves.
 * Invitations and keys that are forgotten already are known by the e-mail in the entry, and by who made the key.
 */
function isAbout(member: SQL): SQL {
  return sql`(e.subject_id = ${member}
    OR e.subject_id IN (SELECT i.id FROM ${invitations} i JOIN ${members} was ON was.id = ${member} AND was.organization_id = i.organization_id WHERE (i.email = was.email OR i.member_id = was.id))
    OR e.subject_id IN (SELECT k.id FROM ${apiKeys} k WHERE k.member_id = ${member})
    OR (e.action = 'member.invite' AND e.patch @> (SELECT jsonb_build_array(jsonb_build_object('value', jsonb_build_object('email', was.email))) FROM ${members} was WHERE was.id = ${member}))
    OR (e.action = 'api_key.create' AND e.member_id = ${member}))`;
}

/** Whether an answer `idempotency_records r` holds the member `was`, an invitation to its e-mail, or one of its keys. */
function isAnswerAbout(organizationId: OrganizationId): SQL {
  return sql`(r.scope IN (${organizationId}, 'operator') AND (r.answer @> jsonb_build_array(jsonb_build_object('id', was.id))
    OR r.answer @> jsonb_build_array(jsonb_build_object('memberId', was.id))
    OR r.answer @> jsonb_build_array(jsonb_build_object('email', was.email, 'organizationId', was.organization_id))))`;
}

function revokeKeys(stamp: ChangeStamp): SQL {
  return sql`revoked AS (UPDATE ${apiKeys} SET revoked_at = ${timeOf(stamp)}, version = version + 1
    WHERE member_id IN (SELECT id FROM changed) AND revoked_at IS NULL)`;
}

/** Rows of `members m` of an organization that is the caller's own, or for the operator any. */
function ofOrganization({ actor }: ChangeStamp, organizationId: OrganizationId): SQL {
  return sql`(m.organization_id = ${uuidOf(organizationId)}::uuid AND ${ownedBy(actor, sql`m.organization_id`)})`;
}

function own(stamp: ChangeStamp, organizationId: OrganizationId, id: MemberId): SQL {
  return sql`(m.id = ${uuidOf(id)}::uuid AND ${ofOrganization(stamp, organizationId)})`;
}

function current(stamp: ChangeStamp, organizationId: OrganizationId, id: MemberId): SQL {
  return sql`SELECT jsonb_build_object('version', m.version) FROM ${members} m WHERE ${own(stamp, organizationId, id)} AND m.deleted_at IS NULL`;
}

const document = sql`jsonb_build_object('id', m.id, 'organizationId', m.organization_id, 'name', m.name, 'email', m.email, 'role', m.role,
  'hasSignedIn', m.subject IS NOT NULL, 'version', m.version, 'createdAt', m.created_at, 'updatedAt', m.updated_at)`;

const changedColumns = sql`m.id, m.organization_id, ARRAY[m.organization_id] AS audience, m.version, ${document} AS document`;

function parse(row: MemberDocument): MemberRecord {
  return {
    id: idFromUuid("member", row.id),
    organizationId: idFromUuid("organization", row.organizationId),
    name: row.name,
    email: row.email,
    role: row.role,
    hasSignedIn: row.hasSignedIn,
    version: row.version,
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}
