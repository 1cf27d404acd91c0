import type { FlowId } from "../domain/ids.ts";
import { compareKeys, compareLinks, type FlowLink, type PartyKey } from "./flowLinks.ts";
import { createPartyGraph } from "./partyGraph.ts";
import { findSevered } from "./severance.ts";
import type { StepBudget } from "./stepBudget.ts";

/** A flow of somebody else that loses exchanges. */
export type AffectedFlow = {
  flowId: FlowId;
  owner: PartyKey;
  lost: FlowLink[];
  /** Its exchanges with others, which go on. */
  remaining: FlowLink[];
  /** Its matches with others, with whom it has no exchange yet; the best first. */
  substitutes: FlowLink[];
};

export type Impact = {
  /** By id. */
  exchangesLost: FlowLink[];
  /** Inputs that it supplied: those with nothing left first, then by flow. */
  needsUnmet: AffectedFlow[];
  /** Outputs that it took, in the same order. */
  outputsStranded: AffectedFlow[];
  /** Groups that hang together with the rest of the network by exchanges over it only. */
  cutOff: PartyKey[][];
  isTruncated: boolean;
};

export type ImpactSearch = {
  of: PartyKey;
  /** Substitutes of one flow. */
  limit: number;
  /** How many exchanges away from the party all exchanges are known; null where all there are. */
  knownSteps: number | null;
};

/** What would happen if a party stopped. `links` has all links of the flows that it exchanges with. */
export function findImpact(
  links: readonly FlowLink[],
  { of, limit, knownSteps }: ImpactSearch,
  budget: StepBudget,
): Impact {
  const exchanges = links.filter(({ type }) => type === "exchange");
  const exchangesLost = exchanges.filter(({ from, to }) => from === of || to === of);
  const severance = findSevered(createPartyGraph([of], exchanges), of, knownSteps, budget);
  let isTruncated = severance.isUncertain;
  const affected = (side: Side) => {
    const flows = Array.from(
      groupBy(
        exchangesLost.filter((link) => link[side.owner] !== of),
        side.flow,
      ),
    );
    const others = groupBy(
      links.filter(({ from, to }) => from !== of && to !== of),
      side.flow,
    );
    return flows.map(([flowId, lost]): AffectedFlow => {
      const rest = others.get(flowId) ?? [];
      const remaining = rest.filter(({ type }) => type === "exchange");
      const served = new Set(remaining.map((link) => link[side.otherFlow]));
      const substitutes = rest
        .filter((link) => link.type === "match" && !served.has(link[side.otherFlow]))
        .sort(compareLinks);
      if (substitutes.length > limit) isTruncated = true;
      return { flowId, owner: lost[0]![side.owner], lost, remaining, substitutes: substitutes.slice(0, limit) };
    });
  };
  const [needsUnmet, outputsStranded] = [affected(inputSide), affected(outputSide)];
  return {
    exchangesLost,
    needsUnmet: needsUnmet.sort(compareAffected),
    outputsStranded: outputsStranded.sort(compareAffected),
    cutOff: severance.groups,
    isTruncated: isTruncated || budget.isSpent,
  };
}

type Side = { owner: "from" | "to"; flow: FlowEnd; otherFlow: FlowEnd };
type FlowEnd = "outputFlowId" | "inputFlowId";
const inputSide: Side = { owner: "to", flow: "inputFlowId", otherFlow: "outputFlowId" };
const outputSide: Side = { owner: "from", flow: "outputFlowId", otherFlow: "inputFlowId" };

function compareAffected(one: AffectedFlow, other: AffectedFlow): number {
  return Number(one.remaining.length > 0) - Number(other.remaining.length > 0) || compareKeys(one.flowId, other.flowId);
}

function groupBy(links: readonly FlowLink[], end: FlowEnd): Map<FlowId, FlowLink[]> {
  const groups = new Map<FlowId, FlowLink[]>();
  for (const link of links) {
    const group = groups.get(link[end]);
    if (group) group.push(link);
    else groups.set(link[end], [link]);
  }
  return groups;
}
