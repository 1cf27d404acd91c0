import { type NetworkNoun, type NetworkRecord, networkNouns } from "../domain/network.ts";
import { hashRecord, hashText } from "../domain/networkHash.ts";
import type { HeldRecord, NetworkEntry } from "../stores/graph/port.ts";
import type { GraphServices } from "./graphRebuild.ts";
import { toEntry } from "./networkProjection.ts";

/** Where it goes on: after an id of a noun, or at its beginning. */
export type Place = { noun: NetworkNoun; after: string | null };

export type Difference = { noun: NetworkNoun; id: string; kind: "missing" | "changed" | "extra" };

/** What stands on either side within what was looked through, and how many differ. Hashes do not depend on any order. */
export type NounComparison = {
  records: { count: number; hash: string };
  graph: { count: number; hash: string };
  missing: number;
  changed: number;
  extra: number;
};

export type Reconciliation = {
  nouns: Partial<Record<NetworkNoun, NounComparison>>;
  /** The first of them. */
  differences: Difference[];
  repaired: number;
  /** Null where all was looked through. */
  next: Place | null;
};

/** Records of one comparison. */
const batch = 500;
const maximumTold = 100;

/**
 * Compares the graph with the records from a place on, range by range of ids, and writes anew what differs where that is asked.
 * Of each range the graph is read first, so that what events change meanwhile may be told but is never undone.
 */
export async function reconcileFrom(
  services: GraphServices,
  place: Place,
  isRepairing: boolean,
  hasTime: () => boolean,
): Promise<Reconciliation> {
  const nouns: Reconciliation["nouns"] = {};
  const differences: Difference[] = [];
  let repaired = 0;
  let next: Place | null = place;
  do {
    const range = await compareRange(services, next);
    nouns[next.noun] = add(nouns[next.noun], range.comparison);
    differences.push(...range.differences.slice(0, maximumTold - differences.length));
    if (isRepairing && range.differences.length > 0) {
      await repair(services, next.noun, range);
      repaired += range.differences.length;
    }
    next = range.next;
  } while (next !== null && hasTime());
  return { nouns, differences, repaired, next };
}

type Range = {
  comparison: NounComparison;
  differences: Difference[];
  held: Map<string, HeldRecord>;
  entries: Map<string, NetworkEntry>;
  next: Place | null;
};

async function compareRange({ graph, networkRecords }: GraphServices, { noun, after }: Place): Promise<Range> {
  const heldRows = await graph.listHeld(noun, { after, until: null }, batch);
  const heldEnd = heldRows.length < batch ? null : heldRows.at(-1)!.id;
  const rows = await networkRecords.page(noun, { after, until: heldEnd }, batch);
  // Whichever side is cut off first ends the range.
  const end = rows.length < batch ? heldEnd : rows.at(-1)!.id;
  const held = new Map(heldRows.filter(({ id }) => end === null || id <= end).map((each) => [each.id, each]));
  const entries = new Map(rows.map((row) => [row.id as string, toEntry(row)]));
  const following = networkNouns[networkNouns.indexOf(noun) + 1];
  return {
    ...compare(noun, held, entries),
    held,
    entries,
    next: end !== null ? { noun, after: end } : following ? { noun: following, after: null } : null,
  };
}

function compare(noun: NetworkNoun, held: Range["held"], entries: Range["entries"]) {
  const standing = [...entries.values()].filter((entry): entry is NetworkRecord => !("isGone" in entry));
  const hashes = new Map(standing.map((record) => [record.id as string, hashText(hashRecord(record))]));
  const differences: Difference[] = [];
  for (const { id, version } of standing) {
    const there = held.get(id);
    if (!there) differences.push({ noun, id, kind: "missing" });
    else if (there.version !== version || there.hash !== hashes.get(id))
      differences.push({ noun, id, kind: "changed" });
  }
  for (const id of held.keys()) if (!hashes.has(id)) differences.push({ noun, id, kind: "extra" });
  const count = (kind: Difference["kind"]) => differences.filter((difference) => difference.kind === kind).length;
  return {
    differences,
    comparison: {
      records: { count: hashes.size, hash: sum(hashes.values()) },
      graph: { count: held.size, hash: sum([...held.values()].map(({ hash }) => hash)) },
      missing: count("missing"),
      changed: count("changed"),
      extra: count("extra"),
    },
  };
}

/** What is missing may stand behind a tombstone that is wrong, so that goes first. */
async function repair(
  { graph }: GraphServices,
  noun: NetworkNoun,
  { differences, held, entries }: Range,
): Promise<void> {
  const removed = differences.filter(({ kind, id }) => kind === "missing" || !entries.has(id)).map(({ id }) => id);
  if (removed.length > 0) await graph.remove(noun, removed);
  await graph.apply(
    differences.flatMap(({ id }): NetworkEntry[] => {
      const entry = entries.get(id);
      const there = held.get(id);
      return entry ? [there ? { ...entry, replaces: there.version } : entry] : [];
    }),
  );
}

function sum(hashes: Iterable<string>): string {
  let total = 0;
  for (const hash of hashes) total += Number.parseInt(hash, 16);
  return String(total);
}

function add(one: NounComparison | undefined, other: NounComparison): NounComparison {
  if (!one) return other;
  const side = (name: "records" | "graph") => ({
    count: one[name].count + other[name].count,
    hash: String(Number(one[name].hash) + Number(other[name].hash)),
  });
  return {
    records: side("records"),
    graph: side("graph"),
    missing: one.missing + other.missing,
    changed: one.changed + other.changed,
    extra: one.extra + other.extra,
  };
}
