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
  /**
   * `radiusMeters` is how far the true place can lie from `position`: 0 for one that is known exactly, else that of the cell
   * whose centre stands for it.
   */
  site: { position: Position; radiusMeters: number; timeZone: string; country: string };
  organization: { verified: boolean; exchangesCompleted: number };
};
