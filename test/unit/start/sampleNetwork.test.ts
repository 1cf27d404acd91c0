import { describe, expect, it } from "vitest";
import { readSampleNetwork, toFlow, toOrganization, toSite } from "../../../scripts/start/sampleNetwork.ts";
import { flowContentSchema } from "../../../src/domain/flow.ts";
import { createId } from "../../../src/domain/ids.ts";
import { organizationContentSchema } from "../../../src/domain/organization.ts";
import { siteContentSchema } from "../../../src/domain/site.ts";

const network = readSampleNetwork();
const siteId = createId("site");

function flowOf(key: string) {
  return toFlow([...network.flows, ...network.decoys].find((flow) => flow.key === key)!, siteId, network);
}

describe("the sample network as its owners would send it", () => {
  it("is accepted whole by the domain's own schemas", () => {
    for (const organization of network.organizations) organizationContentSchema.parse(toOrganization(organization));
    for (const site of network.sites) siteContentSchema.parse(toSite(site, network));
    for (const flow of [...network.flows, ...network.decoys]) flowContentSchema.parse(flowOf(flow.key));
  });

  it("makes a range its middle with half its width as uncertainty, and leaves a plain figure's to its precision", () => {
    expect(flowOf("asnaes-steam").quantity).toEqual({ amount: 550_000, unit: "t/a", uncertainty: 0.0909 });
    expect(flowOf("novo-steam-need").quantity).toEqual({ amount: 215_000, unit: "t/a", uncertainty: null });
  });

  it("states what an output has and what an input accepts", () => {
    expect(flowOf("asnaes-steam").quality).toEqual({
      temperature: { value: 200, unit: "Cel" },
      pressure: { value: 14, unit: "bar" },
    });
    expect(flowOf("fishfarm-warm-water-need").quality).toEqual({
      temperature: { minimum: 18, maximum: 28, unit: "Cel" },
    });
    expect(flowOf("gyproc-gypsum-need").quality).toEqual({ purity: { minimum: 90, unit: "%" } });
  });

  it("gives every flow a title that a person can read", () => {
    expect(flowOf("asnaes-fly-ash").title).toBe("Fly ash from Asnaes Power Station");
    expect(flowOf("town-heat-need").title).toBe("Heat needed by Kalundborg Municipality");
  });
});
