import { createHash } from "node:crypto";

/** An entry of the audit log as the database keeps it, in text; bytes in hexadecimal. */
export type EntryRow = {
  id: string;
  chainId: string;
  organizationId: string | null;
  actor: string;
  memberId: string | null;
  credential: string;
  action: string;
  subjectId: string | null;
  requestId: string;
  /** `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
  occurredAt: string;
  addressHash: string | null;
  originSalt: string | null;
  patchSalt: string | null;
  /** As PostgreSQL prints jsonb. */
  patch: string | null;
  /** Its place in the order of sealing. */
  xid: string;
  sequence: string;
};

export type SealRow = {
  chainId: string;
  number: number;
  entryId: string;
  fixedDigest: string;
  originDigest: string;
  patchDigest: string;
  link: string;
};

export type ChainRow = { chainId: string; number: number; link: string; prunedNumber: number; prunedLink: string };

/** What is wrong with a chain, at which number and of which entry, where it can be told. */
export type Fault = { chainId: string; number: number | null; entryId: string | null; message: string };

export type Head = { number: number; link: string };

export type AuditLog = {
  chains: readonly ChainRow[];
  seals: readonly SealRow[];
  entries: readonly EntryRow[];
  /** Up to where entries are sealed. */
  sealedUpTo: { xid: string; sequence: string };
};

/**
 * Every fault of an audit log: entries and seals that were changed, removed or put in between, and erasures that no sealed
 * entry tells of. `kept` are heads that were noted elsewhere before, by chain: without them a chain that was cut at its end,
 * head and all, cannot be told from a shorter one.
 */
export function findFaults(log: AuditLog, kept: ReadonlyMap<string, Head> = new Map()): Fault[] {
  const faults: Fault[] = [];
  const entries = new Map(log.entries.map((entry) => [entry.id, entry]));
  const sealsByChain = Map.groupBy(log.seals, ({ chainId }) => chainId);
  const sealedEntries = new Set(log.seals.map(({ entryId }) => entryId));
  const erasures = listErasures(log.entries);
  const chains = new Map(log.chains.map((chain) => [chain.chainId, chain]));
  for (const chain of log.chains) {
    const seals = (sealsByChain.get(chain.chainId) ?? []).toSorted((one, other) => one.number - other.number);
    faults.push(...findChainFaults(chain, seals, entries, erasures));
  }
  for (const entry of log.entries)
    if (!sealedEntries.has(entry.id) && !isAfter(entry, log.sealedUpTo))
      faults.push(fault(entry.chainId, null, entry.id, "this entry was put in after its time was sealed"));
  for (const [chainId, head] of kept) {
    const chain = chains.get(chainId);
    const seal = sealsByChain.get(chainId)?.find(({ number }) => number === head.number);
    const isPruned = chain !== undefined && head.number <= chain.prunedNumber;
    if (!isPruned && seal?.link !== head.link)
      faults.push(
        fault(
          chainId,
          head.number,
          null,
          "the link that was noted for this number is not there: the chain was cut or written anew",
        ),
      );
  }
  return faults;
}

function findChainFaults(
  chain: ChainRow,
  seals: readonly SealRow[],
  entries: ReadonlyMap<string, EntryRow>,
  erasures: ReadonlySet<string>,
): Fault[] {
  const faults: Fault[] = [];
  const { chainId } = chain;
  let { prunedNumber: number, prunedLink: link } = chain;
  let before: EntryRow | null = null;
  for (const seal of seals) {
    const at = (message: string) => faults.push(fault(chainId, seal.number, seal.entryId, message));
    if (seal.number !== number + 1) at(`the seals from ${number + 1} to ${seal.number - 1} are missing`);
    if (seal.link !== computeLink(link, seal)) at("the seal does not follow from the one before");
    number = seal.number;
    link = seal.link;
    const entry = entries.get(seal.entryId);
    if (!entry) {
      at("the entry was removed");
      continue;
    }
    if (entry.chainId !== chainId || computeFixedDigest(entry) !== seal.fixedDigest) at("the entry was changed");
    if (before && !isAfter(entry, before)) at("the entry is out of its order");
    before = entry;
    if (entry.patch === null ? !erasures.has(`${entry.id}/patch`) : computePatchDigest(entry) !== seal.patchDigest)
      at(
        entry.patch === null
          ? "what was changed is gone, and no erasure tells of it"
          : "what was changed was itself changed",
      );
    if (
      entry.originSalt === null ? !erasures.has(`${entry.id}/origin`) : computeOriginDigest(entry) !== seal.originDigest
    )
      at(
        entry.originSalt === null ? "whence it came is gone, and no erasure tells of it" : "whence it came was changed",
      );
  }
  if (number !== chain.number || link !== chain.link)
    faults.push(fault(chainId, chain.number, null, `the chain ends at ${number} and not at its head`));
  return faults;
}

/** `<entry>/patch` and `<entry>/origin` of every part that an erasure took away. An erasure's own patch is sealed, and is erased by nobody. */
function listErasures(entries: readonly EntryRow[]): Set<string> {
  const paths = entries
    .filter(({ action, patch }) => action === "member.erase" && patch !== null)
    .flatMap(({ patch }) => JSON.parse(patch!) as { op: string; path: string }[])
    .filter(({ op, path }) => op === "remove" && path.startsWith("/auditEntries/"));
  return new Set(paths.map(({ path }) => path.slice("/auditEntries/".length)));
}

function fault(chainId: string, number: number | null, entryId: string | null, message: string): Fault {
  return { chainId, number, entryId, message };
}

function isAfter(entry: EntryRow, place: { xid: string; sequence: string }): boolean {
  const [xid, other] = [BigInt(entry.xid), BigInt(place.xid)];
  return xid > other || (xid === other && BigInt(entry.sequence) > BigInt(place.sequence));
}

const sha256 = (...parts: (string | Buffer)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");
const bytes = (hex: string) => Buffer.from(hex, "hex");

function computeFixedDigest(entry: EntryRow): string {
  const { id, organizationId, actor, memberId, credential, action, subjectId, requestId, occurredAt } = entry;
  const fields = [id, organizationId, actor, memberId, credential, action, subjectId, requestId, occurredAt];
  return sha256(fields.map((field) => (field === null ? "-" : `${Buffer.byteLength(field)}:${field}`)).join(""));
}

function computeOriginDigest({ originSalt, addressHash }: EntryRow): string {
  return sha256(bytes(originSalt!), bytes(addressHash ?? ""));
}

function computePatchDigest({ patchSalt, patch }: EntryRow): string {
  return sha256(bytes(patchSalt!), patch!);
}

function computeLink(before: string, { number, entryId, fixedDigest, originDigest, patchDigest }: SealRow): string {
  const place = Buffer.alloc(8);
  place.writeBigInt64BE(BigInt(number));
  return sha256(
    bytes(before),
    place,
    bytes(entryId.replaceAll("-", "")),
    bytes(fixedDigest),
    bytes(originDigest),
    bytes(patchDigest),
  );
}
