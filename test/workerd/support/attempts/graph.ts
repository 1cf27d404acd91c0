import type { Attempt } from "../attempts.ts";

const graph = "/v1/operations/graph";

/** Of the graph's upkeep, which is the operator's. */
export const graphAttempts: Record<string, Attempt> = {
  readGraph: { permission: "readGraph", foreign: "refused", request: () => ({ path: graph }) },
  rebuildGraph: {
    permission: "rebuildGraph",
    foreign: "refused",
    request: () => ({ method: "POST", path: `${graph}/rebuild` }),
  },
  reconcileGraph: {
    permission: "reconcileGraph",
    foreign: "refused",
    request: () => ({ path: `${graph}/reconcile`, body: { repair: false } }),
  },
};
