import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NetworkFlow, NetworkMatchRecord, NetworkRecord, NetworkViewer } from "../../src/domain/network.ts";
import { networkNouns } from "../../src/domain/network.ts";
import { hashRecord, hashText } from "../../src/domain/networkHash.ts";
import type { Graph, NetworkEntry } from "../../src/stores/graph/port.ts";
import { createGraphModel } from "../support/graphModel.ts";
import { type GraphUnderTest, graphsUnderTest } from "../support/graphsUnderTest.ts";
import { networkId, networks, shuffledAndRepeated } from "../support/networkArbitraries.ts";

const plenty = { organizations: 100, flows: 100, links: 100 };
const at = new Date("2027-03-01T10:00:00.000Z");
const later = new Date("2027-03-01T11:00:00.000Z");
const never = { after: null, until: null };

const organization = (number: number, change = {}): NetworkRecord => ({
  noun: "organization",
  id: networkId("organization", number),
  version: 1,
  name: `Works ${number}`,
  country: "DK",
  nace: "35.11",
  programmeIds: [],
  facilitatorIds: [],
  ...change,
});
const site = (number: number): NetworkRecord => ({
  noun: "site",
  id: networkId("site", number),
  version: 1,
  organizationId: networkId("organization", number),
  name: `Site ${number}`,
  position: [11 + number / 100, 55],
  cell: { id: "871f05833ffffff", center: [11 + number / 100, 55.01], radiusMeters: 1_400 },
});
const flow = (number: number, owner: number, change: Partial<NetworkFlow> = {}): NetworkFlow => ({
  noun: "flow",
  id: networkId("flow", number),
  version: 1,
  organizationId: networkId("organization", owner),
  siteId: networkId("site", owner),
  direction: "output",
  kind: "heat",
  grade: "heat",
  title: `Flow ${number}`,
  status: "active",
  visibility: "public",
  ...change,
});
const match = (
  number: number,
  output: number,
  input: number,
  change: Partial<NetworkMatchRecord> = {},
): NetworkMatchRecord => ({
  noun: "match",
  id: networkId("match", number),
  version: 1,
  outputFlowId: networkId("flow", output),
  inputFlowId: networkId("flow", input),
  score: 0.9,
  value: 300,
  isOpen: false,
  outputView: { score: 0.85, value: 100 },
  inputView: { score: 0.8, value: 200 },
  othersView: { score: 0.75, value: null },
  ...change,
});
const gone = (noun: NetworkRecord["noun"], id: string, version: number): NetworkEntry => ({
  noun,
  id,
  version,
  isGone: true,
});
const viewer = (number: number, programmeIds: number[] = []): NetworkViewer => ({
  organizationId: networkId("organization", number),
  programmeIds: programmeIds.map((each) => networkId("programme", each)),
});
/** A chain of organizations 0 to 5, each supplying the next one: flow 2n is what n puts out, 2n + 1 what it takes in. */
const chain = Array.from({ length: 6 }, (_, number) => [
  organization(number),
  site(number),
  flow(2 * number, number),
  flow(2 * number + 1, number, { direction: "input" }),
  ...(number > 0 ? [match(number, 2 * number - 2, 2 * number + 1)] : []),
]).flat();

describe.each(graphsUnderTest)("the graph on $name", ({ open }) => {
  let under: GraphUnderTest;
  let graph: Graph;
  beforeAll(async () => {
    under = await open();
    graph = under.open();
  });
  afterAll(() => under?.close());
  beforeEach(async () => {
    await under.empty();
    await graph.migrate();
  });

  const summaryOf = (records: readonly NetworkRecord[]) =>
    Object.fromEntries(
      networkNouns.map((noun) => {
        const hashes = records.filter((record) => record.noun === noun).map(hashRecord);
        return [noun, { count: hashes.length, hash: String(hashes.reduce((sum, hash) => sum + hash, 0)) }];
      }),
    );
  const neighbours = async (who: NetworkViewer, number: number, steps: number, limits = plenty) => {
    const found = await graph.neighbourhood(who, networkId("organization", number), { steps }, limits);
    return {
      ...found,
      numbers: found.organizations.map(({ id }) => Number.parseInt(id.slice(-2), 32)),
    };
  };

  it("ends the same whatever the order in which entries come, however often, and tells what it holds", async () => {
    await fc.assert(
      fc.asyncProperty(
        networks.chain((records) => {
          const history: NetworkEntry[] = records.flatMap((record, index): NetworkEntry[] => [
            record,
            ...(index % 3 === 0 ? [{ ...record, version: 2 } as NetworkRecord] : []),
            ...(index % 5 === 0 ? [gone(record.noun, record.id, 3)] : []),
          ]);
          return shuffledAndRepeated(history);
        }),
        async (entries) => {
          const model = createGraphModel();
          await model.apply(entries);
          await under.empty();
          await graph.migrate();
          for (let from = 0; from < entries.length; from += 40) await graph.apply(entries.slice(from, from + 40));
          const standing = model.standing();
          expect(await graph.summarize()).toEqual(summaryOf(standing));
          const held = await graph.listHeld("match", never, 1_000);
          const expected = standing.filter(({ noun }) => noun === "match").sort((a, b) => (a.id < b.id ? -1 : 1));
          expect(held).toEqual(
            expected.map((each) => ({
              id: each.id,
              version: 1 + (each.version - 1),
              hash: hashText(hashRecord(each)),
            })),
          );
        },
      ),
      { numRuns: 8 },
    );
  });

  it("keeps what is gone from coming back by an older record, and lets a newer one in", async () => {
    await graph.apply([...chain, gone("flow", networkId("flow", 3), 2)]);
    await graph.apply([flow(3, 1, { direction: "input" })]);
    expect((await neighbours(null, 0, 4)).numbers).toEqual([0]);
    await graph.apply([flow(3, 1, { direction: "input", version: 3 })]);
    expect((await neighbours(null, 0, 1)).numbers).toEqual([0, 1]);
    // A tombstone also comes before its record.
    await graph.apply([gone("match", networkId("match", 40), 5)]);
    await graph.apply([match(40, 0, 11)]);
    expect((await neighbours(null, 0, 1)).numbers).toEqual([0, 1]);
  });

  it("goes as many steps as it is asked to, both ways along links", async () => {
    await graph.apply(chain);
    for (const [steps, expected] of [
      [1, [1, 2, 3]],
      [2, [0, 1, 2, 3, 4]],
      [3, [0, 1, 2, 3, 4, 5]],
    ] as const)
      expect((await neighbours(null, 2, steps)).numbers).toEqual(expected);
    const between = await graph.between(
      null,
      networkId("organization", 0),
      networkId("organization", 5),
      { maximumSteps: 5 },
      plenty,
    );
    expect(between.matches).toHaveLength(5);
    expect(
      await graph.between(
        null,
        networkId("organization", 0),
        networkId("organization", 99),
        { maximumSteps: 5 },
        plenty,
      ),
    ).toMatchObject({ organizations: [], isTruncated: false });
  });

  it("says when a limit left something out, and keeps both flows of every link", async () => {
    await graph.apply(chain);
    const few = await neighbours(null, 0, 4, { ...plenty, organizations: 2 });
    expect(few).toMatchObject({ numbers: [0, 1], isTruncated: true });
    const narrow = await neighbours(null, 0, 4, { ...plenty, flows: 5 });
    expect(narrow.isTruncated).toBe(true);
    expect(narrow.flows.length).toBeLessThanOrEqual(5);
    const ids = new Set(narrow.flows.map(({ id }) => id));
    for (const { outputFlowId, inputFlowId } of narrow.matches)
      expect(ids.has(outputFlowId) && ids.has(inputFlowId)).toBe(true);
    expect((await neighbours(null, 0, 4)).isTruncated).toBe(false);
  });

  it("shows each viewer the figures that are its own, and takes the least score by them", async () => {
    await graph.apply(chain);
    const figures = async (who: NetworkViewer) => {
      const [{ score, value } = { score: 0, value: 0 }] = (await neighbours(who, 0, 1)).matches;
      return { score, value };
    };
    expect(await figures(null)).toEqual({ score: 0.9, value: 300 });
    expect(await figures(viewer(0))).toEqual({ score: 0.85, value: 100 });
    expect(await figures(viewer(1))).toEqual({ score: 0.8, value: 200 });
    expect(await figures(viewer(5))).toEqual({ score: 0.75, value: null });
    const atLeast = (who: NetworkViewer) =>
      graph.neighbourhood(who, networkId("organization", 0), { steps: 1, minScore: 0.82 }, plenty);
    expect((await atLeast(viewer(0))).matches).toHaveLength(1);
    expect((await atLeast(viewer(1))).matches).toHaveLength(0);
  });

  it("shows hidden flows to members of the same programme without names, by name to facilitators and open matches, else to nobody", async () => {
    await graph.apply([
      organization(0, { programmeIds: [networkId("programme", 1)], facilitatorIds: [networkId("organization", 7)] }),
      organization(1),
      organization(7),
      organization(8),
      site(0),
      site(1),
      flow(0, 0, { visibility: "network" }),
      flow(1, 1, { visibility: "private", direction: "input" }),
      match(1, 0, 1),
    ]);
    const seen = async (who: NetworkViewer) =>
      (await graph.network(who, {}, plenty)).flows.map(({ id, isOpen, isNamed }) => [id.slice(-1), isOpen, isNamed]);
    expect(await seen(null)).toEqual([
      ["0", true, true],
      ["1", true, true],
    ]);
    expect(await seen(viewer(8, [1]))).toEqual([["0", false, false]]);
    expect(await seen(viewer(8, [2]))).toEqual([]);
    expect(await seen(viewer(7))).toEqual([["0", true, true]]);
    // The other side of an own match is there, but nameless until both are interested.
    expect(await seen(viewer(1))).toEqual([
      ["0", false, false],
      ["1", true, true],
    ]);
    await graph.apply([match(1, 0, 1, { version: 2, isOpen: true })]);
    expect(await seen(viewer(1))).toEqual([
      ["0", true, true],
      ["1", true, true],
    ]);
    expect(await seen(viewer(0))).toEqual([
      ["0", true, true],
      ["1", true, true],
    ]);
    expect(await graph.neighbourhood(viewer(8, [1]), networkId("organization", 0), { steps: 1 }, plenty)).toMatchObject(
      { organizations: [] },
    );
  });

  it("never leads from a name to a pseudonym of the same organization", async () => {
    await graph.apply([
      ...[0, 1, 2].flatMap((number) => [
        organization(number, { programmeIds: [networkId("programme", 1)] }),
        site(number),
      ]),
      flow(0, 0),
      flow(1, 1, { direction: "input" }),
      flow(2, 1, { visibility: "network" }),
      flow(3, 2, { visibility: "network", direction: "input" }),
      match(1, 0, 1),
      match(2, 2, 3),
    ]);
    // Organization 1 has a public flow that matches the viewer's, and a hidden one that matches 2's: that is another node.
    expect((await neighbours(viewer(0, [1]), 0, 4)).numbers).toEqual([0, 1]);
    expect((await neighbours(null, 0, 4)).numbers).toEqual([0, 1, 2]);
  });

  it("lets a new generation be filled while the old one is read, takes both forward, and drops the old", async () => {
    await graph.apply(chain);
    const label = await graph.beginGeneration(at);
    expect(await graph.beginGeneration(at)).toBe(label);
    expect(await graph.generations()).toMatchObject({ building: { label }, retired: 0 });
    expect((await neighbours(null, 0, 4)).numbers).toEqual([0, 1, 2, 3, 4]);
    // What changes meanwhile goes into both, and what the rebuild reads late does not undo it.
    await graph.apply([flow(1, 0, { direction: "input", title: "Changed", version: 2 })]);
    await graph.apply(chain.slice(0, 10));
    expect((await neighbours(null, 0, 4)).flows.find(({ id }) => id === networkId("flow", 1))).toMatchObject({
      title: "Changed",
    });
    expect(await graph.switchGeneration("another", later)).toBe(false);
    expect(await graph.switchGeneration(label, later)).toBe(true);
    expect(await graph.switchGeneration(label, later)).toBe(false);
    const now = await neighbours(null, 0, 4);
    expect(now.numbers).toEqual([0, 1]);
    expect(now.flows.find(({ id }) => id === networkId("flow", 1))).toMatchObject({ title: "Changed" });
    expect(await graph.generations()).toMatchObject({ current: { label }, building: null, retired: 1 });
    expect(await graph.dropRetired(at, 1_000)).toBe(false);
    expect((await graph.generations()).retired).toBe(1);
    let rounds = 0;
    while (await graph.dropRetired(new Date(later.getTime() + 1), 10)) expect(++rounds).toBeLessThan(20);
    expect((await graph.generations()).retired).toBe(0);
    expect((await neighbours(null, 0, 4)).numbers).toEqual([0, 1]);
  });

  it("gives a generation up that is being built", async () => {
    await graph.apply(chain);
    const label = await graph.beginGeneration(at);
    await graph.abandonGeneration(later);
    expect(await graph.generations()).toMatchObject({ building: null, retired: 1 });
    expect(await graph.switchGeneration(label, later)).toBe(false);
    expect(await graph.beginGeneration(later)).not.toBe(label);
  });

  it("lists what it holds by ranges of ids, with a hash of what is really there", async () => {
    await graph.apply(chain);
    const all = await graph.listHeld("flow", never, 100);
    expect(all).toHaveLength(12);
    const part = await graph.listHeld("flow", { after: networkId("flow", 2), until: networkId("flow", 5) }, 100);
    expect(part.map(({ id }) => id)).toEqual([3, 4, 5].map((number) => networkId("flow", number)));
    expect(await graph.listHeld("flow", { after: networkId("flow", 2), until: null }, 2)).toHaveLength(2);
    await under.retitle(networkId("flow", 3), "Tampered with");
    const tampered = await graph.listHeld("flow", never, 100);
    expect(tampered.filter(({ hash }, index) => hash !== all[index]!.hash).map(({ id }) => id)).toEqual([
      networkId("flow", 3),
    ]);
    // The same version is written over what is known to be wrong, and what no record stands for is taken out.
    await graph.apply([{ ...flow(3, 1, { direction: "input" }), replaces: 1 }]);
    expect(await graph.listHeld("flow", never, 100)).toEqual(all);
    await graph.remove("flow", [networkId("flow", 3)]);
    await graph.remove("match", [networkId("match", 5)]);
    expect(await graph.listHeld("flow", never, 100)).toHaveLength(11);
    expect((await neighbours(null, 4, 1)).numbers).toEqual([3, 4]);
    await graph.apply([flow(3, 1, { direction: "input" })]);
    expect((await neighbours(null, 0, 1)).numbers).toEqual([0, 1]);
  });

  it("begins anew where it was emptied by hand", async () => {
    await under.empty();
    expect((await neighbours(null, 0, 1)).organizations).toEqual([]);
    expect(await graph.generations()).toEqual({ current: null, building: null, retired: 0 });
    await graph.apply(chain);
    expect((await neighbours(null, 0, 1)).numbers).toEqual([0, 1]);
  });

  it("keeps any text as it is", async () => {
    const text = "Ærø {Varme} \\ \"'`$x\n\u{1f525} MATCH (n) DETACH DELETE n; DROP TABLE graph_flows; --";
    await graph.apply([organization(0, { name: text }), site(0), flow(0, 0, { title: text })]);
    const found = await neighbours(null, 0, 1);
    expect([found.organizations[0]?.name, found.flows[0]?.title]).toEqual([text, text]);
  });

  it("says that it is unavailable where it is away or refuses the credentials, and that it took too long", async () => {
    await expect(under.openAway().generations()).rejects.toMatchObject({ name: "AppError", code: "unavailable" });
    await expect(under.openAway().apply(chain)).rejects.toMatchObject({ name: "AppError", code: "unavailable" });
    for (const refused of under.openRefused())
      await expect(refused.generations()).rejects.toMatchObject({ name: "AppError", code: "unavailable" });
    const late = under.open(AbortSignal.abort());
    await expect(late.generations()).rejects.toMatchObject({ code: "deadline_exceeded" });
    const soon = new AbortController();
    const running = under.open(soon.signal).apply(chain);
    soon.abort();
    await expect(running).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  it("shows a write to whoever reads next", async () => {
    for (let round = 1; round <= 5; round++) {
      await under.open().apply([organization(0, { name: `Round ${round}`, version: round })]);
      const found = await under.open().neighbourhood(null, networkId("organization", 0), { steps: 1 }, plenty);
      expect(found.organizations[0]?.name).toBe(`Round ${round}`);
    }
  });
});
