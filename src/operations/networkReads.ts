import { notFound } from "../domain/errors.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { NetworkLimits, NetworkViewer, Subnetwork } from "../domain/network.ts";
import { createStepBudget, type StepBudget } from "../network/stepBudget.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";

/** How much of the network is read for one answer. */
export const networkLimits = {
  /** Around one organization. */
  around: { organizations: 1_000, flows: 5_000, links: 5_000 },
  /** Between two, or where rings and exchanges are followed. */
  along: { organizations: 2_000, flows: 8_000, links: 8_000 },
  /** All of it: what an isolate can hold, with room for others. */
  whole: { organizations: 5_000, flows: 20_000, links: 20_000 },
} as const satisfies Record<string, NetworkLimits>;

/** About a second of work. */
const maximumSteps = 20_000_000;

export function createNetworkBudget(): StepBudget {
  return createStepBudget(maximumSteps);
}

/** Who asks about the network: only organizations and the operator do, and only what they may see is read. */
export async function readViewer({ actor, services }: RequestContext): Promise<NetworkViewer> {
  authorize(actor, "readNetwork");
  if (actor.kind === "operator") return null;
  return { organizationId: actor.organizationId, programmeIds: await services.programmes.listJoined(actor) };
}

/** What is not known by name to the caller is not there; its own organization is, though the graph may not have it yet. */
export function expectIn({ actor }: RequestContext, { organizations }: Subnetwork, id: OrganizationId): void {
  if (actor.kind !== "operator" && actor.organizationId === id) return;
  if (!organizations.some((organization) => organization.id === id)) throw notFound("organization");
}

/** Two parts of the network as one. */
export function joinParts(one: Subnetwork, other: Subnetwork): Subnetwork {
  return {
    organizations: unite(one.organizations, other.organizations),
    sites: unite(one.sites, other.sites),
    flows: unite(one.flows, other.flows),
    matches: unite(one.matches, other.matches),
    exchanges: unite(one.exchanges, other.exchanges),
    isTruncated: one.isTruncated || other.isTruncated,
  };
}

function unite<Item extends { id: string }>(one: readonly Item[], other: readonly Item[]): Item[] {
  return [...new Map([...one, ...other].map((item) => [item.id, item])).values()];
}
