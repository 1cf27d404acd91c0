import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NetworkLimits, NetworkViewer, Subnetwork } from "../../src/domain/network.ts";
import type { Graph, GraphReads } from "../../src/stores/graph/port.ts";
import { createGraphModel } from "../support/graphModel.ts";
import { type GraphUnderTest, graphsUnderTest } from "../support/graphsUnderTest.ts";
import { linkFilters, networkLimits, networks, organizationIds, viewers } from "../support/networkArbitraries.ts";

type Ask = (graph: GraphReads, viewer: NetworkViewer, limits: NetworkLimits) => Promise<Subnetwork>;

const center: [number, number] = [11.09, 55.67];

/** A question of any kind. */
const questions = fc.oneof(
  fc.tuple(organizationIds, fc.integer({ min: 1, max: 4 }), linkFilters).map(
    ([id, steps, filter]): Ask =>
      (graph, viewer, limits) =>
        graph.neighbourhood(viewer, id, { steps, ...filter }, limits),
  ),
  fc.tuple(organizationIds, organizationIds, fc.integer({ min: 1, max: 8 }), linkFilters).map(
    ([from, to, maximumSteps, filter]): Ask =>
      (graph, viewer, limits) =>
        graph.between(viewer, from, to, { maximumSteps, ...filter }, limits),
  ),
  fc.tuple(linkFilters, fc.option(fc.integer({ min: 500, max: 6_000 }))).map(([filter, radiusMeters]): Ask => {
    const near = radiusMeters === null ? undefined : { center, radiusMeters };
    return (graph, viewer, limits) => graph.network(viewer, { ...filter, near }, limits);
  }),
);

describe.each(graphsUnderTest)("what the graph answers, on $name", ({ open, runs }) => {
  let under: GraphUnderTest;
  let graph: Graph;
  beforeAll(async () => {
    under = await open();
    graph = under.open();
    await graph.migrate();
  });
  afterAll(() => under?.close());

  it("is what its words say of the whole network, for any viewer, question and limits", async () => {
    await fc.assert(
      fc.asyncProperty(
        networks,
        fc.array(fc.tuple(questions, viewers, networkLimits), { minLength: 8, maxLength: 8 }),
        async (records, asked) => {
          const model = createGraphModel();
          await model.apply(records);
          await under.empty();
          await graph.migrate();
          await graph.apply(records);
          for (const [ask, viewer, limits] of asked)
            expect(await ask(graph, viewer, limits)).toEqual(await ask(model, viewer, limits));
        },
      ),
      { numRuns: runs, endOnFailure: true },
    );
  });
});
