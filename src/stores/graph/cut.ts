import type { FlowId, OrganizationId } from "../../domain/ids.ts";
import type {
  NetworkExchange,
  NetworkLimits,
  NetworkMatch,
  NetworkOrganization,
  NetworkSite,
  SightedFlow,
  Subnetwork,
} from "../../domain/network.ts";

/** An organization as a viewer meets it: by its name through some flows, by its pseudonym through others. */
export type GraphNode = { organizationId: OrganizationId; isNamed: boolean };

/** What an adapter has found; each list has one more than its limit where there is more. */
export type Found = {
  /** Nearest first, then by id, and the name before the pseudonym. */
  nodes: readonly GraphNode[];
  organizations: readonly NetworkOrganization[];
  /** Between the nodes within the limit: exchanges by id, then matches by falling score and id. */
  links: readonly (NetworkExchange | NetworkMatch)[];
  /** The flows that these links name. */
  ends: readonly SightedFlow[];
  /** Flows of the nodes within the limit that are seen without a link too, by id. */
  listed: readonly SightedFlow[];
  /** Of all these flows. */
  sites: readonly NetworkSite[];
};

/**
 * What of it fits into the limits. A link is kept with both its flows or not at all, and none after one that does not fit.
 * Records come in any order, so a flow may be there before its site or its organization: it waits for them.
 */
export function cutToLimits(given: Found, limits: NetworkLimits): Subnetwork {
  const found = withoutWaiting(given);
  const { links, flowIds, isCut } = cutLinks(found.links, limits);
  let isTruncated = isCut || found.nodes.length > limits.organizations;
  for (const { id } of found.listed) {
    if (flowIds.has(id)) continue;
    if (flowIds.size >= limits.flows) isTruncated = true;
    else flowIds.add(id);
  }
  const known = new Map([...found.ends, ...found.listed].map((flow) => [flow.id, flow]));
  const flows = [...flowIds].sort().flatMap((id) => known.get(id) ?? []);
  const siteIds = new Set(flows.map(({ siteId }) => siteId));
  const kept = new Set(found.nodes.slice(0, limits.organizations).map(({ organizationId }) => organizationId));
  return {
    organizations: found.organizations.filter(({ id }) => kept.has(id)),
    sites: found.sites.filter(({ id }) => siteIds.has(id)),
    flows,
    matches: links.filter((link) => link.noun === "match"),
    exchanges: links.filter((link) => link.noun === "exchange"),
    isTruncated,
  };
}

function withoutWaiting(found: Found): Found {
  const known = new Set<string>([...found.organizations, ...found.sites].map(({ id }) => id));
  const isWhole = ({ organizationId, siteId }: SightedFlow) => known.has(organizationId) && known.has(siteId);
  if (found.ends.every(isWhole) && found.listed.every(isWhole)) return found;
  const ends = found.ends.filter(isWhole);
  const ids = new Set(ends.map(({ id }) => id));
  const links = found.links.filter(({ outputFlowId, inputFlowId }) => ids.has(outputFlowId) && ids.has(inputFlowId));
  return { ...found, ends, links, listed: found.listed.filter(isWhole) };
}

function cutLinks(links: Found["links"], limits: NetworkLimits) {
  const flowIds = new Set<FlowId>();
  const kept: Found["links"][number][] = [];
  for (const link of links) {
    const added = [link.outputFlowId, link.inputFlowId].filter((id) => !flowIds.has(id));
    if (kept.length >= limits.links || flowIds.size + added.length > limits.flows)
      return { links: kept, flowIds, isCut: true };
    for (const id of added) flowIds.add(id);
    kept.push(link);
  }
  return { links: kept, flowIds, isCut: false };
}
