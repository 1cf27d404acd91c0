import { type FlowInput, flowContentSchema } from "../../src/domain/flow.ts";
import { idFromUuid } from "../../src/domain/ids.ts";
import type { Party } from "../../src/matching/party.ts";
import { createRandom } from "./random.ts";

/** Steam, heat and gypsum in one region, the same at every run. */
export function createScorerParties(count: number): { outputs: Party[]; inputs: Party[] } {
  const random = createRandom(20_260_101).share;
  const outputs = Array.from({ length: count }, (_, index) => createParty(index, "output", random));
  const inputs = Array.from({ length: count }, (_, index) => createParty(count + index, "input", random));
  return { outputs, inputs };
}

function createParty(index: number, direction: "output" | "input", random: () => number): Party {
  const isSteam = random() < 0.8;
  const amount = Math.round(20_000 + random() * 400_000);
  const temperature = Math.round(120 + random() * 100);
  const months = random() < 0.7 ? null : [1, 2, 3, 4, 9, 10, 11, 12].filter(() => random() < 0.8);
  const isOutput = direction === "output";
  const content: FlowInput = {
    siteId: idFromUuid("site", uuid(index)),
    direction,
    kind: isSteam ? "steam" : "byproduct",
    grade: isSteam ? null : "gypsum",
    title: `Flow ${index}`,
    codes: isSteam ? {} : { ewc: "100105" },
    quantity: { amount, unit: "t/a" },
    quality: isSteam
      ? {
          temperature: isOutput ? { value: temperature, unit: "Cel" } : { minimum: temperature - 40, unit: "Cel" },
          pressure: isOutput ? { minimum: 10, maximum: 14, unit: "bar" } : { minimum: 8, unit: "bar" },
        }
      : { purity: isOutput ? { value: 95, unit: "%" } : { minimum: 90, unit: "%" } },
    availability: months?.length ? { pattern: "seasonal", months } : { pattern: "continuous" },
    precision: { level: (["rough", "estimated", "measured", "metered"] as const)[Math.floor(random() * 4)]! },
  };
  const flow = flowContentSchema.parse(content);
  return {
    flowId: idFromUuid("flow", uuid(index)),
    organizationId: idFromUuid("organization", uuid(index)),
    version: 1,
    flow: {
      ...flow,
      grade: flow.grade ?? flow.kind,
      legalStatus: isSteam ? "product" : "by_product",
      reservedAmount: 0,
    },
    site: {
      radiusMeters: 0,
      position: [11 + random() * 0.03, 55.6 + random() * 0.015],
      timeZone: "Europe/Copenhagen",
      country: "DK",
    },
    organization: { verified: random() < 0.5, exchangesCompleted: Math.floor(random() * 5) },
  };
}

const uuid = (index: number) => `01900000-0000-7000-8000-${index.toString(16).padStart(12, "0")}`;
