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
 * Names each flow's owner as the caller knows it: by its id where that may be known, else by the caller's pseudonym for it. One
 * organization can be both, and then the two are two parties, for the name must not lead to the pseudonym. A match of a flow
 * that is not open has its score in steps and no value, and one between two others goes by their flows, for its record is theirs.
 */
export function seeNetwork({ actor, services }: RequestContext, subnetwork: Subnetwork): SeenNetwork {
  const keyOf = ({ isNamed, organizationId }: SightedFlow): PartyKey =>
    isNamed || actor.kind === "operator" ? organizationId : services.pseudonymOf(actor.organizationId, organizationId);
  const flows = new Map(subnetwork.flows.map((flow) => [flow.id, { ...flow, owner: keyOf(flow) }]));
  const isOwn = (id: FlowId) => actor.kind === "operator" || flows.get(id)!.organizationId === actor.organizationId;
  const links = readFlowLinks(subnetwork, keyOf).map((link): FlowLink => {
    const { id, type, outputFlowId, inputFlowId, score } = link;
    if (type === "exchange") return isVeiled(flows, link) ? { ...link, value: null } : link;
    return {
      ...link,
      id: isOwn(outputFlowId) || isOwn(inputFlowId) ? id : `${outputFlowId}:${inputFlowId}`,
      ...(isVeiled(flows, link) && { score: stepScore(score), value: null }),
    };
  });
  return { subnetwork, flows, links: links.sort((one, other) => compareKeys(one.id, other.id)) };
}

/** Whether a side of a link is hidden from the caller. */
function isVeiled(flows: SeenNetwork["flows"], { outputFlowId, inputFlowId }: FlowLink): boolean {
  return !flows.get(outputFlowId)!.isOpen || !flows.get(inputFlowId)!.isOpen;
}

/** A party of the network: an organization by its name, or by its pseudonym with the cells that stand for its places. */
export type PartyView = {
  key: PartyKey;
  organizationId: OrganizationId | null;
  pseudonym: string | null;
  name: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
  /** NACE division; of a hidden one where enough organizations share it, else section. */
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
  const exchanges = new Map<string, NetworkExchange>(subnetwork.exchanges.map((exchange) => [exchange.id, exchange]));
  return {
    parties: await describeParties(context, subnetwork, [...flows.values()], keys),
    flows: [...flowIds].sort(compareKeys).map((id) => describeFlow(flows.get(id)!)),
    links: namedLinks.map((link) => {
      const exchange = exchanges.get(link.id);
      const isKnown = exchange && !isVeiled(flows, link);
      return { ...link, quantity: isKnown ? exchange.quantity : null, since: isKnown ? exchange.since : null };
    }),
  };
}

function describeFlow({ id, owner, direction, kind, grade, title, isOpen }: OwnedFlow): NetworkFlowView {
  return { id, owner, direction, kind, grade, title: isOpen ? title : null };
}

async function describeParties(
  context: RequestContext,
  { organizations, sites }: Subnetwork,
  flows: readonly OwnedFlow[],
  keys: ReadonlySet<PartyKey>,
): Promise<PartyView[]> {
  const owned = new Map<PartyKey, OwnedFlow[]>([...keys].map((key) => [key, []]));
  for (const flow of flows) owned.get(flow.owner)?.push(flow);
  const byId = new Map<string, NetworkOrganization>(
    organizations.map((organization) => [organization.id, organization]),
  );
  // The caller's own is not there before the graph has heard of it.
  const known = [...keys].sort(compareKeys).flatMap((key) => {
    const organization = byId.get(owned.get(key)![0]?.organizationId ?? key);
    return organization ? [{ key, organization }] : [];
  });
  // Whose name is known has its industry known as well; only of the others it may have to be blurred.
  const asked =
    context.actor.kind === "operator" ? known : known.filter(({ key, organization }) => key !== organization.id);
  const industries = await context.services.organizations.readIndustries(
    context,
    [...new Set(asked.map(({ organization }) => organization.id))].sort(compareKeys),
  );
  const sitesById = new Map(sites.map((site) => [site.id, site]));
  return known.map(({ key, organization: { id, name, country, nace } }) => {
    const isNamed = key === id;
    return {
      key,
      organizationId: isNamed ? id : null,
      pseudonym: isNamed ? null : key,
      name: isNamed ? name : null,
      country: isNamed ? country : null,
      industry: isNamed ? (nace?.slice(0, 2) ?? null) : (industries.get(id) ?? null),
      places: describePlaces(owned.get(key)!, sitesById),
    };
  });
}

/** The sites of a party's open flows, then the cells of its others. */
function describePlaces(flows: readonly OwnedFlow[], sites: ReadonlyMap<SiteId, NetworkSite>): PlaceView[] {
  const known = new Map<SiteId, PlaceView>();
  const veiled = new Map<string, PlaceView>();
  for (const { siteId, isOpen } of flows) {
    const site = sites.get(siteId);
    if (!site) continue;
    if (isOpen) known.set(siteId, { siteId, name: site.name, cell: null, position: site.position });
    else veiled.set(site.cell.id, { siteId: null, name: null, cell: site.cell.id, position: site.cell.center });
  }
  const byKey = <Place>([one]: [string, Place], [other]: [string, Place]) => compareKeys(one, other);
  return [[...known].sort(byKey), [...veiled].sort(byKey)].flat().map(([, place]) => place);
}
