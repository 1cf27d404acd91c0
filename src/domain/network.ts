import type { Cell } from "./cell.ts";
import type { Direction, FlowStatus, Kind, Visibility } from "./flow.ts";
import type { ExchangeId, FlowId, MatchId, OrganizationId, ProgrammeId, SiteId } from "./ids.ts";

/**
 * The network of flows as a graph holds it, each record with the version of the row that it was made from: organizations own
 * sites, sites have flows, flows are of a grade; matches and exchanges lead from an output to an input.
 */
export type NetworkRecord =
  | NetworkOrganization
  | NetworkSite
  | NetworkFlow
  | NetworkGrade
  | NetworkMatchRecord
  | NetworkExchange;

export const networkNouns = [
  "organization",
  "site",
  "flow",
  "grade",
  "match",
  "exchange",
] as const satisfies readonly NetworkRecord["noun"][];
export type NetworkNoun = (typeof networkNouns)[number];

export type NetworkOrganization = {
  noun: "organization";
  id: OrganizationId;
  version: number;
  name: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  nace: string | null;
  /** Programmes that it has joined: their members show themselves to each other. */
  programmeIds: readonly ProgrammeId[];
  /** Organizations whose facilitators it lets read its flows. */
  facilitatorIds: readonly OrganizationId[];
};

export type NetworkSite = {
  noun: "site";
  id: SiteId;
  version: number;
  organizationId: OrganizationId;
  name: string;
  /** Longitude and latitude, WGS 84. */
  position: readonly [longitude: number, latitude: number];
  /** What stands for the position where that may not be known. */
  cell: Cell;
};

export type NetworkFlow = {
  noun: "flow";
  id: FlowId;
  version: number;
  organizationId: OrganizationId;
  siteId: SiteId;
  direction: Direction;
  kind: Kind;
  /** Slug of the taxonomy. */
  grade: string;
  title: string;
  status: FlowStatus;
  visibility: Visibility;
};

export type NetworkGrade = { noun: "grade"; id: string; version: number; kind: Kind; parent: string | null };

/** A match that has not ended: `suggested`, `viewed`, `interested_one`, `interested_both`, `negotiating` or `agreed`. */
export type NetworkMatch = MatchFigures & {
  noun: "match";
  id: MatchId;
  version: number;
  outputFlowId: FlowId;
  inputFlowId: FlowId;
  /** Whether both sides know each other. */
  isOpen: boolean;
};

/** What a match comes to, as far as one who looks at it may know. */
export type MatchFigures = {
  /** 0..1. */
  score: number;
  /** EUR a year: to the operator what both sides gain together, to a side what it gains itself; null where it is not known. */
  value: number | null;
};

/** A match as a graph holds it: the figures in it are the operator's, and beside them are those of everybody else. */
export type NetworkMatchRecord = NetworkMatch & {
  /** What each of the two sides may know. */
  outputView: MatchFigures;
  inputView: MatchFigures;
  /** What others may know to whom both flows are open: the score in steps, and no value. */
  othersView: MatchFigures;
};

/** An exchange that stands: both sides say so, and it has neither failed nor been completed. */
export type NetworkExchange = {
  noun: "exchange";
  id: ExchangeId;
  version: number;
  outputFlowId: FlowId;
  inputFlowId: FlowId;
  quantity: { amount: number; unit: string };
  /** ISO date from which it is delivered; null where that is not known. */
  since: string | null;
  /** Who may know of it besides its two sides and their facilitators. */
  visibility: Visibility;
};

/** What is gone: a graph keeps its version, so that an older record that comes late changes nothing. */
export type NetworkTombstone = { noun: NetworkRecord["noun"]; id: string; version: number; isGone: true };

/** For whom a part of the network is read. `null` stands for the operator, who sees all. */
export type NetworkViewer = { organizationId: OrganizationId; programmeIds: readonly ProgrammeId[] } | null;

/** What an answer may take at the most. */
export type NetworkLimits = { organizations: number; flows: number; links: number };

/** A flow in front of a viewer. */
export type SightedFlow = NetworkFlow & {
  /** Whether owner, place and words may be known to the viewer; else only its kind, grade and direction, and the cell of its site. */
  isOpen: boolean;
  /** Whether the owner may be known: of an open one, and where an exchange that the viewer may know names it; else by a pseudonym. */
  isNamed: boolean;
};

/**
 * Part of the network as a viewer may see it, all that its links name included. An organization of which a viewer sees some
 * flows by its name and others not is two to that viewer, for the name must not lead to the pseudonym: whoever answers tells
 * them apart by `isNamed` of the flows, and an adapter does so at each step from one organization to the next.
 */
export type Subnetwork = {
  organizations: readonly NetworkOrganization[];
  sites: readonly NetworkSite[];
  flows: readonly SightedFlow[];
  matches: readonly NetworkMatch[];
  exchanges: readonly NetworkExchange[];
  /** Whether a limit left something out. */
  isTruncated: boolean;
};
