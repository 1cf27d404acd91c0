import type { Direction, Kind } from "../domain/flow.ts";
import type { Position } from "../domain/geography.ts";
import type { FlowId, OrganizationId, SiteId } from "../domain/ids.ts";
import type { NaceDivisionOrSection } from "../domain/nace.ts";
import type { NetworkExchange, NetworkOrganization, NetworkSite, SightedFlow, Subnetwork } from "../domain/network.ts";
import { compareKeys, type FlowLink, type PartyKey, readFlowLinks } from "../network/flowLinks.ts";
import type { RequestContext } from "./context.ts";
import { stepScore } from "./matchView.ts";

/** A flow, and the key of the party that the caller knows it by. */
export type OwnedFlow = SightedFlow & { owner: PartyKey };

/** A part of the network as the caller may know it: what is asked of it cannot tell more than what is in it. */
export type SeenNetwork = {
  subnetwork: Subnetwork;
  flows: ReadonlyMap<FlowId, OwnedFlow>;
  /** By id. */
  links: FlowLink[];
};

/**
 * Names each flow's owner as the caller knows it: by its id where the flow is open, else by the caller's pseudonym for it. One
 * organization can be both, and then the two are two parties, for the name must not lead to the pseudonym. A link of a flow that
 * is not open has its score in steps and no value.
 */
export function seeNetwork({ actor, services }: RequestContext, subnetwork: Subnetwork): SeenNetwork {
  const keyOf = ({ isOpen, organizationId }: SightedFlow): PartyKey =>
    isOpen || actor.kind === "operator" ? organizationId : services.pseudonymOf(actor.organizationId, organizationId);
  const flows = new Map(subnetwork.flows.map((flow) => [flow.id, { ...flow, owner: keyOf(flow) }]));
  const isVeiled = (id: FlowId) => flows.get(id)!.owner !== flows.get(id)!.organizationId;
  const links = readFlowLinks(subnetwork, keyOf).map((link) =>
    isVeiled(link.outputFlowId) || isVeiled(link.inputFlowId)
      ? { ...link, score: link.type === "match" ? stepScore(link.score) : link.score, value: null }
      : link,
  );
  return { subnetwork, flows, links };
}

/** A party of the network: an organization by its name, or by its pseudonym with the cells that stand for its places. */
export type PartyView = {
  key: PartyKey;
  organizationId: OrganizationId | null;
  pseudonym: string | null;
  name: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
  /** NACE division where enough organizations share it, else section. */
  industry: NaceDivisionOrSection | null;
  /** Where its flows in this part of the network are. */
  places: PlaceView[];
};

/** A site, or the H3 cell that stands for it and its centre. */
export type PlaceView = { siteId: SiteId | null; name: string | null; cell: string | null; position: Position };

export type NetworkFlowView = {
  id: FlowId;
  owner: PartyKey;
  direction: Direction;
  kind: Kind;
  grade: string;
  title: string | null;
};

/** A match or an exchange, with what flows and since when (ISO date) where it is an exchange whose figures may be known. */
export type LinkView = FlowLink & Pick<NullableFigures, "quantity" | "since">;
type NullableFigures = { [Figure in keyof NetworkExchange]: NetworkExchange[Figure] | null };

/** What an answer names, each once and by key or id. */
export type NamedInNetwork = { parties: PartyView[]; flows: NetworkFlowView[]; links: LinkView[] };

/**
 * Describes parties, links and the flows that the links and `flowIds` name. What the operator reads of an organization enters
 * that organization's audit log.
 */
export async function describeNetwork(
  context: RequestContext,
  { subnetwork, flows, links }: SeenNetwork,
  named: { parties: Iterable<PartyKey>; links: Iterable<FlowLink>; flowIds?: Iterable<FlowId> },
): Promise<NamedInNetwork> {
  const linkIds = new Set(Array.from(named.links, ({ id }) => id));
  const namedLinks = links.filter(({ id }) => linkIds.has(id));
  const keys = new Set([...named.parties, ...namedLinks.flatMap(({ from, to }) => [from, to])]);
  const flowIds = new Set([
    ...(named.flowIds ?? []),
    ...namedLinks.flatMap(({ outputFlowId, inputFlowId }) => [outputFlowId, inputFlowId]),
  ]);
  const exchanges = new Map(subnetwork.exchanges.map((exchange) => [exchange.id as string, exchange]));
  const isVeiled = (id: FlowId) => flows.get(id)!.owner !== flows.get(id)!.organizationId;
  return {
    parties: await describeParties(context, subnetwork, [...flows.values()], keys),
    flows: [...flowIds].sort(compareKeys).map((id) => describeFlow(flows.get(id)!)),
    links: namedLinks.map((link) => {
      const exchange = exchanges.get(link.id);
      const isKnown = exchange && !isVeiled(link.outputFlowId) && !isVeiled(link.inputFlowId);
      return { ...link, quantity: isKnown ? exchange.quantity : null, since: isKnown ? exchange.since : null };
    }),
  };
}

function describeFlow({ id, owner, organizationId, direction, kind, grade, title }: OwnedFlow): NetworkFlowView {
  return { id, owner, direction, kind, grade, title: owner === organizationId ? title : null };
}

async function describeParties(
  context: RequestContext,
  { organizations, sites }: Subnetwork,
  flows: readonly OwnedFlow[],
  keys: ReadonlySet<PartyKey>,
): Promise<PartyView[]> {
  const owned = new Map<PartyKey, OwnedFlow[]>([...keys].map((key) => [key, []]));
  for (const flow of flows) owned.get(flow.owner)?.push(flow);
  const byId = new Map(organizations.map((organization) => [organization.id as string, organization]));
  const organizationOf = (key: PartyKey) => byId.get(owned.get(key)![0]?.organizationId ?? key)!;
  const industries = await context.services.organizations.readIndustries(
    context,
    [...new Set([...keys].map((key) => organizationOf(key).id))].sort(compareKeys),
  );
  const sitesById = new Map(sites.map((site) => [site.id, site]));
  return [...keys].sort(compareKeys).map((key) => {
    const organization = organizationOf(key);
    const ids = new Set(owned.get(key)!.map(({ siteId }) => siteId));
    const places = [...ids].map((id) => sitesById.get(id)).filter((site) => site !== undefined);
    const industry = industries.get(organization.id) ?? null;
    return key === organization.id
      ? describeKnown(organization, places, industry)
      : describeVeiled(key, places, industry);
  });
}

function describeKnown(
  { id, name, country }: NetworkOrganization,
  places: readonly NetworkSite[],
  industry: NaceDivisionOrSection | null,
): PartyView {
  return {
    key: id,
    organizationId: id,
    pseudonym: null,
    name,
    country,
    industry,
    places: places
      .map(({ id: siteId, name, position }) => ({ siteId, name, cell: null, position }))
      .sort((one, other) => compareKeys(one.siteId, other.siteId)),
  };
}

function describeVeiled(
  pseudonym: PartyKey,
  places: readonly NetworkSite[],
  industry: NaceDivisionOrSection | null,
): PartyView {
  const cells = new Map(places.map(({ cell }) => [cell.id, cell]));
  return {
    key: pseudonym,
    organizationId: null,
    pseudonym,
    name: null,
    country: null,
    industry,
    places: [...cells.values()]
      .map(({ id, center }) => ({ siteId: null, name: null, cell: id, position: center }))
      .sort((one, other) => compareKeys(one.cell, other.cell)),
  };
}
