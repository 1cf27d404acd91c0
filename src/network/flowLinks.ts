import type { Kind } from "../domain/flow.ts";
import type { FlowId, OrganizationId } from "../domain/ids.ts";
import type { SightedFlow, Subnetwork } from "../domain/network.ts";

/**
 * The key under which somebody stands in the network. For whoever may see all it is the organization's id; for others an
 * organization stands under its id with what they may know of it, and under a pseudonym with what they may not.
 */
export type PartyKey = string;

/** A match or an exchange, from the party that supplies to the one that receives. */
export type FlowLink = {
  /** Of the match or the exchange, or what stands for it where that is not the reader's to know. */
  id: string;
  type: "match" | "exchange";
  from: PartyKey;
  to: PartyKey;
  outputFlowId: FlowId;
  inputFlowId: FlowId;
  /** Of the output. */
  kind: Kind;
  /** 0..1; an exchange, which is there already, has 1. */
  score: number;
  /** Joint value in EUR a year; null where nobody has worked it out. An exchange has that of its match. */
  value: number | null;
};

const ownOrganization = (flow: SightedFlow): OrganizationId => flow.organizationId;

/**
 * Every match and exchange between two organizations, by id. What an organization does with itself is no link. `ownerOf` names
 * the party that a flow is of.
 */
export function readFlowLinks(
  network: Pick<Subnetwork, "flows" | "matches" | "exchanges">,
  ownerOf: (flow: SightedFlow) => PartyKey = ownOrganization,
): FlowLink[] {
  const flows = new Map(network.flows.map((flow) => [flow.id, flow]));
  const pairOf = ({ outputFlowId, inputFlowId }: Pick<FlowLink, "outputFlowId" | "inputFlowId">) =>
    `${outputFlowId} ${inputFlowId}`;
  const values = new Map(network.matches.map((match) => [pairOf(match), match.value]));
  const links: FlowLink[] = [];
  const add = (link: Pick<FlowLink, "id" | "type" | "outputFlowId" | "inputFlowId" | "score" | "value">) => {
    const output = flows.get(link.outputFlowId);
    const input = flows.get(link.inputFlowId);
    if (!output || !input || output.organizationId === input.organizationId) return;
    links.push({ ...link, from: ownerOf(output), to: ownerOf(input), kind: output.kind });
  };
  for (const { id, outputFlowId, inputFlowId, score, value } of network.matches)
    add({ id, type: "match", outputFlowId, inputFlowId, score, value });
  for (const exchange of network.exchanges) {
    const { id, outputFlowId, inputFlowId } = exchange;
    add({ id, type: "exchange", outputFlowId, inputFlowId, score: 1, value: values.get(pairOf(exchange)) ?? null });
  }
  return links.sort((one, other) => compareKeys(one.id, other.id));
}

/** Of links, the likeliest first: by score, then exchanges before matches, then value, then id. A total order. */
export function compareLinks(one: FlowLink, other: FlowLink): number {
  return (
    other.score - one.score ||
    Number(other.type === "exchange") - Number(one.type === "exchange") ||
    (other.value ?? 0) - (one.value ?? 0) ||
    compareKeys(one.id, other.id)
  );
}

/** By code unit, so that every machine and every language sorts alike. */
export function compareKeys(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
