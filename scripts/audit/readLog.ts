import type { Engine, Limits } from "../database/engine.ts";
import type { AuditLog, ChainRow, EntryRow, SealRow } from "./chain.ts";

const limits: Limits = { deadlineMs: 600_000, maxRows: 10_000_000, maxBytes: 2 ** 31 };
const operatorChain = "00000000-0000-0000-0000-000000000000";

const queries = [
  "SELECT xid::text, sequence::text FROM audit_sealing WHERE $1::uuid IS NOT DISTINCT FROM $1::uuid",
  `SELECT id::text, coalesce(organization_id, '${operatorChain}')::text AS "chainId", organization_id::text AS "organizationId", actor,
    member_id::text AS "memberId", credential, action, subject_id::text AS "subjectId", request_id AS "requestId",
    to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "occurredAt", encode(address_hash, 'hex') AS "addressHash",
    encode(origin_salt, 'hex') AS "originSalt", encode(patch_salt, 'hex') AS "patchSalt", patch::text, xid::text, sequence::text
    FROM audit_entries WHERE $1::uuid IS NULL OR coalesce(organization_id, '${operatorChain}') = $1::uuid`,
  `SELECT chain_id::text AS "chainId", number::text, encode(link, 'hex') AS link, pruned_number::text AS "prunedNumber",
    encode(pruned_link, 'hex') AS "prunedLink" FROM audit_chains WHERE $1::uuid IS NULL OR chain_id = $1::uuid`,
  `SELECT chain_id::text AS "chainId", number::text, entry_id::text AS "entryId", encode(fixed_digest, 'hex') AS "fixedDigest",
    encode(origin_digest, 'hex') AS "originDigest", encode(patch_digest, 'hex') AS "patchDigest", encode(link, 'hex') AS link
    FROM audit_seals WHERE $1::uuid IS NULL OR chain_id = $1::uuid`,
];

/**
 * The audit log, its seals and the heads of its chains, as they stand at one moment; of one chain where its UUID is given
 * (an organization's, or the nil UUID for what the operator does that is of none).
 */
export async function readAuditLog(engine: Pick<Engine, "batch">, chainId: string | null = null): Promise<AuditLog> {
  const results = await engine.batch(
    queries.map((text) => ({ text, parameters: [chainId] })),
    { isolationLevel: "REPEATABLE READ", readOnly: true },
    limits,
  );
  const [places, entries, chains, seals] = results.map(({ fields, rows }) =>
    rows.map((row) => Object.fromEntries(fields.map(({ name }, column) => [name, row[column]]))),
  );
  const numbered = <Row>(rows: object[], ...names: string[]) =>
    rows.map((row) => ({
      ...row,
      ...Object.fromEntries(names.map((name) => [name, Number((row as Record<string, string>)[name])])),
    })) as Row[];
  return {
    sealedUpTo: places![0] as AuditLog["sealedUpTo"],
    entries: entries as EntryRow[],
    chains: numbered<ChainRow>(chains!, "number", "prunedNumber"),
    seals: numbered<SealRow>(seals!, "number"),
  };
}
