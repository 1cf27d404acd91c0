import { defaultLegalStatus, type Flow, type FlowInput, flowContentSchema, type Kind } from "../../src/domain/flow.ts";
import { createId, type OrganizationId, type SiteId } from "../../src/domain/ids.ts";
import grades from "../../src/domain/reference/grades.json" with { type: "json" };
import { createRandom, type Random } from "./random.ts";

/** Somebody with places; flows of the first organization are those that are asked about. */
export type GeneratedSite = { id: SiteId; organizationId: OrganizationId; longitude: number; latitude: number };
export type GeneratedNetwork = {
  /** Owns the subjects, so that one key asks about all of them. */
  ownerId: OrganizationId;
  organizationIds: OrganizationId[];
  sites: GeneratedSite[];
  flows: Flow[];
  /** Flows of `ownerId`, spread over the whole area. */
  subjects: Flow[];
};

/** 100,000 flows on 4 million km2, about what the European Union has; 10,000 on a tenth of that. */
const flowsPerSquareKilometer = 0.025;
const flowsPerSite = 4;
const sitesPerOrganization = 3;
const centre = { longitude: 12, latitude: 49 };
const kilometersPerDegree = 111.2;

/** Units in which flows of a dimension are usually stated, and the range of what one site has of it. */
const quantities: Record<string, { unit: string; low: number; high: number }> = {
  mass: { unit: "t/a", low: 50, high: 200_000 },
  volume: { unit: "m3/a", low: 500, high: 2_000_000 },
  energy: { unit: "MW.h/a", low: 200, high: 500_000 },
  time: { unit: "h/a", low: 20, high: 4_000 },
  transport: { unit: "t.km/a", low: 1_000, high: 5_000_000 },
};
const measurable = grades.filter(({ quantityDimension }) => quantityDimension in quantities);

/** A network of `count` flows and `subjectCount` more, of one density whatever the count. */
export function generateNetwork(count: number, subjectCount: number, seed: number): GeneratedNetwork {
  const random = createRandom(seed);
  const sideKilometers = Math.sqrt(count / flowsPerSquareKilometer);
  const siteCount = Math.ceil(count / flowsPerSite);
  const organizationIds = Array.from({ length: Math.ceil(siteCount / sitesPerOrganization) + 1 }, () =>
    createId("organization"),
  );
  const ownerId = organizationIds[0]!;
  const others = organizationIds.slice(1);
  const place = (organizationId: OrganizationId): GeneratedSite => ({
    id: createId("site"),
    organizationId,
    ...placeWithin(sideKilometers, random),
  });
  const sites = Array.from({ length: siteCount }, (_, index) => place(others[index % others.length]!));
  const flows = Array.from({ length: count }, () => generateFlow(random.pick(sites), random));
  const ownSites = Array.from({ length: subjectCount }, () => place(ownerId));
  const subjects = ownSites.map((site) => generateFlow(site, random));
  return { ownerId, organizationIds, sites: [...sites, ...ownSites], flows, subjects };
}

function placeWithin(sideKilometers: number, random: Random): Pick<GeneratedSite, "longitude" | "latitude"> {
  const latitude = centre.latitude + random.between(-0.5, 0.5) * (sideKilometers / kilometersPerDegree);
  const degreeKilometers = kilometersPerDegree * Math.cos((latitude * Math.PI) / 180);
  return { latitude, longitude: centre.longitude + random.between(-0.5, 0.5) * (sideKilometers / degreeKilometers) };
}

function generateFlow(site: GeneratedSite, random: Random): Flow {
  const { id, organizationId } = { id: createId("flow"), organizationId: site.organizationId };
  const content = flowContentSchema.parse(generateContent(site.id, id, random));
  const at = new Date(Date.UTC(2026, 0, 1) + Math.floor(random.between(0, 300 * 86_400_000))).toISOString();
  return {
    ...content,
    grade: content.grade!,
    legalStatus: defaultLegalStatus(content.kind),
    id,
    organizationId,
    reservedAmount: 0,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
}

function generateContent(siteId: SiteId, externalId: string, random: Random): FlowInput {
  const grade = random.pick(measurable);
  const kind = grade.kind as Kind;
  const direction = random.chance(0.5) ? "input" : random.chance(0.04) ? "shared" : "output";
  const { unit, low, high } = quantities[grade.quantityDimension]!;
  const codes = { ewc: grade.ewc[0] && random.chance(0.6) ? grade.ewc[0] : null };
  return {
    siteId,
    externalId,
    direction,
    kind,
    grade: grade.slug,
    title: `${grade.name} ${direction === "input" ? "wanted" : "on offer"}`,
    codes,
    quantity: { amount: Number(random.betweenLogarithmic(low, high).toPrecision(3)), unit },
    quality: generateQuality(kind, direction === "input", random),
    availability: generateAvailability(random),
    economics: random.chance(0.4)
      ? {
          price: {
            amount: random.between(1, 200).toFixed(2),
            currency: "EUR",
            per: unit.slice(0, -"/a".length),
          },
        }
      : {},
    constraints: random.chance(0.1) ? { maximumDistanceMeters: Math.round(random.between(5_000, 200_000)) } : {},
    precision: { level: random.pick(["rough", "estimated", "measured", "metered"] as const) },
    visibility: "public",
  };
}

/** An output states what it has, an input the range that it takes. */
function generateQuality(kind: Kind, isInput: boolean, random: Random): FlowInput["quality"] {
  const state = (unit: string, low: number, high: number) => {
    const value = Number(random.between(low, high).toFixed(1));
    return isInput ? { minimum: value, unit } : { value, unit };
  };
  switch (kind) {
    case "heat":
      return { temperature: state("Cel", 30, 140) };
    case "steam":
      return { temperature: state("Cel", 120, 300), pressure: state("bar", 2, 40) };
    case "water":
      return { temperature: isInput ? { maximum: 40, unit: "Cel" } : { value: 15, unit: "Cel" } };
    case "co2":
    case "gas":
    case "material":
    case "byproduct":
    case "waste":
      return random.chance(0.6) ? { purity: isInput ? state("%", 40, 90) : state("%", 60, 99.5) } : {};
    default:
      return {};
  }
}

function generateAvailability(random: Random): NonNullable<FlowInput["availability"]> {
  const draw = random.share();
  if (draw < 0.65) return { pattern: "continuous" };
  if (draw < 0.85) {
    const first = Math.floor(random.between(0, 12));
    const length = Math.floor(random.between(3, 9));
    return { pattern: "seasonal", months: Array.from({ length }, (_, index) => ((first + index) % 12) + 1) };
  }
  const days = ["mon", "tue", "wed", "thu", "fri"] as const;
  return { pattern: "windowed", weekly: days.map((day) => ({ day, from: "06:00", to: "22:00" })) };
}
