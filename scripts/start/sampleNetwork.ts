import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type Direction, type FlowInput, kinds } from "../../src/domain/flow.ts";
import type { OrganizationInput } from "../../src/domain/organization.ts";
import type { SiteInput } from "../../src/domain/site.ts";

const quantitySchema = z.union([z.number().positive(), z.tuple([z.number().positive(), z.number().positive()])]);

const flowSchema = z.strictObject({
  key: z.string(),
  site: z.string(),
  direction: z.enum(["output", "input"]),
  kind: z.enum(kinds),
  grade: z.string().optional(),
  ewc: z.string().optional(),
  quantity: quantitySchema,
  unit: z.string(),
  temperature: z.number().optional(),
  minTemperature: z.number().optional(),
  maxTemperature: z.number().optional(),
  returnTemperature: z.number().optional(),
  pressure: z.number().optional(),
  minPressure: z.number().optional(),
  purity: z.number().optional(),
  minPurity: z.number().optional(),
  pattern: z.enum(["continuous", "seasonal"]),
  months: z.array(z.int()).optional(),
  note: z.string().optional(),
});
export type SampleFlow = z.infer<typeof flowSchema>;

const decoySchema = flowSchema.extend({ against: z.string(), gate: z.string().nullable(), why: z.string() });

const networkSchema = z.object({
  about: z.string(),
  organizations: z.array(z.strictObject({ key: z.string(), name: z.string(), nace: z.string() })),
  sites: z.array(
    z.strictObject({
      key: z.string(),
      organization: z.string(),
      lon: z.number(),
      lat: z.number(),
      precision: z.string(),
      note: z.string().optional(),
    }),
  ),
  flows: z.array(flowSchema),
  /** Output and input of each exchange that was really built. */
  exchanges: z.array(z.tuple([z.string(), z.string()])),
  decoys: z.array(decoySchema),
});
export type SampleNetwork = z.infer<typeof networkSchema>;

/** The industrial symbiosis of Kalundborg, from the literature that the file names. */
export function readSampleNetwork(): SampleNetwork {
  const path = join(import.meta.dirname, "..", "data", "kalundborg.json");
  return networkSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

const country = "DK";
const timeZone = "Europe/Copenhagen";

export function toOrganization({ key, name, nace }: SampleNetwork["organizations"][number]): OrganizationInput {
  return { externalId: key, name, country, nace };
}

export function toSite(site: SampleNetwork["sites"][number], network: SampleNetwork): SiteInput {
  const organization = network.organizations.find(({ key }) => key === site.organization)!;
  return {
    externalId: site.key,
    name: site.note ?? organization.name,
    location: { type: "Point", coordinates: [site.lon, site.lat] },
    timeZone,
    country,
    nace: organization.nace,
  };
}

/** A flow of the sample as its owner would send it. A range becomes its middle with half its width as uncertainty. */
export function toFlow(flow: SampleFlow, siteId: string, network: SampleNetwork): FlowInput {
  const site = network.sites.find(({ key }) => key === flow.site)!;
  const owner = toSite(site, network).name;
  const what = capitalize((flow.grade ?? flow.kind).replaceAll("_", " "));
  const [low, high] = Array.isArray(flow.quantity) ? flow.quantity : [flow.quantity, flow.quantity];
  const middle = middleOf(flow.quantity);
  return {
    siteId,
    externalId: flow.key,
    direction: flow.direction,
    kind: flow.kind,
    grade: flow.grade ?? null,
    title: flow.direction === "output" ? `${what} from ${owner}` : `${what} needed by ${owner}`,
    notes: flow.note ?? null,
    codes: { ewc: flow.ewc ?? null },
    quantity: {
      amount: middle,
      unit: flow.unit,
      uncertainty: low === high ? null : Number(((high - low) / 2 / middle).toFixed(4)),
    },
    quality: {
      ...property("temperature", "Cel", flow.direction, flow.temperature, flow.minTemperature, flow.maxTemperature),
      ...property("returnTemperature", "Cel", "output", flow.returnTemperature),
      ...property("pressure", "bar", flow.direction, flow.pressure, flow.minPressure),
      ...property("purity", "%", flow.direction, flow.purity, flow.minPurity),
    },
    availability: { pattern: flow.pattern, ...(flow.months && { months: flow.months }) },
    precision: { level: "estimated", source: network.about },
    visibility: "public",
  };
}

/**
 * An exchange of the sample as the operator records it: as much as both its flows state. It takes nothing from what remains of
 * them, for the sample asks who would fit whom as though none of it had been built yet.
 */
export function toExchange(
  [output, input]: SampleNetwork["exchanges"][number],
  network: SampleNetwork,
  flowIds: Readonly<Record<string, string>>,
): { externalId: string; body: object } {
  const [supply, need] = [output, input].map((key) => network.flows.find((flow) => flow.key === key)!);
  const amount = Math.min(middleOf(supply!.quantity), middleOf(need!.quantity));
  return {
    externalId: `${output}:${input}`,
    body: {
      outputFlowId: flowIds[output],
      inputFlowId: flowIds[input],
      quantity: { amount, unit: supply!.unit },
      state: "active",
      reserves: false,
      visibility: "public",
    },
  };
}

function middleOf(quantity: SampleFlow["quantity"]): number {
  return Array.isArray(quantity) ? (quantity[0] + quantity[1]) / 2 : quantity;
}

/** An output states what it has, an input what it accepts. */
function property(
  name: string,
  unit: string,
  direction: Direction,
  value: number | undefined,
  minimum?: number,
  maximum?: number,
): FlowInput["quality"] {
  if (direction === "output") return value === undefined ? {} : { [name]: { value, unit } };
  if (minimum === undefined && maximum === undefined) return {};
  return {
    [name]: { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }), unit },
  };
}

function capitalize(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
