import type { Flow } from "../domain/flow.ts";
import type { Position } from "../domain/geography.ts";
import type { FlowId, OrganizationId } from "../domain/ids.ts";

/** One side of a pair, with everything of the flow, its site and its organization that matching reads. */
export type Party = {
  flowId: FlowId;
  organizationId: OrganizationId;
  /** The flow's version that the facts below are of. */
  version: number;
  flow: Pick<
    Flow,
    | "direction"
    | "kind"
    | "grade"
    | "title"
    | "legalStatus"
    | "codes"
    | "quantity"
    | "quality"
    | "availability"
    | "economics"
    | "constraints"
    | "precision"
    | "reservedAmount"
  >;
  site: { position: Position; timeZone: string; country: string };
  organization: { verified: boolean; exchangesCompleted: number };
};
