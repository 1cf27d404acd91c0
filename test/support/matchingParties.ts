import { readSampleNetwork, type SampleFlow, toFlow, toSite } from "../../scripts/start/sampleNetwork.ts";
import { defaultLegalStatus, type FlowInput, flowContentSchema } from "../../src/domain/flow.ts";
import { type FlowId, idFromUuid, type OrganizationId } from "../../src/domain/ids.ts";
import ewcData from "../../src/domain/reference/ewc.json" with { type: "json" };
import gradesData from "../../src/domain/reference/grades.json" with { type: "json" };
import substitutionsData from "../../src/domain/reference/substitutions.json" with { type: "json" };
import type { EwcEntry, Grade, Substitution } from "../../src/domain/reference/types.ts";
import { createTaxonomy } from "../../src/domain/taxonomy.ts";
import { createMatcher } from "../../src/matching/matcher.ts";
import type { Party } from "../../src/matching/party.ts";
import { parseTables } from "../../src/matching/tables.ts";

export const taxonomy = createTaxonomy({
  grades: gradesData as readonly Grade[],
  substitutions: substitutionsData as readonly Substitution[],
  ewc: ewcData.entries as readonly EwcEntry[],
});
export const tables = parseTables();
export const asOf = new Date("2026-01-01T00:00:00Z");
export const matcher = createMatcher({ taxonomy, tables, asOf });

const uuid = (number: number) => `01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
export const flowIdOf = (number: number): FlowId => idFromUuid("flow", uuid(number));
export const organizationIdOf = (number: number): OrganizationId => idFromUuid("organization", uuid(number));

/** A point so many metres north of a first one on the meridian: great-circle distances that can be checked by hand. */
export const north = (meters: number): [number, number] => [11, 55 + meters / 111_195.08];

export type PartyInput = Omit<Partial<FlowInput>, "siteId"> & {
  id?: number;
  organization?: number;
  position?: readonly [number, number];
  timeZone?: string;
  country?: string;
  verified?: boolean;
  exchangesCompleted?: number;
  reservedAmount?: number;
};

/** A party as the store would hand it over: the flow passes its own schema, so no test matches what cannot be written. */
export function createParty(input: PartyInput): Party {
  const {
    id = 1,
    organization = id,
    position = north(0),
    timeZone = "Europe/Copenhagen",
    country = "DK",
    verified = false,
    exchangesCompleted = 0,
    reservedAmount = 0,
    ...content
  } = input;
  const flow = flowContentSchema.parse({
    siteId: idFromUuid("site", uuid(id)),
    direction: "output",
    kind: "steam",
    title: `Flow ${id}`,
    quantity: { amount: 100_000, unit: "t/a" },
    ...content,
  });
  return {
    flowId: flowIdOf(id),
    organizationId: organizationIdOf(organization),
    version: 1,
    flow: {
      ...flow,
      grade: flow.grade ?? flow.kind,
      legalStatus: flow.legalStatus ?? defaultLegalStatus(flow.kind),
      reservedAmount,
    },
    site: { radiusMeters: 0, position, timeZone, country },
    organization: { verified, exchangesCompleted },
  };
}

export const network = readSampleNetwork();

/** A flow of the sample network as a party, by its key or as it is; the same key has the same id. */
export function createSampleParty(flow: SampleFlow | string, changes: PartyInput = {}): Party {
  const sample = typeof flow === "string" ? findSample(flow) : flow;
  const site = network.sites.find(({ key }) => key === sample.site)!;
  const { siteId: _, ...content } = toFlow(sample, "", network);
  const keys = [...network.flows, ...network.decoys].map(({ key }) => key);
  return createParty({
    ...content,
    id: 1_000 + keys.indexOf(sample.key),
    organization: 1 + network.organizations.findIndex(({ key }) => key === site.organization),
    position: [site.lon, site.lat],
    timeZone: toSite(site, network).timeZone,
    ...changes,
  });
}

function findSample(key: string): SampleFlow {
  const found = [...network.flows, ...network.decoys].find((flow) => flow.key === key);
  if (!found) throw new Error(`the sample has no flow ${key}`);
  return found;
}
