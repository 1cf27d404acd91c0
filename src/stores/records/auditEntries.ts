import { type SQL, sql } from "drizzle-orm";
import { type AuditEntry, subjectIdOf } from "../../domain/auditEntry.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { type AuditEntryId, idFromUuid, type MemberId, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import type { Database } from "../postgres/client.ts";
import { auditSeals } from "../postgres/schema/audit.ts";
import { auditEntries } from "../postgres/schema/changes.ts";
import { page } from "./page.ts";
import { ownedBy, readAs, utc } from "./scope.ts";

export type AuditFilter = {
  /** For the operator, who sees all. */
  organizationId?: OrganizationId | undefined;
  actor?: AuditEntry["actor"] | undefined;
  memberId?: MemberId | undefined;
  credential?: string | undefined;
  /** One action, or all that begin with a noun: `flow.create`, `flow.`. */
  action?: string | undefined;
  subjectUuid?: string | undefined;
  /** RFC 3339. */
  after?: string | undefined;
  before?: string | undefined;
};

type EntryDocument = Omit<AuditEntry, "id" | "memberId" | "subjectId"> & {
  id: string;
  memberId: string | null;
  subjectId: string | null;
};

const shownHashDigits = 16;

export type AuditEntryStore = ReturnType<typeof createAuditEntryStore>;

export function createAuditEntryStore(database: Database) {
  return {
    /** Newest first. */
    async list(stamp: ChangeStamp, filter: AuditFilter, { limit, after }: Page): Promise<Paged<AuditEntry>> {
      const conditions = [ownedBy(stamp.actor, sql`e.organization_id`), ...conditionsOf(filter)];
      if (after !== null) conditions.push(sql`e.id < ${after}::uuid`);
      const select = sql`SELECT e.id, e.organization_id, ${document} AS document FROM ${tables}
        WHERE ${sql.join(conditions, sql` AND `)} ORDER BY e.id DESC LIMIT ${limit + 1}::integer`;
      const rows = await database.query<{ id: string; document: EntryDocument }>(readAs(stamp, "audit.list", select));
      return page(rows, limit, (row) => parse(row.document));
    },

    async find(stamp: ChangeStamp, id: AuditEntryId): Promise<AuditEntry | null> {
      const select = sql`SELECT e.id, e.organization_id, ${document} AS document FROM ${tables}
        WHERE e.id = ${uuidOf(id)}::uuid AND ${ownedBy(stamp.actor, sql`e.organization_id`)}`;
      const [row] = await database.query<{ document: EntryDocument }>(readAs(stamp, "audit.read", select));
      return row ? parse(row.document) : null;
    },
  };
}

function conditionsOf(filter: AuditFilter): SQL[] {
  const conditions: SQL[] = [];
  if (filter.organizationId) conditions.push(sql`e.organization_id = ${uuidOf(filter.organizationId)}::uuid`);
  if (filter.actor) conditions.push(sql`e.actor = ${filter.actor}`);
  if (filter.memberId) conditions.push(sql`e.member_id = ${uuidOf(filter.memberId)}::uuid`);
  if (filter.credential) conditions.push(sql`e.credential = ${filter.credential}`);
  if (filter.action?.endsWith(".")) conditions.push(sql`starts_with(e.action, ${filter.action})`);
  else if (filter.action) conditions.push(sql`e.action = ${filter.action}`);
  if (filter.subjectUuid) conditions.push(sql`e.subject_id = ${filter.subjectUuid}::uuid`);
  if (filter.after) conditions.push(sql`e.occurred_at > ${filter.after}::timestamptz`);
  if (filter.before) conditions.push(sql`e.occurred_at < ${filter.before}::timestamptz`);
  return conditions;
}

const tables = sql`${auditEntries} e LEFT JOIN ${auditSeals} s ON s.entry_id = e.id`;

const document = sql`jsonb_build_object('id', e.id, 'at', e.occurred_at, 'actor', e.actor, 'memberId', e.member_id, 'credential', e.credential,
  'action', e.action, 'subjectId', e.subject_id, 'patch', e.patch, 'requestId', e.request_id,
  'addressHash', "left"(encode(e.address_hash, 'hex'), ${sql.raw(String(shownHashDigits))}),
  'seal', CASE WHEN s.number IS NULL THEN NULL ELSE jsonb_build_object('number', s.number, 'link', encode(s.link, 'hex')) END)`;

function parse(row: EntryDocument): AuditEntry {
  return {
    id: idFromUuid("auditEntry", row.id),
    at: utc(row.at),
    actor: row.actor,
    memberId: row.memberId === null ? null : idFromUuid("member", row.memberId),
    credential: row.credential,
    action: row.action,
    subjectId: row.subjectId === null ? null : subjectIdOf(row.action, row.subjectId),
    patch: row.patch,
    requestId: row.requestId,
    addressHash: row.addressHash,
    seal: row.seal,
  };
}
