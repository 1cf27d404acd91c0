import { invalidField } from "../domain/errors.ts";
import type { Kind } from "../domain/flow.ts";
import type { OrganizationId } from "../domain/ids.ts";
import { findHubs, type Hub, type HubSearch } from "../network/hubs.ts";
import { type Loop, findLoops as searchLoops } from "../network/loops.ts";
import { type Neighbour, findNeighbours as searchNeighbours } from "../network/neighbours.ts";
import { type Path, findPaths as searchPaths } from "../network/paths.ts";
import { findSimilar, type SimilarParty } from "../network/similar.ts";
import type { NetworkQuestion } from "../stores/graph/port.ts";
import type { RequestContext } from "./context.ts";
import { createNetworkBudget, expectIn, joinParts, networkLimits, readViewer } from "./networkReads.ts";
import { describeNetwork, type NamedInNetwork, seeNetwork } from "./networkSight.ts";

/** What was asked, all that it names, and whether a limit left something out. */
export type NetworkAnswer<Found> = Found & NamedInNetwork & { truncated: boolean };

type Near = Pick<NetworkQuestion, "near">;

/** Ways are looked for in what lies half as many links around either end. */
const pathReach = 8;
const maximumHubSources = 128;
/** Two links lead from one to any other of a ring of five. */
const loopReach = 2;

export async function findNeighbours(
  context: RequestContext,
  search: { organizationId: OrganizationId; steps: number; limit: number; kind?: Kind | undefined; minScore: number },
): Promise<NetworkAnswer<{ neighbours: Neighbour[] }>> {
  const { organizationId, steps, limit, kind, minScore } = search;
  const viewer = await readViewer(context);
  const question = { steps, kinds: kind && [kind], minScore };
  const subnetwork = await context.services.graph.neighbourhood(viewer, organizationId, question, networkLimits.around);
  expectIn(context, subnetwork, organizationId);
  const seen = seeNetwork(context, subnetwork);
  const found = searchNeighbours(seen.links, { from: organizationId, steps, limit }, createNetworkBudget());
  const parties = [organizationId, ...found.neighbours.map(({ key }) => key)];
  return {
    neighbours: found.neighbours,
    ...(await describeNetwork(context, seen, { parties, links: found.links })),
    truncated: subnetwork.isTruncated || found.isTruncated,
  };
}

export async function findPaths(
  context: RequestContext,
  search: { from: OrganizationId; to: OrganizationId; k: number; isDirected: boolean },
): Promise<NetworkAnswer<{ shortest: Path | null; cheapest: Path[] }>> {
  const { from, to } = search;
  const viewer = await readViewer(context);
  if (from === to) throw invalidField("/query/to", "same_organization", "is the organization that the paths begin at");
  const question = { maximumSteps: pathReach };
  const subnetwork = await context.services.graph.between(viewer, from, to, question, networkLimits.along);
  expectIn(context, subnetwork, from);
  expectIn(context, subnetwork, to);
  const seen = seeNetwork(context, subnetwork);
  const { isTruncated, ...found } = searchPaths(seen.links, search, createNetworkBudget());
  const paths = found.shortest ? [found.shortest, ...found.cheapest] : found.cheapest;
  const named = { parties: [from, to], links: paths.flatMap(({ links }) => links) };
  return {
    ...found,
    ...(await describeNetwork(context, seen, named)),
    truncated: subnetwork.isTruncated || isTruncated,
  };
}

export async function listHubs(
  context: RequestContext,
  { near, ...search }: Omit<HubSearch, "maximumSources"> & Near,
): Promise<NetworkAnswer<{ hubs: Hub[]; sources: number; partiesCounted: number }>> {
  const viewer = await readViewer(context);
  const subnetwork = await context.services.graph.network(viewer, { near }, networkLimits.whole);
  const seen = seeNetwork(context, subnetwork);
  const owners = new Set(Array.from(seen.flows.values(), ({ owner }) => owner));
  const found = findHubs(owners, seen.links, { ...search, maximumSources: maximumHubSources }, createNetworkBudget());
  const named = { parties: found.hubs.map(({ key }) => key), links: [] };
  return {
    hubs: found.hubs,
    sources: found.sources,
    partiesCounted: found.parties,
    ...(await describeNetwork(context, seen, named)),
    truncated: subnetwork.isTruncated || found.isTruncated,
  };
}

export async function listSimilar(
  context: RequestContext,
  { organizationId, limit, near }: { organizationId: OrganizationId; limit: number } & Near,
): Promise<NetworkAnswer<{ similar: SimilarParty[] }>> {
  const viewer = await readViewer(context);
  const { graph } = context.services;
  const alone = { ...networkLimits.around, organizations: 1 };
  const [own, others] = await Promise.all([
    graph.neighbourhood(viewer, organizationId, { steps: 1 }, alone),
    graph.network(viewer, { near }, networkLimits.whole),
  ]);
  expectIn(context, own, organizationId);
  const subnetwork = joinParts(others, own);
  const seen = seeNetwork(context, subnetwork);
  const current = [...seen.flows.values()].filter(({ status }) => status !== "draft" && status !== "withdrawn");
  const found = findSimilar(current, { to: organizationId, limit }, createNetworkBudget());
  const named = { parties: [organizationId, ...found.similar.map(({ key }) => key)], links: [] };
  return {
    similar: found.similar,
    ...(await describeNetwork(context, seen, named)),
    truncated: others.isTruncated || own.flows.length >= alone.flows || found.isTruncated,
  };
}

export async function listLoops(
  context: RequestContext,
  search: {
    organizationId?: OrganizationId | undefined;
    minScore: number;
    sizes: readonly number[];
    limit: number;
  } & Near,
): Promise<NetworkAnswer<{ loops: Loop[] }>> {
  const { organizationId, minScore, sizes, limit, near } = search;
  const viewer = await readViewer(context);
  const { graph } = context.services;
  const subnetwork = organizationId
    ? await graph.neighbourhood(viewer, organizationId, { steps: loopReach, minScore }, networkLimits.along)
    : await graph.network(viewer, { near, minScore }, networkLimits.whole);
  if (organizationId) expectIn(context, subnetwork, organizationId);
  const seen = seeNetwork(context, subnetwork);
  const found = searchLoops(seen.links, { sizes, limit, through: organizationId ?? null }, createNetworkBudget());
  const named = { parties: [], links: found.loops.flatMap(({ links }) => links) };
  return {
    loops: found.loops,
    ...(await describeNetwork(context, seen, named)),
    truncated: subnetwork.isTruncated || found.isTruncated,
  };
}

/** All that the caller may see, or what of it is near a place. */
export async function exportNetwork(context: RequestContext, { near }: Near): Promise<NetworkAnswer<unknown>> {
  const viewer = await readViewer(context);
  const subnetwork = await context.services.graph.network(viewer, { near }, networkLimits.whole);
  const seen = seeNetwork(context, subnetwork);
  const parties = new Set(Array.from(seen.flows.values(), ({ owner }) => owner));
  const named = { parties, links: seen.links, flowIds: seen.flows.keys() };
  return { ...(await describeNetwork(context, seen, named)), truncated: subnetwork.isTruncated };
}
