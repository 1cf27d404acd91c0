import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { idFromUuid, type OrganizationId, uuidOf } from "../src/domain/ids.ts";
import { type AuditLog, type Fault, findFaults, type Head } from "./audit/chain.ts";
import { connectToAuditLog } from "./audit/connect.ts";
import { readAuditLog } from "./audit/readLog.ts";
import { writePrivateFile } from "./start/files.ts";

const usage = `Usage: npm run audit:verify -- [--url postgres://... | --data DIR] [--organization org_...] [--heads FILE] [--write-heads FILE] [--json]
Recomputes the chains of the audit log and tells every entry that was changed, removed or put in; ends with 1 where there is one.
  --heads FILE        compare with heads that were noted before, by which a chain that was cut at its end is found
  --write-heads FILE  note the heads, to be kept where nobody who can write to the database can; not where there is a fault`;

const operatorChain = "00000000-0000-0000-0000-000000000000";
const nameOf = (chainId: string) => (chainId === operatorChain ? "operator" : idFromUuid("organization", chainId));
const chainOf = (name: string) => (name === "operator" ? operatorChain : uuidOf(name as OrganizationId));

async function verify(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: process.env.DATABASE_URL ?? "" },
      data: { type: "string", default: ".turash" },
      organization: { type: "string" },
      heads: { type: "string" },
      "write-heads": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return true;
  }
  const kept = values.heads === undefined ? new Map<string, Head>() : readHeads(values.heads);
  const source = await connectToAuditLog(values.url, values.data);
  try {
    const chainId = values.organization === undefined ? null : chainOf(values.organization);
    const log = await readAuditLog(source.engine, chainId);
    const compared = chainId === null ? kept : new Map([...kept].filter(([id]) => id === chainId));
    const faults = findFaults(log, compared);
    const heads = Object.fromEntries(log.chains.map(({ chainId: id, number, link }) => [nameOf(id), { number, link }]));
    console.log(
      values.json ? JSON.stringify({ ...countOf(log), heads, faults: faults.map(describe) }) : tell(log, faults),
    );
    // Those of a damaged log would take the place of good ones.
    if (values["write-heads"] !== undefined && faults.length > 0)
      console.error(`turash: the heads were not written to ${values["write-heads"]}, for the log does not verify`);
    else if (values["write-heads"] !== undefined)
      writePrivateFile(values["write-heads"], `${JSON.stringify(heads, null, 2)}\n`);
    return faults.length === 0;
  } finally {
    await source.close();
  }
}

function readHeads(path: string): Map<string, Head> {
  const heads = JSON.parse(readFileSync(path, "utf8")) as Record<string, Head>;
  return new Map(Object.entries(heads).map(([name, head]) => [chainOf(name), head]));
}

function countOf({ chains, seals, entries }: AuditLog) {
  return { chains: chains.length, entries: entries.length, sealed: seals.length };
}

function describe({ chainId, number, entryId, message }: Fault) {
  return { chain: nameOf(chainId), number, entry: entryId && idFromUuid("auditEntry", entryId), message };
}

function tell(log: AuditLog, faults: readonly Fault[]): string {
  const { chains, entries, sealed } = countOf(log);
  const lines = faults.map(describe).map(({ chain, number, entry, message }) => {
    const where = [chain, number !== null && `number ${number}`, entry].filter(Boolean).join(", ");
    return `${where}: ${message}`;
  });
  const heads = log.chains.map(({ chainId, number, link }) => `${nameOf(chainId)}  ${number}  ${link}`);
  const counts = `${entries} entries, ${sealed} of them sealed, in ${chains} chains`;
  return [
    ...lines,
    ...heads,
    faults.length === 0 ? `The audit log verifies: ${counts}.` : `${faults.length} faults in ${counts}.`,
  ].join("\n");
}

try {
  process.exitCode = (await verify()) ? 0 : 1;
} catch (error) {
  console.error(`turash: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
