import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NetworkRecord, NetworkViewer } from "../../src/domain/network.ts";
import type { GraphReads } from "../../src/stores/graph/port.ts";
import { createGraphModel } from "../support/graphModel.ts";
import { type GraphUnderTest, graphsUnderTest } from "../support/graphsUnderTest.ts";
import { kalundborgRecords, sampleOrganizationId } from "../support/kalundborgRecords.ts";
import { network } from "../support/matchingParties.ts";
import { networks, organizationIds, viewers } from "../support/networkArbitraries.ts";
import { type Asked, answerOf, askAs, networkQuestions } from "../support/networkQuestions.ts";

const asked: fc.Arbitrary<Asked> = fc.record({
  one: organizationIds,
  other: organizationIds,
  minScore: fc.constantFrom(0, 0.6, 0.8),
  kind: fc.constantFrom(undefined, "heat", "steam" as const),
});

async function modelOf(records: readonly NetworkRecord[]): Promise<GraphReads> {
  const model = createGraphModel();
  await model.apply(records);
  return model;
}

describe.each(graphsUnderTest)("the questions of the network, on $name", ({ open, runs }) => {
  let under: GraphUnderTest;
  beforeAll(async () => {
    under = await open();
  });
  afterAll(() => under?.close());

  async function load(records: readonly NetworkRecord[]): Promise<GraphReads> {
    const graph = under.open();
    await under.empty();
    await graph.migrate();
    await graph.apply(records);
    return graph;
  }

  /** The same question to the graph and to all records at once. */
  async function compare(question: string, viewer: NetworkViewer, graphs: readonly GraphReads[], parameters: Asked) {
    const [found, expected] = await Promise.all(
      graphs.map((graph) => answerOf(question, askAs(viewer, graph), parameters)),
    );
    expect(found, question).toEqual(expected);
  }

  it("are answered of random networks as their words say, whoever asks", async () => {
    await fc.assert(
      fc.asyncProperty(
        networks,
        fc.array(fc.tuple(viewers, asked), { minLength: 2, maxLength: 2 }),
        async (records, asks) => {
          const graphs = [await load(records), await modelOf(records)];
          for (const [viewer, parameters] of asks)
            for (const question of Object.keys(networkQuestions)) await compare(question, viewer, graphs, parameters);
        },
      ),
      { numRuns: Math.min(10, runs) },
    );
  });

  it("are answered of Kalundborg as their words say, to the operator and to each organization", async () => {
    const graphs = [await load(kalundborgRecords), await modelOf(kalundborgRecords)];
    const ids = network.organizations.map(({ key }) => sampleOrganizationId(key));
    for (const [index, one] of ids.entries()) {
      const parameters = { one, other: ids[(index + 3) % ids.length]!, minScore: 0.5, kind: undefined };
      for (const viewer of [null, { organizationId: one, programmeIds: [] }])
        for (const question of Object.keys(networkQuestions)) await compare(question, viewer, graphs, parameters);
    }
  });
});
