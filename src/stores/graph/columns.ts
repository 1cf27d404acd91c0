import type {
  NetworkExchange,
  NetworkFlow,
  NetworkGrade,
  NetworkMatchRecord,
  NetworkNoun,
  NetworkOrganization,
  NetworkRecord,
  NetworkSite,
} from "../../domain/network.ts";
import { hashRecord } from "../../domain/networkHash.ts";
import type { NetworkEntry } from "./port.ts";

/** Mean radius of the Earth (IUGG), in metres: of the sphere on which both adapters reckon what is near. */
export const earthRadiusMeters = 6_371_008.8;

export type ColumnType = "text" | "text[]" | "double precision" | "boolean";
export type ColumnValue = string | number | boolean | readonly string[] | null;

/** The content of each noun as flat columns, by name. Beside it every entry has `id`, `version`, `isGone` and `hash`. */
export const contentColumns = {
  organization: {
    name: "text",
    country: "text",
    nace: "text",
    programmeIds: "text[]",
    facilitatorIds: "text[]",
  },
  site: {
    organizationId: "text",
    name: "text",
    longitude: "double precision",
    latitude: "double precision",
    cell: "text",
    cellLongitude: "double precision",
    cellLatitude: "double precision",
    cellRadiusMeters: "double precision",
  },
  flow: {
    organizationId: "text",
    siteId: "text",
    direction: "text",
    kind: "text",
    grade: "text",
    title: "text",
    status: "text",
    visibility: "text",
  },
  grade: { kind: "text", parent: "text" },
  match: {
    outputFlowId: "text",
    inputFlowId: "text",
    isOpen: "boolean",
    score: "double precision",
    value: "double precision",
    outputScore: "double precision",
    outputValue: "double precision",
    inputScore: "double precision",
    inputValue: "double precision",
    othersScore: "double precision",
    othersValue: "double precision",
  },
  exchange: {
    outputFlowId: "text",
    inputFlowId: "text",
    amount: "double precision",
    unit: "text",
    since: "text",
    visibility: "text",
  },
} as const satisfies Record<NetworkNoun, Record<string, ColumnType>>;

/** An entry as columns; one that is gone has no content. */
export type EntryColumns = {
  id: string;
  version: number;
  isGone: boolean;
  hash: number | null;
  content: Record<string, ColumnValue>;
  /** Overwritten where this very version stands, though it be newer. */
  replaces: number | null;
};

/** The last version of each id of one noun, by id: a statement that meets a row twice fails, and two in other orders may wait for each other. */
export function entryColumns(noun: NetworkNoun, entries: readonly NetworkEntry[]): EntryColumns[] {
  const latest = new Map<string, NetworkEntry>();
  for (const entry of entries)
    if (entry.noun === noun && entry.version > (latest.get(entry.id)?.version ?? 0)) latest.set(entry.id, entry);
  return [...latest.values()]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map((entry) => {
      const { id, version, replaces = null } = entry;
      if ("isGone" in entry) return { id, version, isGone: true, hash: null, content: {}, replaces };
      const { replaces: _, ...record } = entry;
      return { id, version, isGone: false, hash: hashRecord(record), content: contentOf(record), replaces };
    });
}

function contentOf(record: NetworkRecord): Record<string, ColumnValue> {
  switch (record.noun) {
    case "organization": {
      const { noun: _, id: __, version: ___, ...content } = record;
      return content;
    }
    case "site": {
      const { organizationId, name, position, cell } = record;
      return {
        organizationId,
        name,
        longitude: position[0],
        latitude: position[1],
        cell: cell.id,
        cellLongitude: cell.center[0],
        cellLatitude: cell.center[1],
        cellRadiusMeters: cell.radiusMeters,
      };
    }
    case "match": {
      const { outputFlowId, inputFlowId, isOpen, score, value, outputView, inputView, othersView } = record;
      return {
        outputFlowId,
        inputFlowId,
        isOpen,
        score,
        value,
        outputScore: outputView.score,
        outputValue: outputView.value,
        inputScore: inputView.score,
        inputValue: inputView.value,
        othersScore: othersView.score,
        othersValue: othersView.value,
      };
    }
    case "exchange": {
      const { outputFlowId, inputFlowId, quantity, since, visibility } = record;
      return { outputFlowId, inputFlowId, ...quantity, since, visibility };
    }
    default: {
      const { noun: _, id: __, version: ___, ...content } = record;
      return content;
    }
  }
}

/** The record that columns hold. They may hold anything, where somebody has changed them by hand. */
export function recordOf(
  noun: NetworkNoun,
  { id, version, ...content }: { id: string; version: number } & Record<string, unknown>,
): NetworkRecord {
  const base = { noun, id, version };
  switch (noun) {
    case "site": {
      const { organizationId, name, longitude, latitude, cell, cellLongitude, cellLatitude, cellRadiusMeters } =
        content;
      return {
        ...base,
        organizationId,
        name,
        position: [longitude, latitude],
        cell: { id: cell, center: [cellLongitude, cellLatitude], radiusMeters: cellRadiusMeters },
      } as NetworkSite;
    }
    case "match": {
      const { outputScore, outputValue, inputScore, inputValue, othersScore, othersValue, ...match } = content;
      return {
        ...base,
        ...match,
        outputView: { score: outputScore, value: outputValue },
        inputView: { score: inputScore, value: inputValue },
        othersView: { score: othersScore, value: othersValue },
      } as NetworkMatchRecord;
    }
    case "exchange": {
      const { amount, unit, ...exchange } = content;
      return { ...base, ...exchange, quantity: { amount, unit } } as NetworkExchange;
    }
    default:
      return { ...base, ...content } as NetworkOrganization | NetworkFlow | NetworkGrade;
  }
}
