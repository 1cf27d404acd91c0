import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NetworkRecord, NetworkViewer } from "../../../src/domain/network.ts";
import { createGraphModel } from "../../support/graphModel.ts";
import { networkId, networks, organizationIds, viewers } from "../../support/networkArbitraries.ts";
import { type Asked, answerOf, askAs, networkQuestions } from "../../support/networkQuestions.ts";

const asked: fc.Arbitrary<Asked> = fc.record({
  one: organizationIds,
  other: organizationIds,
  minScore: fc.constantFrom(0, 0.6, 0.8),
  kind: fc.constantFrom(undefined, "heat", "steam" as const),
});
const members = viewers.filter((viewer) => viewer !== null);
const everything = { organizations: 1_000, flows: 1_000, links: 1_000 };

async function graphOf(records: readonly NetworkRecord[]) {
  const graph = createGraphModel();
  await graph.apply(records);
  return graph;
}

/** The open flows that a viewer sees, and the ids of the organizations that it knows by name. */
async function seenBy(records: readonly NetworkRecord[], viewer: NetworkViewer) {
  const graph = await graphOf(records);
  const { flows } = await graph.network(viewer, {}, everything);
  const known = new Set<string>([viewer!.organizationId]);
  for (const { noun, id } of records)
    if (noun === "organization") {
      const { organizations } = await graph.neighbourhood(viewer, id, { steps: 1 }, everything);
      if (organizations.some((organization) => organization.id === id)) known.add(id);
    }
  return { open: flows.filter(({ isOpen }) => isOpen), known };
}
type Seen = Awaited<ReturnType<typeof seenBy>>;

/** The same network with other words, places and figures wherever the viewer is not to know them. */
function changeHidden(records: readonly NetworkRecord[], { open, known }: Seen, viewer: NetworkViewer) {
  const knownSites = new Set<string>(open.map(({ siteId }) => siteId));
  const ownerOf = new Map(
    records.flatMap((record) => (record.noun === "flow" ? [[record.id as string, record.organizationId]] : [])),
  );
  const openFlows = new Set<string>(open.map(({ id }) => id));
  return records.map((record): NetworkRecord => {
    switch (record.noun) {
      case "organization":
        return known.has(record.id) ? record : { ...record, name: "Other", country: "SE", nace: "10.11" };
      case "site": {
        if (knownSites.has(record.id)) return record;
        const [longitude, latitude] = record.position;
        return { ...record, name: "Elsewhere", position: [longitude + 0.001, latitude - 0.001] };
      }
      case "flow":
        return openFlows.has(record.id) ? record : { ...record, title: "Something else" };
      case "match": {
        const isOutputOwn = ownerOf.get(record.outputFlowId) === viewer!.organizationId;
        const isInputOwn = ownerOf.get(record.inputFlowId) === viewer!.organizationId;
        if (isOutputOwn && isInputOwn) return record;
        const other = { score: 0.123, value: 123 };
        return {
          ...record,
          ...other,
          ...(!isOutputOwn && { outputView: other }),
          ...(!isInputOwn && { inputView: other }),
          ...((isOutputOwn || isInputOwn) && { othersView: other }),
        };
      }
      default:
        return record;
    }
  });
}

describe("what a member is told of the network", () => {
  it.each(Object.keys(networkQuestions))("does not depend on what it may not know: %s", async (question) => {
    await fc.assert(
      fc.asyncProperty(networks, members, asked, async (records, viewer, parameters) => {
        const changed = changeHidden(records, await seenBy(records, viewer), viewer);
        const [answer, changedAnswer] = await Promise.all(
          [records, changed].map(async (each) => answerOf(question, askAs(viewer, await graphOf(each)), parameters)),
        );
        expect(changedAnswer).toEqual(answer);
      }),
      { numRuns: 100 },
    );
  });

  it.each(Object.keys(networkQuestions))("names nobody whom it may not know: %s", async (question) => {
    await fc.assert(
      fc.asyncProperty(networks, members, asked, async (records, viewer, parameters) => {
        const { open, known } = await seenBy(records, viewer);
        const openIds = new Set<string>(open.map(({ id }) => id));
        const text = JSON.stringify(await answerOf(question, askAs(viewer, await graphOf(records)), parameters));
        for (const record of records) {
          if (record.noun === "organization" && !known.has(record.id)) expect(text).not.toContain(record.id);
          if (record.noun === "flow" && !openIds.has(record.id)) expect(text).not.toContain(`"${record.title}"`);
          if (record.noun === "site" && !open.some(({ siteId }) => siteId === record.id))
            expect(text).not.toContain(record.id);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("tells of no link that a pseudonym is the organization whose name the caller knows too", async () => {
    await fc.assert(
      fc.asyncProperty(networks, members, asked, async (records, viewer, parameters) => {
        const context = askAs(viewer, await graphOf(records));
        const { parties, links, flows } = (await answerOf("export", context, parameters)) as {
          parties: { key: string; organizationId: string | null; pseudonym: string | null }[];
          links: {
            from: string;
            to: string;
            outputFlowId: string;
            inputFlowId: string;
            score: number;
            value: unknown;
            type: string;
            quantity: unknown;
          }[];
          flows: { id: string; owner: string; title: string | null }[];
        };
        for (const { key, organizationId, pseudonym } of parties) expect([organizationId, pseudonym]).toContain(key);
        const hidden = new Set(parties.filter(({ pseudonym }) => pseudonym).map(({ key }) => key));
        const veiled = new Set(flows.filter(({ title }) => title === null).map(({ id }) => id));
        for (const { id, owner } of flows) if (hidden.has(owner)) expect(veiled.has(id)).toBe(true);
        for (const link of links.filter((each) => veiled.has(each.outputFlowId) || veiled.has(each.inputFlowId))) {
          expect(link.value).toBeNull();
          expect(link.quantity).toBeNull();
          expect(Math.abs(link.score * 20 - Math.round(link.score * 20))).toBeLessThan(1e-9);
        }
      }),
    );
  });

  it("is the same of an organization that it does not know and of one that is not there", async () => {
    await fc.assert(
      fc.asyncProperty(networks, members, organizationIds, async (records, viewer, one) => {
        fc.pre(!(await seenBy(records, viewer)).known.has(one));
        const without = records.filter((record) => record.noun !== "organization" || record.id !== one);
        const parameters = { one, other: viewer.organizationId, minScore: 0, kind: undefined };
        for (const question of ["neighbours", "paths", "impact", "similar", "loops through one"]) {
          const [hidden, missing] = await Promise.all(
            [records, without].map(async (each) => answerOf(question, askAs(viewer, await graphOf(each)), parameters)),
          );
          expect(hidden).toMatchObject({ refused: { code: "not_found" } });
          expect(missing).toEqual(hidden);
        }
      }),
    );
  });

  it("is that there is nothing, of its own organization before the graph has heard of it", async () => {
    const graph = await graphOf([]);
    const viewer = { organizationId: networkId("organization", 1), programmeIds: [] };
    const parameters = { one: viewer.organizationId, other: viewer.organizationId, minScore: 0, kind: undefined };
    for (const question of ["neighbours", "impact", "similar", "loops through one"])
      expect(await answerOf(question, askAs(viewer, graph), parameters)).toMatchObject({ parties: [], links: [] });
  });
});
