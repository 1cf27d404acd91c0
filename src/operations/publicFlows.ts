import type { Flow } from "../domain/flow.ts";
import type { FlowId } from "../domain/ids.ts";
import type { FoundFlow } from "../stores/records/flows.ts";
import type { RequestContext } from "./context.ts";

/**
 * A public flow as every organization but its own sees it, where it is remembered and still stands. Its own organization and the
 * operator always ask the database: they see what the others do not, and at once what they have written.
 */
export async function recallPublicFlow({ actor, services }: RequestContext, id: FlowId): Promise<Flow | null> {
  if (actor.kind === "operator") return null;
  const flow = await services.publicFlows.find(id);
  return flow?.organizationId === actor.organizationId ? null : flow;
}

/**
 * Remembers a flow that was just read, if it is one that anyone signed in may see and this caller sees it as all others do. One
 * that a match has opened to somebody shows that one more, and is read anew each time.
 */
export function keepPublicFlow(
  { actor, services }: RequestContext,
  { flow, hidden, tagVersion, isOpened }: FoundFlow,
): void {
  const isForAnyone = flow.visibility === "public" && flow.status !== "draft" && hidden === null && !isOpened;
  const isSeenAsByAnyone = actor.kind !== "operator" && actor.organizationId !== flow.organizationId;
  if (isForAnyone && isSeenAsByAnyone) services.publicFlows.keep(flow, tagVersion);
}
