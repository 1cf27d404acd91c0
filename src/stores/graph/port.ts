import type { Kind } from "../../domain/flow.ts";
import type { Position } from "../../domain/geography.ts";
import type { OrganizationId } from "../../domain/ids.ts";
import type {
  NetworkLimits,
  NetworkNoun,
  NetworkRecord,
  NetworkTombstone,
  NetworkViewer,
  Subnetwork,
} from "../../domain/network.ts";

/**
 * The network of flows, kept so that parts of it are read in few steps. Two adapters hold to it, SQL and Neo4j, and one contract
 * suite (test/contract/graph.test.ts) tries both. One is made for each request and bound to its deadline.
 *
 * Errors: AppError `unavailable` where the graph is away, refuses the credentials or was not migrated; `deadline_exceeded`
 * where it took too long.
 */
export type Graph = GraphReads & GraphUpkeep & { readonly kind: "sql" | "neo4j" };

export type GraphReads = {
  /**
   * What lies around an organization: those that links lead to in at most so many steps, and all visible flows, matches and
   * exchanges among them. Where there is more than the limits take, the nearest come first, then the lower id; exchanges come
   * before matches, and better matches before others. Nothing at all where the organization is not known by name to the viewer.
   */
  neighbourhood(
    viewer: NetworkViewer,
    organizationId: OrganizationId,
    question: NeighbourhoodQuestion,
    limits: NetworkLimits,
  ): Promise<Subnetwork>;

  /**
   * All that a way of at most `maximumSteps` links from one organization to the other can pass, and more: what lies half as many
   * steps around either. Nothing at all where one of them is not known by name to the viewer.
   */
  between(
    viewer: NetworkViewer,
    from: OrganizationId,
    to: OrganizationId,
    question: BetweenQuestion,
    limits: NetworkLimits,
  ): Promise<Subnetwork>;

  /** All that the viewer may see, or what of it is near a place; of what exceeds the limits, the lower ids. */
  network(viewer: NetworkViewer, question: NetworkQuestion, limits: NetworkLimits): Promise<Subnetwork>;
};

/** Which links are looked at. */
export type LinkFilter = {
  /** Links whose output is of one of these, and flows that are; all where absent. */
  kinds?: readonly Kind[] | undefined;
  /** Matches at or above it, by the score that the viewer may know; exchanges pass. */
  minScore?: number | undefined;
};

/** `steps` counts organizations passed from the first: 1 to 4. */
export type NeighbourhoodQuestion = LinkFilter & { steps: number };

/** 1 to 8. */
export type BetweenQuestion = LinkFilter & { maximumSteps: number };

/** A place of which the flow's site is to be near; for a flow that is not open to the viewer its cell's centre counts. */
export type NetworkQuestion = LinkFilter & { near?: { center: Position; radiusMeters: number } | undefined };

/**
 * What is written: a record as it is, or that it is gone. `replaces` names a version that is known to be wrong and that is
 * overwritten though it be as new or newer.
 */
export type NetworkEntry = (NetworkRecord | NetworkTombstone) & { replaces?: number };

export type GraphUpkeep = {
  /** Makes the graph's tables, constraints and indexes where they are missing; again and again without harm. */
  migrate(): Promise<void>;

  /**
   * Writes each entry whose version is newer than the one there, into the generation that is read and the one that is being
   * built, or into the one of a label alone. In any order and as often as one likes: the same end.
   */
  apply(entries: readonly NetworkEntry[], into?: string): Promise<void>;

  /** Takes out what no record stands for, not even a deleted one. */
  remove(noun: NetworkNoun, ids: readonly string[]): Promise<void>;

  generations(): Promise<Generations>;

  /** Begins an empty generation, or goes on with the one that is being built; its label. */
  beginGeneration(at: Date): Promise<string>;

  /** Lets the generation that was being built be read from now on; false where it is no longer being built. */
  switchGeneration(label: string, at: Date): Promise<boolean>;

  /** Gives the generation that is being built up. */
  abandonGeneration(at: Date): Promise<void>;

  /**
   * Drops records of generations that were given up before a moment, at most so many, and the generation with its last record;
   * whether there is more to drop.
   */
  dropRetired(before: Date, limit: number): Promise<boolean>;

  /** Records that stand (no tombstones) in the generation that is read, by noun: how many, and a hash that no order changes. */
  summarize(): Promise<Record<NetworkNoun, NounSummary>>;

  /** What stands in the generation that is read, by ascending id, after one id up to and including another. */
  listHeld(noun: NetworkNoun, range: IdRange, limit: number): Promise<HeldRecord[]>;
};

export type Generations = {
  /** Null before the first write. */
  current: Generation | null;
  building: Generation | null;
  /** Given up and not dropped yet. */
  retired: number;
};

export type Generation = { label: string; since: string };

/** `hash` is the sum of the hashes of the records, see hash.ts. */
export type NounSummary = { count: number; hash: string };

export type IdRange = { after: string | null; until: string | null };

export type HeldRecord = { id: string; version: number; hash: string };
