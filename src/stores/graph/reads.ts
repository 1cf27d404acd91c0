import type { OrganizationId } from "../../domain/ids.ts";
import type { NetworkLimits, NetworkViewer, Subnetwork } from "../../domain/network.ts";
import type { GraphReads, NetworkQuestion } from "./port.ts";

/** From where a part of the network is read: around organizations, or all of it. */
export type Start = { around: readonly OrganizationId[]; steps: number } | "everywhere";

type Read = (
  viewer: NetworkViewer,
  start: Start,
  question: NetworkQuestion,
  limits: NetworkLimits,
) => Promise<Subnetwork>;

/** Each question as one kind of reading. A way of n links never leads farther than half as many from either end. */
export function createReads(read: Read): GraphReads {
  return {
    neighbourhood: (viewer, id, { steps, ...filter }, limits) => read(viewer, { around: [id], steps }, filter, limits),
    between: (viewer, from, to, { maximumSteps, ...filter }, limits) =>
      read(viewer, { around: [from, to], steps: Math.ceil(maximumSteps / 2) }, filter, limits),
    network: (viewer, question, limits) => read(viewer, "everywhere", question, limits),
  };
}
