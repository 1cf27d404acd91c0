import type { Flow } from "../domain/flow.ts";
import type { OrganizationId, SiteId } from "../domain/ids.ts";
import { noEconomics } from "../domain/price.ts";
import { coarsenQuantity, coarsenReserved } from "../matching/coarseParty.ts";
import type { SightedFlow } from "../stores/records/flows.ts";
import type { RequestContext } from "./context.ts";
import { type Counterpart, describeCounterpart } from "./disclosure.ts";

/** A flow as one caller may see it: null is what it may not know, and `owner` what it may know instead of that. */
export type FlowView = Omit<Flow, "organizationId" | "siteId" | "title"> & {
  organizationId: OrganizationId | null;
  siteId: SiteId | null;
  title: string | null;
  /** Null where the flow is shown in full. */
  owner: Counterpart | null;
};

/** Hides what the members of a programme do not show each other before a match has opened the flow. */
export function viewFlow(context: RequestContext, { flow, hidden }: SightedFlow): FlowView {
  if (hidden === null) return { ...flow, owner: null };
  return {
    ...flow,
    organizationId: null,
    siteId: null,
    externalId: null,
    title: null,
    notes: null,
    quantity: coarsenQuantity(flow.quantity),
    ...coarsenReserved(flow),
    economics: noEconomics,
    precision: { ...flow.precision, source: null },
    owner: describeCounterpart(context, flow.organizationId, hidden),
  };
}
