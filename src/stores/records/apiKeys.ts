import { type SQL, sql } from "drizzle-orm";
import { type MemberActor, type Role, type Scope, smallerRole } from "../../domain/actor.ts";
import type { ApiKey } from "../../domain/apiKey.ts";
import { idFromUuid, uuidOf } from "../../domain/ids.ts";
import type { Database } from "../postgres/client.ts";
import { apiKeys, members, organizations } from "../postgres/schema/tenants.ts";

type KeyRow = {
  id: string;
  organization_id: string;
  member_id: string | null;
  role: Role;
  member_role: Role | null;
  scopes: Scope[];
};

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;

export function createApiKeyStore(database: Database) {
  return {
    /** Who a key speaks for, with no more than its member may do, while it is neither revoked nor expired and its organization is open; else null. */
    async findActor(digestHex: string, at: Date): Promise<MemberActor | null> {
      const [row] = await database.query<KeyRow>(sql`
        SELECT k.id, k.organization_id, k.member_id, k.role, m.role AS member_role, to_jsonb(k.scopes) AS scopes
        FROM ${apiKeys} k JOIN ${organizations} o ON o.id = k.organization_id AND o.deleted_at IS NULL
        LEFT JOIN ${members} m ON m.id = k.member_id
        WHERE k.digest = decode(${digestHex}, 'hex') AND k.revoked_at IS NULL AND m.deleted_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > ${at.toISOString()}::timestamptz)`);
      if (!row) return null;
      return {
        kind: "member",
        organizationId: idFromUuid("organization", row.organization_id),
        memberId: row.member_id ? idFromUuid("member", row.member_id) : null,
        role: smallerRole(row.role, row.member_role ?? row.role),
        scopes: row.scopes,
        credential: idFromUuid("apiKey", row.id),
      };
    },
  };
}

/** The columns and values of a new key, for the statement that creates it. */
export function keyColumns(key: ApiKey, organization: SQL, at: string): SQL {
  return sql`(id, organization_id, member_id, name, digest, hint, role, scopes, created_at)
    SELECT ${uuidOf(key.id)}::uuid, ${organization}, ${key.memberId ? uuidOf(key.memberId) : null}::uuid, ${key.name}, decode(${key.digestHex}, 'hex'), ${key.hint}, ${key.role},
      ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(key.scopes)}::jsonb)), ${at}::timestamptz`;
}
