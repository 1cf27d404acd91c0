import type {
  NetworkExchange,
  NetworkMatch,
  NetworkOrganization,
  NetworkSite,
  SightedFlow,
} from "../../domain/network.ts";
import type { Found } from "./cut.ts";

/** What an adapter's statements give: for each list its rows of columns, none being null. */
export type FoundDocument = Record<
  "nodes" | "organizations" | "links" | "ends" | "listed" | "sites",
  unknown[][] | null
>;

/** What was found, from its rows of columns. */
export function parseFound({ nodes, organizations, links, ends, listed, sites }: FoundDocument): Found {
  return {
    nodes: (nodes ?? []).map(([organizationId, isNamed]) => ({ organizationId, isNamed }) as Found["nodes"][number]),
    organizations: (organizations ?? []).map(parseOrganization).sort(byId),
    links: (links ?? []).map(parseLink),
    ends: (ends ?? []).map(parseFlow),
    listed: (listed ?? []).map(parseFlow),
    sites: (sites ?? []).map(parseSite).sort(byId),
  };
}

function byId<Item extends { id: string }>({ id: one }: Item, { id: other }: Item): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function parseOrganization([id, version, name, country, nace, programmeIds, facilitatorIds]: unknown[]) {
  return {
    noun: "organization",
    id,
    version,
    name,
    country,
    nace,
    programmeIds,
    facilitatorIds,
  } as NetworkOrganization;
}

function parseLink(columns: unknown[]): NetworkExchange | NetworkMatch {
  const [id, version, outputFlowId, inputFlowId, score, value, isOpen, amount, unit, since, visibility] = columns;
  const link = { id, version, outputFlowId, inputFlowId };
  return score === null
    ? ({ noun: "exchange", ...link, quantity: { amount, unit }, since, visibility } as NetworkExchange)
    : ({ noun: "match", ...link, score, value, isOpen } as NetworkMatch);
}

function parseFlow(columns: unknown[]): SightedFlow {
  const [id, version, organizationId, siteId, direction, kind, grade, title, status, visibility, isOpen, isNamed] =
    columns;
  return {
    noun: "flow",
    id,
    version,
    organizationId,
    siteId,
    direction,
    kind,
    grade,
    title,
    status,
    visibility,
    isOpen,
    isNamed,
  } as SightedFlow;
}

function parseSite([
  id,
  version,
  organizationId,
  name,
  longitude,
  latitude,
  cell,
  cellLongitude,
  cellLatitude,
  radiusMeters,
]: unknown[]) {
  return {
    noun: "site",
    id,
    version,
    organizationId,
    name,
    position: [longitude, latitude],
    cell: { id: cell, center: [cellLongitude, cellLatitude], radiusMeters },
  } as NetworkSite;
}
