import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TurashEvent } from "../../src/domain/event.ts";
import { idFromUuid } from "../../src/domain/ids.ts";
import { networkNouns } from "../../src/domain/network.ts";
import type { Services } from "../../src/operations/context.ts";
import { beginRebuild, continueRebuild, dropReplaced, type GraphServices } from "../../src/operations/graphRebuild.ts";
import { type Place, type Reconciliation, reconcileFrom } from "../../src/operations/graphReconciliation.ts";
import { projectEvents } from "../../src/operations/networkProjection.ts";
import { createGraphTaskStore } from "../../src/stores/records/graphTasks.ts";
import { createNetworkRecordStore } from "../../src/stores/records/networkRecords.ts";
import { type GraphUnderTest, graphsUnderTest } from "../support/graphsUnderTest.ts";
import { insertSample, sampleIds, writeSamples } from "../support/sampleRows.ts";
import type { StoresUnderTest } from "../support/storesUnderTest.ts";

const at = new Date("2027-03-01T10:00:00.000Z");
const later = new Date("2027-03-01T11:00:00.000Z");
const always = () => true;
const start: Place = { noun: networkNouns[0], after: null };
const plenty = { organizations: 100, flows: 100, links: 100 };
const acme = idFromUuid("organization", sampleIds.acme);
const acmeFlow = idFromUuid("flow", sampleIds.acmeFlow);
const borealisFlow = idFromUuid("flow", sampleIds.borealisFlow);

/** Evaluations as the network reads them. */
const evaluation = (score: number) =>
  `'{"score": ${score}, "money": {"basis": "per_year", "perYear": {"joint": "30.00", "seller": "10.00", "buyer": "20.00", "currency": "EUR"}}}'`;

describe.each(graphsUnderTest)("the upkeep of the graph on $name", ({ open }) => {
  let under: GraphUnderTest;
  let stores: StoresUnderTest;
  let services: GraphServices;
  beforeAll(async () => {
    under = await open();
    stores = await under.openRecords();
    await writeSamples(stores);
    await stores.run("UPDATE matches SET evaluation = $1, output_view = $2, input_view = $3", [
      evaluation(0.91).slice(1, -1),
      evaluation(0.9).slice(1, -1),
      evaluation(0.85).slice(1, -1),
    ]);
    const database = stores.connect();
    services = {
      graph: under.open(),
      networkRecords: createNetworkRecordStore(database),
      graphTasks: createGraphTaskStore(database),
    };
  });
  afterAll(() => under?.close());
  beforeEach(async () => {
    await under.empty();
    await services.graph.migrate();
    await stores.script("DELETE FROM graph_tasks");
  });

  const rebuild = async () => continueRebuild(services, await beginRebuild(services, at), at, always);
  /** In steps of one range, as a client goes on by `next`. */
  const reconcile = async (isRepairing: boolean) => {
    const found: Reconciliation["differences"] = [];
    for (let place: Place | null = start; place !== null; ) {
      const step: Reconciliation = await reconcileFrom(services, place, isRepairing, () => false);
      found.push(...step.differences);
      place = step.next;
    }
    return found;
  };
  const project = (...events: Pick<TurashEvent, "type" | "subject" | "data">[]) =>
    projectEvents(
      { services: services as Services },
      events.map((event) => ({
        ...event,
        id: idFromUuid("event", sampleIds.match),
        time: at.toISOString(),
        organizationIds: [],
        traceparent: null,
      })),
    );

  it("makes the graph anew from the records, what each side of a match may know with it", async () => {
    expect(await rebuild()).toMatchObject({ state: "done", noun: null, finishedAt: at.toISOString() });
    const found = await services.graph.neighbourhood(null, acme, { steps: 1 }, plenty);
    expect(found.organizations).toHaveLength(2);
    expect(found.matches).toMatchObject([
      { outputFlowId: acmeFlow, inputFlowId: borealisFlow, score: 0.91, value: 30 },
    ]);
    expect(found.exchanges).toMatchObject([{ quantity: { amount: 5, unit: "t/a" }, visibility: "private" }, {}]);
    const own = await services.graph.neighbourhood(
      { organizationId: acme, programmeIds: [] },
      acme,
      { steps: 1 },
      plenty,
    );
    expect(own.matches).toMatchObject([{ score: 0.9, value: 10 }]);
    const { grade } = await services.graph.summarize();
    expect(grade.count).toBeGreaterThan(100);
    expect(await reconcile(false)).toEqual([]);
  });

  it("goes on where it was broken off, and lets the graph be read and written meanwhile", async () => {
    await rebuild();
    const begun = await beginRebuild(services, later);
    let steps = 0;
    const broken = await continueRebuild(services, begun, later, () => steps++ < 2);
    expect(broken).toMatchObject({ state: "running", noun: "flow" });
    expect((await services.graph.neighbourhood(null, acme, { steps: 1 }, plenty)).organizations).toHaveLength(2);
    // A change of what was written already comes by its event, into both.
    await stores.run("UPDATE sites SET name = 'Renamed', version = version + 1 WHERE id = $1", [sampleIds.acmeSite]);
    await project({
      type: "turash.site.updated",
      subject: idFromUuid("site", sampleIds.acmeSite),
      data: { version: 2 },
    });
    expect(await beginRebuild(services, later)).toMatchObject({ label: begun.label, noun: "flow" });
    // Somebody who goes on from where it no longer is does nothing.
    expect(await continueRebuild(services, begun, later, always)).toMatchObject({ state: "running", noun: "flow" });
    expect(await continueRebuild(services, broken, later, always)).toMatchObject({ state: "done" });
    expect(await reconcile(false)).toEqual([]);
    const { sites } = await services.graph.neighbourhood(null, acme, { steps: 1 }, plenty);
    expect(sites.map(({ name }) => name)).toContain("Renamed");
    expect((await services.graph.generations()).retired).toBe(2);
    await dropReplaced(services, new Date(later.getTime() + 120_000), always);
    expect((await services.graph.generations()).retired).toBe(0);
    expect(await reconcile(false)).toEqual([]);
  });

  it("begins a rebuild anew where its generation is gone", async () => {
    let steps = 0;
    const begun = await beginRebuild(services, at);
    await continueRebuild(services, begun, at, () => steps++ < 2);
    await under.empty();
    await services.graph.migrate();
    const again = await beginRebuild(services, at);
    expect(again).toMatchObject({ state: "running", noun: networkNouns[0], written: 0 });
    expect(again.label).not.toBe(begun.label);
    expect(await rebuild()).toMatchObject({ state: "done" });
    expect(await reconcile(false)).toEqual([]);
  });

  it("finds what is missing, changed or too much, and repairs it", async () => {
    await rebuild();
    const stray = idFromUuid("flow", sampleIds.match);
    const { graph, networkRecords } = services;
    const [held] = await networkRecords.page("flow", { after: null, until: null }, 1);
    await graph.apply([{ ...held, id: stray } as Parameters<typeof graph.apply>[0][number]]);
    await under.retitle(acmeFlow, "Tampered with");
    await graph.apply([{ noun: "flow", id: borealisFlow, version: 9, isGone: true }]);
    const expected = [
      { noun: "flow", id: acmeFlow, kind: "changed" },
      { noun: "flow", id: borealisFlow, kind: "missing" },
      { noun: "flow", id: stray, kind: "extra" },
    ];
    const found = await reconcile(false);
    expect(found).toHaveLength(expected.length);
    expect(found).toEqual(expect.arrayContaining(expected));
    expect(await reconcile(true)).toHaveLength(expected.length);
    expect(await reconcile(false)).toEqual([]);
    expect((await graph.neighbourhood(null, acme, { steps: 1 }, plenty)).organizations).toHaveLength(2);
  });

  it("repairs a graph that was emptied by hand", async () => {
    await rebuild();
    await under.empty();
    const found = await reconcile(true);
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(["missing"]));
    expect(await reconcile(false)).toEqual([]);
    expect((await services.graph.neighbourhood(null, acme, { steps: 1 }, plenty)).exchanges).toHaveLength(2);
  });

  it("follows an organization that joins a programme, lets facilitators in, and leaves; and matches that end", async () => {
    await rebuild();
    const programme = idFromUuid("programme", sampleIds.programme);
    const borealis = idFromUuid("organization", sampleIds.borealis);
    const { graph } = services;
    const joins = (version: number) => ({
      type: "turash.programme.joined" as const,
      subject: programme,
      data: { version, organizationId: borealis, state: "joined" },
    });
    const programmesOf = async () =>
      (await graph.neighbourhood(null, borealis, { steps: 1 }, plenty)).organizations.find(({ id }) => id === borealis);
    const row = { state: "'joined'", joined_at: "now()", shares_with_facilitators: "true" };
    await stores.run(insertSample("programme_participants", row));
    await project(joins(2));
    expect(await programmesOf()).toMatchObject({ programmeIds: [programme], facilitatorIds: [acme] });
    await stores.run(
      `UPDATE programme_participants SET state = 'left', left_at = now(), shares_with_facilitators = false, version = version + 1 WHERE organization_id = $1`,
      [sampleIds.borealis],
    );
    await project(joins(2), joins(2));
    expect(await programmesOf()).toMatchObject({ programmeIds: [], facilitatorIds: [] });
    await stores.run("UPDATE matches SET state = 'declined', version = version + 1");
    await project({
      type: "turash.match.declined",
      subject: idFromUuid("match", sampleIds.match),
      data: { version: 2, state: "declined", round: 1 },
    });
    expect((await graph.neighbourhood(null, acme, { steps: 1 }, plenty)).matches).toEqual([]);
    await stores.run("UPDATE matches SET state = 'suggested', version = version + 1");
    await project({
      type: "turash.match.suggested",
      subject: idFromUuid("match", sampleIds.match),
      data: { version: 3 },
    });
    expect((await graph.neighbourhood(null, acme, { steps: 1 }, plenty)).matches).toHaveLength(1);
    expect(await reconcile(false)).toEqual([]);
  });
});
