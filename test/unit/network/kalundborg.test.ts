import { describe, expect, it } from "vitest";
import { type FlowLink, readFlowLinks } from "../../../src/network/flowLinks.ts";
import { findHubs } from "../../../src/network/hubs.ts";
import { findImpact } from "../../../src/network/impact.ts";
import { findLoops } from "../../../src/network/loops.ts";
import { findNeighbours } from "../../../src/network/neighbours.ts";
import { findPaths } from "../../../src/network/paths.ts";
import { findSimilar } from "../../../src/network/similar.ts";
import { plenty } from "../../support/flowLinks.ts";
import { kalundborg, sampleFlowId, sampleOrganizationId } from "../../support/kalundborgRecords.ts";
import { network } from "../../support/matchingParties.ts";

const links = readFlowLinks(kalundborg);
const keys = new Map<string, string>(network.organizations.map(({ key }) => [sampleOrganizationId(key), key]));
const flowKeys = new Map<string, string>(network.flows.map(({ key }) => [sampleFlowId(key), key]));
const name = (key: string) => keys.get(key)!;
const pairOf = ({ outputFlowId, inputFlowId }: FlowLink) => [flowKeys.get(outputFlowId), flowKeys.get(inputFlowId)];

describe("the network of Kalundborg", () => {
  it("has every exchange that was built as a link that costs nothing", () => {
    const exchanges = links.filter(({ type }) => type === "exchange");
    expect(exchanges.map(pairOf)).toEqual(network.exchanges);
    expect(new Set(exchanges.map(({ score }) => score))).toEqual(new Set([1]));
  });

  it("loses ten exchanges and six needs when the power station closes, and the fish farm and the cement works are cut off", () => {
    const of = sampleOrganizationId("asnaes");
    const impact = findImpact(links, { of, limit: 10, knownSteps: null }, plenty());
    expect(impact.exchangesLost.map(pairOf)).toEqual(
      network.exchanges.filter((pair) => pair.some((key) => key.startsWith("asnaes"))),
    );
    expect(impact.needsUnmet.map(({ flowId }) => flowKeys.get(flowId)).sort()).toEqual([
      "aalborg-fly-ash-need",
      "fishfarm-warm-water-need",
      "gyproc-gypsum-need",
      "novo-steam-need",
      "statoil-steam-need",
      "town-heat-need",
    ]);
    // Nobody else in Kalundborg has what it had: no other output matches any of these needs.
    expect(impact.needsUnmet.flatMap(({ remaining, substitutes }) => [...remaining, ...substitutes])).toEqual([]);
    const stranded = impact.outputsStranded.map(({ flowId, remaining }) => [flowKeys.get(flowId), remaining.length]);
    expect(stranded.sort()).toEqual([
      ["statoil-cooling-water", 0],
      ["statoil-fuel-gas", 1],
      ["statoil-treated-effluent", 0],
      ["tisso-surface-water", 2],
    ]);
    expect(impact.cutOff.map((group) => group.map(name))).toEqual([["fishfarm"], ["aalborg"]]);
    expect(impact.isTruncated).toBe(false);
  });

  it("has the lake stand in for the refinery's cooling water, where nobody drinks from it yet", () => {
    const impact = findImpact(
      links.filter(
        ({ type, outputFlowId }) => type === "match" || flowKeys.get(outputFlowId) !== "tisso-surface-water",
      ),
      { of: sampleOrganizationId("statoil"), limit: 10, knownSteps: null },
      plenty(),
    );
    const need = impact.needsUnmet.find(({ flowId }) => flowKeys.get(flowId) === "asnaes-cooling-water-need")!;
    expect(need.substitutes.map(pairOf)).toEqual([["tisso-surface-water", "asnaes-cooling-water-need"]]);
  });

  it("hangs together over the power station", () => {
    const { hubs } = findHubs([], links, { limit: 3, seed: 1, maximumSources: 100 }, plenty());
    expect(hubs.map(({ key }) => name(key))).toEqual(["asnaes", "municipality", "statoil"]);
    expect(hubs[0]).toMatchObject({ degree: 6, weightedDegree: 6, betweenness: 20 });
  });

  it("leads from the cement works to the sulphuric acid plant over the power station and the refinery", () => {
    const search = {
      from: sampleOrganizationId("aalborg"),
      to: sampleOrganizationId("kemira"),
      k: 2,
      isDirected: false,
    };
    const { shortest, cheapest } = findPaths(links, search, plenty());
    expect(shortest!.keys.map(name)).toEqual(["aalborg", "asnaes", "statoil", "kemira"]);
    expect(cheapest.map(({ keys: path, cost }) => [path.map(name).join(), cost])).toEqual([
      ["aalborg,asnaes,statoil,kemira", 0],
      ["aalborg,asnaes,gyproc,statoil,kemira", 0],
    ]);
    expect(findPaths(links, { ...search, isDirected: true }, plenty()).cheapest).toEqual([]);
  });

  it("is two steps wide from the power station, and has no ring without a mutual pair", () => {
    const { neighbours } = findNeighbours(
      links,
      { from: sampleOrganizationId("asnaes"), steps: 4, limit: 100 },
      plenty(),
    );
    expect(neighbours.map(({ steps }) => steps)).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2]);
    expect(findLoops(links, { sizes: [3, 4, 5], limit: 10, through: null }, plenty()).loops).toEqual([]);
  });

  it("has the refinery and the pharmaceutical works need the same: steam and surface water", () => {
    const flows = kalundborg.flows.map((flow) => ({ ...flow, owner: flow.organizationId }));
    const { similar } = findSimilar(flows, { to: sampleOrganizationId("novo"), limit: 1 }, plenty());
    expect({ ...similar[0], key: name(similar[0]!.key) }).toEqual({
      key: "statoil",
      shared: [
        { direction: "input", grade: "steam" },
        { direction: "input", grade: "surface_water" },
      ],
      jaccard: 0.25,
      weighted: 0.25,
    });
  });
});
