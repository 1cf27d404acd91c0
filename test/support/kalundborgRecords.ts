import { toFlow, toOrganization } from "../../scripts/start/sampleNetwork.ts";
import { flowContentSchema } from "../../src/domain/flow.ts";
import { idFromUuid, matchIdOf, type OrganizationId, type SiteId } from "../../src/domain/ids.ts";
import type {
  NetworkExchange,
  NetworkFlow,
  NetworkMatchRecord,
  NetworkOrganization,
  NetworkRecord,
  NetworkSite,
  Subnetwork,
} from "../../src/domain/network.ts";
import { createSampleParty, matcher, network, organizationIdOf } from "./matchingParties.ts";

const uuid = (number: number) => `01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
const siteIdOf = (key: string): SiteId =>
  idFromUuid("site", uuid(1 + network.sites.findIndex((site) => site.key === key)));

/** The id under which an organization of the sample stands in all that is made of it here. */
export function sampleOrganizationId(key: string): OrganizationId {
  return organizationIdOf(1 + network.organizations.findIndex((organization) => organization.key === key));
}

export function sampleFlowId(key: string) {
  return createSampleParty(key).flowId;
}

const organizations = network.organizations.map((organization): NetworkOrganization => {
  const { name, country, nace } = toOrganization(organization);
  const id = sampleOrganizationId(organization.key);
  return {
    noun: "organization",
    id,
    version: 1,
    name,
    country,
    nace: nace ?? null,
    programmeIds: [],
    facilitatorIds: [],
  };
});

const sites = network.sites.map(
  ({ key, organization, lon, lat }): NetworkSite => ({
    noun: "site",
    id: siteIdOf(key),
    version: 1,
    organizationId: sampleOrganizationId(organization),
    name: key,
    position: [lon, lat],
    cell: { id: "871f05833ffffff", center: [lon, lat], radiusMeters: 1_400 },
  }),
);

const flows = network.flows.map((sample): NetworkFlow => {
  const { direction, kind, grade, title, status, visibility } = flowContentSchema.parse(
    toFlow(sample, siteIdOf(sample.site), network),
  );
  const { flowId: id, organizationId } = createSampleParty(sample);
  const siteId = siteIdOf(sample.site);
  return {
    noun: "flow",
    id,
    version: 1,
    organizationId,
    siteId,
    direction,
    kind,
    grade: grade ?? kind,
    title,
    status,
    visibility,
  };
});

/** What the engine finds among the flows, with its scores and values. */
const matches = network.flows
  .filter(({ direction }) => direction === "output")
  .flatMap((output) =>
    network.flows.filter(({ direction }) => direction === "input").map((input) => [output, input] as const),
  )
  .flatMap(([outputSample, inputSample]): NetworkMatchRecord[] => {
    const [output, input] = [createSampleParty(outputSample), createSampleParty(inputSample)];
    const { verdict, score, money } = matcher.evaluate(output, input);
    if (verdict !== "match" || output.organizationId === input.organizationId) return [];
    const figures = { score, value: Number(money.perYear.joint) };
    return [
      {
        noun: "match",
        id: matchIdOf(output.flowId, input.flowId),
        version: 1,
        outputFlowId: output.flowId,
        inputFlowId: input.flowId,
        isOpen: false,
        ...figures,
        outputView: { score, value: Number(money.perYear.seller) },
        inputView: { score, value: Number(money.perYear.buyer) },
        othersView: { score: Math.round(score * 20) / 20, value: null },
      },
    ];
  });

const exchanges = network.exchanges.map(
  ([output, input], index): NetworkExchange => ({
    noun: "exchange",
    id: idFromUuid("exchange", uuid(1 + index)),
    version: 1,
    outputFlowId: sampleFlowId(output),
    inputFlowId: sampleFlowId(input),
    quantity: { amount: 1_000, unit: "t/a" },
    since: null,
    visibility: "public",
  }),
);

/** The industrial symbiosis of Kalundborg as a graph holds it: its matches by the engine, its exchanges as they were built. */
export const kalundborgRecords: readonly NetworkRecord[] = [
  ...organizations,
  ...sites,
  ...flows,
  ...matches,
  ...exchanges,
];

/** The same as the operator sees it. */
export const kalundborg: Subnetwork = {
  organizations,
  sites,
  flows: flows.map((flow) => ({ ...flow, isOpen: true, isNamed: true })),
  matches,
  exchanges,
  isTruncated: false,
};
