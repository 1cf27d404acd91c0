import type { Kind } from "../../src/domain/flow.ts";
import { createId, type FlowId, matchIdOf, type OrganizationId } from "../../src/domain/ids.ts";
import type { NetworkExchange, NetworkFlow, NetworkMatchRecord, NetworkRecord } from "../../src/domain/network.ts";
import { createRandom, type Random } from "./random.ts";

/** Two flows for each link would be more than there are; these are shared among some. */
const flowsPerOrganization = 2;
/** Of all links; the rest are matches. */
const exchangeShare = 0.1;
/** Links lead to organizations that are near in the list, as they do on the ground. */
const reach = 40;
const grades: readonly { kind: Kind; grade: string }[] = [
  { kind: "heat", grade: "heat" },
  { kind: "steam", grade: "process_steam" },
  { kind: "byproduct", grade: "gypsum" },
  { kind: "byproduct", grade: "fly_ash" },
  { kind: "waste", grade: "waste" },
  { kind: "water", grade: "surface_water" },
];

export type GraphOnBench = {
  records: NetworkRecord[];
  /** The first is the one that asks. */
  organizationIds: OrganizationId[];
};

/** A network of public flows, linked with those nearby: an organization has six links where there are three times as many. */
export function generateGraph(
  { ownerId, organizations, links }: { ownerId: OrganizationId; organizations: number; links: number },
  seed: number,
): GraphOnBench {
  const random = createRandom(seed);
  const organizationIds = [ownerId, ...Array.from({ length: organizations - 1 }, () => createId("organization"))];
  const records: NetworkRecord[] = [];
  const outputs: FlowId[] = [];
  const inputs: FlowId[] = [];
  for (const [index, organizationId] of organizationIds.entries()) {
    const siteId = createId("site");
    const position = [10 + (index % 200) / 20, 48 + Math.floor(index / 200) / 20] as const;
    records.push(
      {
        noun: "organization",
        id: organizationId,
        version: 1,
        name: `Organization ${index}`,
        country: "DE",
        nace: "35.11",
        programmeIds: [],
        facilitatorIds: [],
      },
      {
        noun: "site",
        id: siteId,
        version: 1,
        organizationId,
        name: `Site ${index}`,
        position,
        cell: { id: "871f05833ffffff", center: position, radiusMeters: 1_400 },
      },
    );
    for (let each = 0; each < flowsPerOrganization; each++) {
      const direction = each % 2 === 0 ? "output" : "input";
      const flow = generateFlow(organizationId, siteId, direction, random);
      records.push(flow);
      (direction === "output" ? outputs : inputs).push(flow.id);
    }
  }
  const pairs = new Set<string>();
  while (pairs.size < links) {
    const from = Math.floor(random.between(0, organizations));
    const ahead = Math.ceil(random.between(0, reach)) * (random.chance(0.5) ? 1 : -1);
    const to = (from + ahead + organizations) % organizations;
    if (from === to || pairs.has(`${from} ${to}`)) continue;
    pairs.add(`${from} ${to}`);
    records.push(generateLink(outputs[from]!, inputs[to]!, random));
  }
  return { records, organizationIds };
}

function generateFlow(
  organizationId: OrganizationId,
  siteId: NetworkFlow["siteId"],
  direction: "output" | "input",
  random: Random,
): NetworkFlow {
  return {
    noun: "flow",
    id: createId("flow"),
    version: 1,
    organizationId,
    siteId,
    direction,
    ...random.pick(grades),
    title: direction === "output" ? "On offer all the year" : "Wanted all the year",
    status: "active",
    visibility: "public",
  };
}

function generateLink(outputFlowId: FlowId, inputFlowId: FlowId, random: Random): NetworkMatchRecord | NetworkExchange {
  const flows = { version: 1, outputFlowId, inputFlowId };
  if (random.chance(exchangeShare))
    return {
      noun: "exchange",
      id: createId("exchange"),
      ...flows,
      quantity: { amount: 1_000, unit: "t/a" },
      since: "2026-01-01",
      visibility: "public",
    };
  const score = Math.round(random.between(0.5, 0.95) * 1_000) / 1_000;
  const figures = { score, value: Math.round(random.between(1_000, 1_000_000)) };
  return {
    noun: "match",
    id: matchIdOf(outputFlowId, inputFlowId),
    ...flows,
    ...figures,
    isOpen: false,
    outputView: figures,
    inputView: figures,
    othersView: { score: Math.round(score * 20) / 20, value: null },
  };
}
