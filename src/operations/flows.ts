import type { Changed, Expectation } from "../domain/change.ts";
import { conflict, invalid, notFound, preconditionFailed } from "../domain/errors.ts";
import { defaultLegalStatus, type Flow, type FlowContent, type FlowStatus, flowContentSchema } from "../domain/flow.ts";
import type { FlowFilter } from "../domain/flowFilter.ts";
import { checkFlowAgainstTaxonomy } from "../domain/flowRules.ts";
import { computeSearchFacts } from "../domain/flowSearch.ts";
import { createId, type FlowId, type OrganizationId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import type { RequestContext } from "./context.ts";
import { type FlowView, viewFlow } from "./flowView.ts";
import { authorize, authorizeMember } from "./permissions.ts";
import { keepPublicFlow, recallPublicFlow } from "./publicFlows.ts";
import { assertSameExternalId, settlePut } from "./replacement.ts";
import { describeChange, mergeContent, ownRecord, revise } from "./revision.ts";

/** From which states an owner's move starts and where it ends, as data. */
export const flowMoves = {
  activate: { name: "activate", from: ["draft", "paused"], to: "active", eventType: "turash.flow.activated" },
  pause: { name: "pause", from: ["active"], to: "paused", eventType: "turash.flow.paused" },
  withdraw: {
    name: "withdraw",
    from: ["draft", "active", "paused", "fulfilled"],
    to: "withdrawn",
    eventType: "turash.flow.withdrawn",
  },
} as const satisfies Record<
  string,
  { name: string; from: readonly FlowStatus[]; to: FlowStatus; eventType: `turash.flow.${string}` }
>;
export type FlowMove = keyof typeof flowMoves;

export async function listFlows(context: RequestContext, filter: FlowFilter, page: Page): Promise<Paged<FlowView>> {
  authorize(context.actor, "listFlows");
  const { items, next } = await context.services.flows.list(context, filter, page);
  return { items: items.map((found) => viewFlow(context, found)), next };
}

export async function getFlow(context: RequestContext, id: FlowId): Promise<FlowView> {
  authorize(context.actor, "getFlow");
  const known = await recallPublicFlow(context, id);
  if (known) return viewFlow(context, { flow: known, hidden: null });
  const found = await context.services.flows.find(context, id);
  if (!found) throw notFound("flow");
  keepPublicFlow(context, found);
  return viewFlow(context, found);
}

export async function createFlow(context: RequestContext, content: FlowContent): Promise<Changed<Flow>> {
  const { organizationId } = authorizeMember(context.actor, "createFlow");
  const flow = await prepareFlow(context, organizationId, content);
  return context.services.flows.create(context, flow, computeSearchFacts(flow), [
    { op: "add", path: "", value: content },
  ]);
}

/** Creates the flow with this externalId or replaces its content; an equal one stays as it is. */
export async function putFlow(
  context: RequestContext,
  externalId: string,
  content: FlowContent,
  expectation: Expectation,
): Promise<{ record: Flow; created: boolean }> {
  const { organizationId } = authorizeMember(context.actor, "putFlow");
  assertSameExternalId(externalId, content.externalId);
  const flow = await prepareFlow(context, organizationId, { ...content, externalId });
  const written = await context.services.flows.put(context, flow, computeSearchFacts(flow), expectation, [
    { op: "replace", path: "", value: content },
  ]);
  return settlePut(written, expectation, "flow");
}

export async function updateFlow(
  context: RequestContext,
  id: FlowId,
  patch: object,
  ifMatch: number | null,
): Promise<Flow> {
  const { organizationId } = authorizeMember(context.actor, "updateFlow");
  if ("status" in patch)
    throw invalid([
      { pointer: "/status", code: "not_patchable", message: "is changed by POST .../activate, pause or withdraw" },
    ]);
  const { flows } = context.services;
  return revise(
    "flow",
    ifMatch,
    async () => ownRecord((await flows.find(context, id))?.flow ?? null, organizationId),
    async (current) => {
      const before = contentOf(current);
      const content = mergeContent(flowContentSchema, before, patch);
      const next = await prepareFlow(context, organizationId, content, current);
      const changes = describeChange(before, contentOf(next));
      if (changes.length === 0) return "unchanged";
      return flows.update(context, next, computeSearchFacts(next), changes);
    },
  );
}

export async function moveFlow(
  context: RequestContext,
  id: FlowId,
  move: FlowMove,
  ifMatch: number | null,
): Promise<Changed<Flow>> {
  authorizeMember(context.actor, "moveFlow");
  const rule = flowMoves[move];
  const written = await context.services.flows.move(context, id, rule, ifMatch);
  if (written.kind === "written") return written;
  if (written.kind === "missing") throw notFound("flow");
  const { version, status } = written.current;
  if (ifMatch !== null && version !== ifMatch) throw preconditionFailed(version);
  throw conflict(
    "flow_state",
    `A flow that is ${status} cannot be moved by ${move}: it must be ${rule.from.join(" or ")}.`,
  );
}

export async function deleteFlow(context: RequestContext, id: FlowId, ifMatch: number | null): Promise<void> {
  authorizeMember(context.actor, "deleteFlow");
  const written = await context.services.flows.delete(context, id, ifMatch);
  if (written.kind === "written") return;
  if (written.kind === "missing") throw notFound("flow");
  if (ifMatch !== null && written.current.version !== ifMatch) throw preconditionFailed(written.current.version);
  throw conflict(
    "quantity_reserved",
    "Agreements have reserved from this flow, or an exchange of it goes on; withdraw it instead.",
  );
}

/** A flow ready to be written: its grade and legal status filled in, and everything held against the taxonomy. */
export async function prepareFlow(
  context: RequestContext,
  organizationId: OrganizationId,
  content: FlowContent,
  current?: Flow,
): Promise<Flow> {
  const taxonomy = await context.services.readTaxonomy();
  const faults = checkFlowAgainstTaxonomy(content, taxonomy);
  if (faults.length > 0) throw invalid(faults);
  const at = context.at.toISOString();
  return {
    ...content,
    grade: content.grade ?? content.kind,
    legalStatus: content.legalStatus ?? defaultLegalStatus(content.kind),
    id: current?.id ?? createId("flow"),
    organizationId,
    status: current?.status ?? content.status,
    reservedAmount: current?.reservedAmount ?? 0,
    version: current?.version ?? 1,
    createdAt: current?.createdAt ?? at,
    updatedAt: at,
  };
}

function contentOf(flow: Flow): Omit<FlowContent, "status"> {
  const {
    id: _id,
    organizationId: _organization,
    status: _status,
    reservedAmount: _reserved,
    version: _version,
    createdAt: _created,
    updatedAt: _updated,
    ...content
  } = flow;
  return content;
}
