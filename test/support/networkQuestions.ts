import type { Kind } from "../../src/domain/flow.ts";
import type { OrganizationId } from "../../src/domain/ids.ts";
import type { NetworkViewer } from "../../src/domain/network.ts";
import type { RequestContext } from "../../src/operations/context.ts";
import {
  exportNetwork,
  findNeighbours,
  findPaths,
  listHubs,
  listLoops,
  listSimilar,
} from "../../src/operations/network.ts";
import { findImpact } from "../../src/operations/networkImpact.ts";
import { computePseudonym } from "../../src/platform/auth/pseudonym.ts";
import type { GraphReads } from "../../src/stores/graph/port.ts";

/** A request of a viewer with nothing behind it but a graph. */
export function askAs(viewer: NetworkViewer, graph: GraphReads): RequestContext {
  const actor =
    viewer === null
      ? { kind: "operator", credential: "operator" }
      : {
          kind: "member",
          organizationId: viewer.organizationId,
          memberId: null,
          role: "viewer",
          scopes: ["matches:read"],
        };
  return {
    actor,
    services: {
      graph,
      programmes: { listJoined: async () => viewer?.programmeIds ?? [] },
      organizations: {
        readIndustries: async (_: unknown, ids: OrganizationId[]) => new Map(ids.map((id) => [id, "C"])),
      },
      pseudonymOf: (one: OrganizationId, other: OrganizationId) => computePseudonym("pepper", one, other),
    },
  } as unknown as RequestContext;
}

export type Asked = { one: OrganizationId; other: OrganizationId; minScore: number; kind: Kind | undefined };

/** Every question of the network, each with parameters of its own. */
export const networkQuestions: Record<string, (context: RequestContext, asked: Asked) => Promise<unknown>> = {
  neighbours: (context, { one, minScore, kind }) =>
    findNeighbours(context, { organizationId: one, steps: 3, limit: 4, minScore, kind }),
  paths: (context, { one, other }) => findPaths(context, { from: one, to: other, k: 4, isDirected: false }),
  "directed paths": (context, { one, other }) => findPaths(context, { from: one, to: other, k: 4, isDirected: true }),
  hubs: (context) => listHubs(context, { limit: 5, seed: 7 }),
  impact: (context, { one }) => findImpact(context, { organizationId: one, limit: 3 }),
  similar: (context, { one }) => listSimilar(context, { organizationId: one, limit: 5 }),
  loops: (context, { minScore }) => listLoops(context, { sizes: [3, 4, 5], minScore, limit: 5 }),
  "loops through one": (context, { one }) =>
    listLoops(context, { organizationId: one, sizes: [3, 4, 5], minScore: 0, limit: 5 }),
  export: (context) => exportNetwork(context, {}),
};

/** An answer, or why there is none. */
export async function answerOf(question: string, context: RequestContext, asked: Asked): Promise<unknown> {
  try {
    return await networkQuestions[question]!(context, asked);
  } catch (error) {
    return { refused: error instanceof Error ? { ...error, message: error.message } : error };
  }
}
