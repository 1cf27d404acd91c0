import { SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { ChangeStamp } from "../../domain/change.ts";
import { AppError } from "../../domain/errors.ts";
import { uuidOf } from "../../domain/ids.ts";
import type { Database } from "./client.ts";
import { explainViolation, isViolation } from "./constraints.ts";
import { auditEntries, idempotencyRecords, outbox } from "./schema/changes.ts";

export type Change = {
  stamp: ChangeStamp;
  /** What was done, as in `flow.create`; an expression over `changed` where only the database knows. */
  action: string | SQL;
  /** The event's type, as in `turash.flow.created`; likewise. */
  eventType: `turash.${string}.${string}` | SQL;
  /**
   * A data-modifying statement whose RETURNING clause gives, for each row changed: `id uuid`, `organization_id uuid` (whose
   * audit log it enters), `audience uuid[]` (who may see the event), `version integer` and `document jsonb`.
   */
  write: SQL;
  /** JSON Patch (RFC 6902) from what stood to what stands; a jsonb expression where only the database knows. */
  patch: readonly Operation[] | SQL;
  /** What the event tells besides the version, as an SQL expression over `changed`. */
  eventData?: SQL;
  /** Further common table expressions that change dependants of `changed`, each with its name. */
  alongside?: readonly SQL[];
  /** A scalar jsonb subquery over what stood before, by which the caller tells why nothing changed. */
  current?: SQL;
};

export type ChangeOutcome<Document> = {
  documents: Document[];
  current: unknown;
  replayed: boolean;
};

const idempotencyHours = 24;

/**
 * Makes a change, its event, its audit entry and its idempotency record one statement, so that none exists without the
 * others; one round trip. A second one is made only to look up the first answer of a repeated Idempotency-Key.
 *
 * Errors: `invalid` or `conflict` naming the field behind a violated constraint; `invalid` with the reason
 * `idempotency_key_reused` when the key came with another request.
 */
export async function applyChange<Document>(database: Database, change: Change): Promise<ChangeOutcome<Document>> {
  const { stamp } = change;
  try {
    const [row] = await database.query<{ documents: Document[] | null; current: unknown }>(changeStatement(change));
    const documents = row?.documents ?? [];
    if (documents.length > 0) database.noteEvents();
    if (documents.length === 0 && stamp.idempotency) {
      const replay = await findFirstAnswer<Document>(database, stamp);
      if (replay) return replay;
    }
    return { documents, current: row?.current ?? null, replayed: false };
  } catch (error) {
    if (!isViolation(error)) {
      // An answer that was lost may be one to a change that was made.
      database.noteEvents();
      throw error;
    }
    if (stamp.idempotency) {
      const replay = await findFirstAnswer<Document>(database, stamp);
      if (replay) return replay;
      // The key was used more than a day ago: its record is forgotten and the change made.
      if (error.constraint === "idempotency_records_pkey") return applyAfterExpiry(database, change);
    }
    throw explainViolation(error);
  }
}

export function changeStatement({
  stamp,
  action,
  eventType,
  write,
  patch,
  eventData,
  alongside = [],
  current,
}: Change): SQL {
  const at = stamp.at.toISOString();
  const parts = [
    sql`changed AS (${write})`,
    ...alongside,
    sql`emitted AS (
      INSERT INTO ${outbox} (id, type, subject_id, organization_ids, data, occurred_at, traceparent)
      SELECT uuid_v7(${at}::timestamptz), ${eventType}, id, audience,
        jsonb_build_object('version', version) || ${eventData ?? sql`'{}'::jsonb`}, ${at}::timestamptz, ${stamp.traceparent}
      FROM changed)`,
    sql`audited AS (
      INSERT INTO ${auditEntries} (id, organization_id, actor, member_id, credential, action, subject_id, patch, request_id, address_hash, occurred_at)
      SELECT uuid_v7(${at}::timestamptz), organization_id, ${auditActor(stamp)}, ${action}, id, ${patch instanceof SQL ? patch : sql`${JSON.stringify(patch)}::jsonb`}, ${stamp.requestId},
        ${auditAddress(stamp)}, ${at}::timestamptz
      FROM changed)`,
  ];
  if (stamp.idempotency)
    parts.push(sql`remembered AS (
      INSERT INTO ${idempotencyRecords} (scope, key, request_hash, answer, created_at, expires_at)
      SELECT ${idempotencyScope(stamp)}, ${stamp.idempotency.key}, decode(${hex(stamp.idempotency.requestHash)}, 'hex'),
        jsonb_agg(document), ${at}::timestamptz, ${at}::timestamptz + make_interval(hours => ${idempotencyHours}::integer)
      FROM changed HAVING count(*) > 0)`);
  return sql`WITH ${sql.join(parts, sql`, `)}
    SELECT (SELECT jsonb_agg(document) FROM changed) AS documents, ${current ? sql`(${current})` : sql`NULL::jsonb`} AS current`;
}

/** The columns actor, member_id and credential of an audit entry, in this order. */
export function auditActor({ actor }: Pick<ChangeStamp, "actor">): SQL {
  if (actor.kind === "operator") return sql`'operator', NULL::uuid, ${actor.credential}::text`;
  if (actor.kind === "device") return sql`'device', NULL::uuid, ${actor.credential}::text`;
  return sql`'member', ${actor.memberId ? uuidOf(actor.memberId) : null}::uuid, ${actor.credential}::text`;
}

/** The column address_hash of an audit entry. */
export function auditAddress({ addressHash }: Pick<ChangeStamp, "addressHash">): SQL {
  return sql`decode(${addressHash ? hex(addressHash) : null}, 'hex')`;
}

function idempotencyScope({ actor }: ChangeStamp): string {
  return actor.kind === "operator" ? "operator" : actor.organizationId;
}

async function findFirstAnswer<Document>(
  database: Database,
  stamp: ChangeStamp,
): Promise<ChangeOutcome<Document> | null> {
  const { key, requestHash } = stamp.idempotency!;
  const [record] = await database.query<{ same: boolean; answer: Document[] }>(sql`
    SELECT request_hash = decode(${hex(requestHash)}, 'hex') AS same, answer FROM ${idempotencyRecords}
    WHERE scope = ${idempotencyScope(stamp)} AND key = ${key} AND expires_at > ${stamp.at.toISOString()}::timestamptz`);
  if (!record) return null;
  if (!record.same)
    throw new AppError("invalid", "This Idempotency-Key was used with another request.", {
      reason: "idempotency_key_reused",
    });
  return { documents: record.answer, current: null, replayed: true };
}

async function applyAfterExpiry<Document>(database: Database, change: Change): Promise<ChangeOutcome<Document>> {
  const { stamp } = change;
  try {
    const [, rows] = await database.batch<[unknown[], { documents: Document[] | null; current: unknown }[]]>([
      sql`DELETE FROM ${idempotencyRecords} WHERE scope = ${idempotencyScope(stamp)} AND key = ${stamp.idempotency!.key}
        AND expires_at <= ${stamp.at.toISOString()}::timestamptz`,
      changeStatement(change),
    ]);
    database.noteEvents();
    return { documents: rows[0]?.documents ?? [], current: rows[0]?.current ?? null, replayed: false };
  } catch (error) {
    // Another request with the same key was quicker.
    const replay = isViolation(error) ? await findFirstAnswer<Document>(database, stamp) : null;
    if (replay) return replay;
    throw explainViolation(error);
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
