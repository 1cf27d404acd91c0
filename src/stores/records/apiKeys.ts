import { type SQL, sql } from "drizzle-orm";
import type { MemberActor, Role, Scope } from "../../domain/actor.ts";
import { type ApiKeyId, idFromUuid, uuidOf } from "../../domain/ids.ts";
import type { Database } from "../postgres/client.ts";
import { apiKeys, organizations } from "../postgres/schema/tenants.ts";

/** A key as it is stored: never its text. */
export type ApiKeyRecord = {
  id: ApiKeyId;
  name: string;
  /** HMAC-SHA-256 of the key under the pepper, 32 bytes in hex. */
  digestHex: string;
  /** The key's last four characters, by which its owner tells it from others. */
  hint: string;
  role: Role;
  scopes: readonly Scope[];
};

type KeyRow = { id: string; organization_id: string; member_id: string | null; role: Role; scopes: Scope[] };

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;

export function createApiKeyStore(database: Database) {
  return {
    /** Who a key speaks for, while it is neither revoked nor expired and its organization is open; else null. */
    async findActor(digestHex: string, at: Date): Promise<MemberActor | null> {
      const [row] = await database.query<KeyRow>(sql`
        SELECT k.id, k.organization_id, k.member_id, k.role, to_jsonb(k.scopes) AS scopes
        FROM ${apiKeys} k JOIN ${organizations} o ON o.id = k.organization_id AND o.deleted_at IS NULL
        WHERE k.digest = decode(${digestHex}, 'hex') AND k.revoked_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > ${at.toISOString()}::timestamptz)`);
      if (!row) return null;
      return {
        kind: "member",
        organizationId: idFromUuid("organization", row.organization_id),
        memberId: row.member_id ? idFromUuid("member", row.member_id) : null,
        role: row.role,
        scopes: row.scopes,
        credential: idFromUuid("apiKey", row.id),
      };
    },
  };
}

/** The columns and values of a new key, for the statement that creates it. */
export function keyColumns(key: ApiKeyRecord, organization: SQL, at: string): SQL {
  return sql`(id, organization_id, name, digest, hint, role, scopes, created_at)
    SELECT ${uuidOf(key.id)}::uuid, ${organization}, ${key.name}, decode(${key.digestHex}, 'hex'), ${key.hint}, ${key.role},
      ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(key.scopes)}::jsonb)), ${at}::timestamptz`;
}
