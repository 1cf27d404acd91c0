import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import { type DeviceActor, type MemberActor, type Role, type Scope, smallerRole } from "../../domain/actor.ts";
import type { ApiKey, ApiKeyRecord } from "../../domain/apiKey.ts";
import type { Changed, ChangeStamp } from "../../domain/change.ts";
import { type ApiKeyId, type FlowId, idFromUuid, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { flows } from "../postgres/schema/flows.ts";
import { apiKeys, members, organizations } from "../postgres/schema/tenants.ts";
import { page } from "./page.ts";
import { ownedBy, timeOf, utc } from "./scope.ts";
import { settle, type Written } from "./written.ts";

type ActorRow = {
  id: string;
  organization_id: string;
  member_id: string | null;
  role: Role;
  member_role: Role | null;
  scopes: Scope[];
  flow_ids: string[] | null;
  expires_at: string | null;
};

type KeyDocument = Omit<ApiKeyRecord, "id" | "memberId" | "rotatedTo" | "flowIds"> & {
  id: string;
  memberId: string | null;
  rotatedTo: string | null;
  flowIds: string[] | null;
};

/** Whoever a key speaks for, and from when on it does not. */
export type KeyActor = { actor: MemberActor | DeviceActor; expiresAt: Date | null };

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;

export function createApiKeyStore(database: Database) {
  return {
    /**
     * Who a key speaks for, with no more than its member may do, while it is neither revoked nor expired and its organization
     * is open; else null. Keeps, to the minute, when it was last used.
     */
    async findActor(digestHex: string, at: Date): Promise<KeyActor | null> {
      const [row] = await database.query<ActorRow>(findAndTouch(sql`k.digest = decode(${digestHex}, 'hex')`, at));
      return row ? parseKeyActor(row) : null;
    },

    /** The same for a key that was verified before and is known by its id. */
    async findActorOf(id: ApiKeyId, at: Date): Promise<KeyActor | null> {
      const [row] = await database.query<ActorRow>(findAndTouch(sql`k.id = ${uuidOf(id)}::uuid`, at));
      return row ? parseKeyActor(row) : null;
    },

    async list(stamp: ChangeStamp, { limit, after }: Page): Promise<Paged<ApiKeyRecord>> {
      const rows = await database.query<{ id: string; document: KeyDocument }>(sql`
        SELECT k.id, ${document} AS document FROM ${apiKeys} k
        WHERE ${ownedBy(stamp.actor, sql`k.organization_id`)} AND ${after === null ? sql`true` : sql`k.id < ${after}::uuid`}
        ORDER BY k.id DESC LIMIT ${limit + 1}::integer`);
      return page(rows, limit, (row) => parse(row.document));
    },

    async find(stamp: ChangeStamp, id: ApiKeyId): Promise<ApiKeyRecord | null> {
      const [row] = await database.query<{ document: KeyDocument }>(
        sql`SELECT ${document} AS document FROM ${apiKeys} k WHERE ${own(stamp, id)}`,
      );
      return row ? parse(row.document) : null;
    },

    /** Null where one of the flows that it names is not the organization's own. */
    async create(
      stamp: ChangeStamp,
      organizationId: OrganizationId,
      key: ApiKey,
      patch: readonly Operation[],
    ): Promise<Changed<ApiKeyRecord> | null> {
      const organization = sql`${uuidOf(organizationId)}::uuid`;
      const outcome = await applyChange<KeyDocument>(database, {
        stamp,
        action: "api_key.create",
        eventType: "turash.api_key.created",
        write: sql`INSERT INTO ${apiKeys} AS k ${keyColumns(key, organization, stamp.at.toISOString())}
          WHERE ${flowsAreOwn(key.flowIds, organization)} RETURNING ${changedColumns}`,
        patch,
      });
      const [written] = outcome.documents;
      return written ? { value: parse(written), replayed: outcome.replayed } : null;
    },

    /**
     * Puts a new key in the place of one, with all that it may do; the old one ends when the overlap does, or before. One that
     * is revoked, expired or replaced already is told as refused.
     */
    async rotate(
      stamp: ChangeStamp,
      id: ApiKeyId,
      next: Pick<ApiKey, "id" | "digestHex" | "hint">,
      overlapEnds: Date,
    ): Promise<Written<ApiKeyRecord>> {
      const at = timeOf(stamp);
      const ends = sql`${overlapEnds.toISOString()}::timestamptz`;
      const outcome = await applyChange<KeyDocument>(database, {
        stamp,
        action: "api_key.rotate",
        eventType: "turash.api_key.rotated",
        write: sql`INSERT INTO ${apiKeys} AS k (id, organization_id, member_id, name, digest, hint, role, scopes, flow_ids, created_at, expires_at)
          SELECT ${uuidOf(next.id)}::uuid, old.organization_id, old.member_id, old.name, decode(${next.digestHex}, 'hex'), ${next.hint}, old.role, old.scopes,
            old.flow_ids, ${at}, old.expires_at
          FROM ${apiKeys} old WHERE old.id = ${uuidOf(id)}::uuid AND ${ownedBy(stamp.actor, sql`old.organization_id`)} AND old.revoked_at IS NULL
            AND old.rotated_to IS NULL AND (old.expires_at IS NULL OR old.expires_at > ${at})
          FOR UPDATE RETURNING ${changedColumns}`,
        alongside: [
          sql`replaced AS (UPDATE ${apiKeys} SET rotated_to = changed.id, version = ${apiKeys}.version + 1,
              expires_at = least(${apiKeys}.expires_at, greatest(${ends}, ${apiKeys}.created_at + interval '1 millisecond'))
            FROM changed WHERE ${apiKeys}.id = ${uuidOf(id)}::uuid)`,
        ],
        patch: [{ op: "add", path: "/rotatedFrom", value: id }],
        current: sql`SELECT jsonb_build_object('version', k.version) FROM ${apiKeys} k WHERE ${own(stamp, id)}`,
      });
      return settle(outcome, parse);
    },

    /** Revokes a key for good. One that is revoked already is told as refused. */
    async revoke(
      stamp: ChangeStamp,
      id: ApiKeyId,
      version: number | null,
    ): Promise<Written<ApiKeyRecord, { version: number; isRevoked: boolean }>> {
      const outcome = await applyChange<KeyDocument>(database, {
        stamp,
        action: "api_key.revoke",
        eventType: "turash.api_key.revoked",
        write: sql`UPDATE ${apiKeys} AS k SET revoked_at = ${timeOf(stamp)}, version = k.version + 1
          WHERE ${own(stamp, id)} AND k.revoked_at IS NULL AND ${version === null ? sql`true` : sql`k.version = ${version}::integer`}
          RETURNING ${changedColumns}`,
        patch: [{ op: "add", path: "/revokedAt", value: stamp.at.toISOString() }],
        current: sql`SELECT jsonb_build_object('version', k.version, 'isRevoked', k.revoked_at IS NOT NULL) FROM ${apiKeys} k WHERE ${own(stamp, id)}`,
      });
      return settle(outcome, parse);
    },
  };
}

/** The columns and values of a new key, for the statement that creates it. */
export function keyColumns(key: ApiKey, organization: SQL, at: string): SQL {
  return sql`(id, organization_id, member_id, name, digest, hint, role, scopes, flow_ids, created_at, expires_at)
    SELECT ${uuidOf(key.id)}::uuid, ${organization}, ${key.memberId ? uuidOf(key.memberId) : null}::uuid, ${key.name}, decode(${key.digestHex}, 'hex'), ${key.hint}, ${key.role},
      ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(key.scopes)}::jsonb)), ${uuids(key.flowIds)}, ${at}::timestamptz, ${key.expiresAt}::timestamptz`;
}

/** A key that is used all the time is written to once a minute. */
function findAndTouch(isTheKey: SQL, at: Date): SQL {
  const now = sql`${at.toISOString()}::timestamptz`;
  return sql`WITH found AS (
      SELECT k.id, k.organization_id, k.member_id, k.role, m.role AS member_role, to_jsonb(k.scopes) AS scopes, to_jsonb(k.flow_ids) AS flow_ids, k.expires_at, k.last_used_at
      FROM ${apiKeys} k JOIN ${organizations} o ON o.id = k.organization_id AND o.deleted_at IS NULL
      LEFT JOIN ${members} m ON m.id = k.member_id
      WHERE ${isTheKey} AND k.revoked_at IS NULL AND m.deleted_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ${now})),
    touched AS (
      UPDATE ${apiKeys} SET last_used_at = ${now} FROM found
      WHERE ${apiKeys}.id = found.id AND (found.last_used_at IS NULL OR found.last_used_at <= ${now} - interval '1 minute'))
    SELECT * FROM found`;
}

function parseKeyActor(row: ActorRow): KeyActor {
  return { actor: parseActor(row), expiresAt: row.expires_at === null ? null : new Date(row.expires_at) };
}

function parseActor(row: ActorRow): MemberActor | DeviceActor {
  const organizationId = idFromUuid("organization", row.organization_id);
  const credential = idFromUuid("apiKey", row.id);
  if (row.flow_ids !== null) {
    const flowIds = row.flow_ids.map((id) => idFromUuid("flow", id));
    return { kind: "device", organizationId, flowIds, scopes: ["measurements:write"], credential };
  }
  return {
    kind: "member",
    organizationId,
    memberId: row.member_id ? idFromUuid("member", row.member_id) : null,
    role: smallerRole(row.role, row.member_role ?? row.role),
    scopes: row.scopes,
    credential,
  };
}

function own(stamp: ChangeStamp, id: ApiKeyId): SQL {
  return sql`(k.id = ${uuidOf(id)}::uuid AND ${ownedBy(stamp.actor, sql`k.organization_id`)})`;
}

function flowsAreOwn(flowIds: readonly FlowId[] | null, organization: SQL): SQL {
  if (flowIds === null) return sql`true`;
  const wanted = new Set(flowIds).size;
  return sql`(SELECT count(*) FROM ${flows} f WHERE f.id = ANY (${uuids(flowIds)}) AND f.organization_id = ${organization} AND f.deleted_at IS NULL) = ${wanted}::integer`;
}

function uuids(ids: readonly FlowId[] | null): SQL {
  if (ids === null) return sql`NULL::uuid[]`;
  return sql`ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify([...new Set(ids)].map(uuidOf))}::jsonb)::uuid)`;
}

const document = sql`jsonb_build_object('id', k.id, 'memberId', k.member_id, 'name', k.name, 'hint', k.hint, 'role', k.role, 'scopes', k.scopes, 'flowIds', k.flow_ids,
  'createdAt', k.created_at, 'expiresAt', k.expires_at, 'revokedAt', k.revoked_at, 'lastUsedAt', k.last_used_at, 'rotatedTo', k.rotated_to, 'version', k.version)`;

const changedColumns = sql`k.id, k.organization_id, ARRAY[k.organization_id] AS audience, k.version, ${document} AS document`;

function parse(row: KeyDocument): ApiKeyRecord {
  const time = (text: string | null) => (text === null ? null : utc(text));
  return {
    id: idFromUuid("apiKey", row.id),
    memberId: row.memberId === null ? null : idFromUuid("member", row.memberId),
    name: row.name,
    hint: row.hint,
    role: row.role,
    scopes: row.scopes,
    flowIds: row.flowIds?.map((id) => idFromUuid("flow", id)) ?? null,
    createdAt: utc(row.createdAt),
    expiresAt: time(row.expiresAt),
    revokedAt: time(row.revokedAt),
    lastUsedAt: time(row.lastUsedAt),
    rotatedTo: row.rotatedTo === null ? null : idFromUuid("apiKey", row.rotatedTo),
    version: row.version,
  };
}
