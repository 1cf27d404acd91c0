import type { OrganizationId } from "../domain/ids.ts";
import { type Impact, findImpact as searchImpact } from "../network/impact.ts";
import type { RequestContext } from "./context.ts";
import type { NetworkAnswer } from "./network.ts";
import { createNetworkBudget, expectIn, joinParts, networkLimits, readViewer } from "./networkReads.ts";
import { describeNetwork, seeNetwork } from "./networkSight.ts";

/** Those with whom it exchanges, and those who match them. */
const substituteReach = 2;
/** Exchanges away from the organization. */
const exchangeReach = 4;

/** What would happen if an organization stopped: what is lost, who could stand in, and who would be cut off. */
export async function findImpact(
  context: RequestContext,
  { organizationId, limit }: { organizationId: OrganizationId; limit: number },
): Promise<NetworkAnswer<Omit<Impact, "isTruncated">>> {
  const viewer = await readViewer(context);
  const { graph } = context.services;
  const { around, along } = networkLimits;
  const [near, exchanges] = await Promise.all([
    graph.neighbourhood(viewer, organizationId, { steps: substituteReach }, around),
    graph.neighbourhood(viewer, organizationId, { steps: exchangeReach, minScore: 1 }, along),
  ]);
  const subnetwork = joinParts(exchanges, near);
  expectIn(context, subnetwork, organizationId);
  const seen = seeNetwork(context, subnetwork);
  const { isTruncated, cutOff, ...found } = searchImpact(
    seen.links,
    { of: organizationId, limit, knownSteps: exchangeReach },
    createNetworkBudget(),
  );
  // Without all exchanges, whoever hangs together by one that was left out would be called cut off.
  const severed = exchanges.isTruncated ? [] : cutOff;
  const affected = [...found.needsUnmet, ...found.outputsStranded];
  const named = {
    parties: [organizationId, ...severed.flat()],
    links: [
      ...found.exchangesLost,
      ...affected.flatMap(({ remaining, substitutes }) => [...remaining, ...substitutes]),
    ],
  };
  return {
    ...found,
    cutOff: severed,
    ...(await describeNetwork(context, seen, named)),
    truncated: subnetwork.isTruncated || isTruncated,
  };
}
