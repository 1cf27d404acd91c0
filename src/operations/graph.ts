import type { NetworkNoun } from "../domain/network.ts";
import type { Generations, NounSummary } from "../stores/graph/port.ts";
import type { Rebuild } from "../stores/records/graphTasks.ts";
import type { RequestContext } from "./context.ts";
import { beginRebuild, continueRebuild } from "./graphRebuild.ts";
import { type Place, type Reconciliation, reconcileFrom } from "./graphReconciliation.ts";
import { authorize } from "./permissions.ts";

/** For one request, of the ten seconds that it has. */
const budgetMs = 4_000;

export type GraphStatus = {
  kind: "sql" | "neo4j";
  generations: Generations;
  nouns: Record<NetworkNoun, NounSummary>;
  rebuild: Omit<Rebuild, "label" | "after"> | null;
};

export async function readGraphStatus({ actor, services }: RequestContext): Promise<GraphStatus> {
  authorize(actor, "readGraph");
  const { graph, graphTasks } = services;
  const [generations, nouns, rebuild] = await Promise.all([
    graph.generations(),
    graph.summarize(),
    graphTasks.findRebuild(),
  ]);
  return { kind: graph.kind, generations, nouns, rebuild: rebuild && describe(rebuild) };
}

/** Begins to make the graph anew, or goes on with that for as long as a request may; the schedule does the rest. */
export async function rebuildGraph({ actor, at, services }: RequestContext): Promise<Omit<Rebuild, "label" | "after">> {
  authorize(actor, "rebuildGraph");
  return describe(await continueRebuild(services, await beginRebuild(services, at), at, timeFor(budgetMs)));
}

/** Compares the graph with the records from a place on, for as long as a request may. */
export async function reconcileGraph(
  { actor, services }: RequestContext,
  { repair, place }: { repair: boolean; place: Place },
): Promise<Reconciliation> {
  authorize(actor, "reconcileGraph");
  return reconcileFrom(services, place, repair, timeFor(budgetMs));
}

function describe({ label: _, after: __, ...rebuild }: Rebuild): Omit<Rebuild, "label" | "after"> {
  return rebuild;
}

function timeFor(milliseconds: number): () => boolean {
  const end = Date.now() + milliseconds;
  return () => Date.now() < end;
}
