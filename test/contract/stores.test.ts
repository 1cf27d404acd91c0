import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../src/domain/actor.ts";
import type { Cell } from "../../src/domain/cell.ts";
import type { ChangeStamp } from "../../src/domain/change.ts";
import { type Flow, type FlowInput, flowContentSchema } from "../../src/domain/flow.ts";
import { computeSearchFacts } from "../../src/domain/flowSearch.ts";
import { createId, idFromUuid, uuidOf } from "../../src/domain/ids.ts";
import { type Site, type SiteInput, siteContentSchema } from "../../src/domain/site.ts";
import { createFlowStore } from "../../src/stores/records/flows.ts";
import { createMatchStore } from "../../src/stores/records/matches.ts";
import { createOrganizationStore } from "../../src/stores/records/organizations.ts";
import { createSiteStore } from "../../src/stores/records/sites.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { insertSample, sampleIds, writeSamples } from "../support/sampleRows.ts";
import { openStoresUnderTest, type StoresUnderTest } from "../support/storesUnderTest.ts";

const at = new Date("2027-03-01T10:00:00.000Z");
const acmeId = idFromUuid("organization", sampleIds.acme);
const borealisId = idFromUuid("organization", sampleIds.borealis);
const memberOf = (organizationId: typeof acmeId): Actor => ({
  kind: "member",
  organizationId,
  memberId: null,
  role: "owner",
  scopes: [],
  credential: idFromUuid("apiKey", sampleIds.acmeKey),
});
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const stampOf = (actor: Actor): ChangeStamp => ({
  actor,
  at,
  requestId: "r",
  traceparent,
  addressHash: null,
  idempotency: null,
});
const acme = stampOf(memberOf(acmeId));
const borealis = stampOf(memberOf(borealisId));
const operator = stampOf({ kind: "operator", credential: "op_1" });
const revision = { version: 1, createdAt: at.toISOString(), updatedAt: at.toISOString() };

function siteOf(input: Partial<SiteInput> = {}): Site {
  const content = siteContentSchema.parse({
    name: "Works",
    location: { type: "Point", coordinates: [11.123456789012, 55.67] },
    timeZone: "Europe/Copenhagen",
    country: "DK",
    ...input,
  });
  return { id: createId("site"), organizationId: acmeId, ...revision, ...content };
}

function flowOf(input: Partial<FlowInput> = {}): Flow {
  const content = flowContentSchema.parse({
    siteId: idFromUuid("site", sampleIds.acmeSite),
    direction: "output",
    kind: "heat",
    title: "Warm water",
    quantity: { amount: 10, unit: "GW.h/a" },
    ...input,
  });
  return {
    ...content,
    id: createId("flow"),
    organizationId: acmeId,
    grade: "heat",
    legalStatus: "product",
    status: "active",
    reservedAmount: 0,
    ...revision,
  };
}

const cell: Cell = { id: "871f05833ffffff", center: [11.09, 55.67], radiusMeters: 1_400 };
const square = {
  type: "Polygon" as const,
  coordinates: [
    [
      [11, 55],
      [11.1, 55],
      [11.1, 55.1],
      [11, 55],
    ] as [number, number][],
  ],
};

describe.each(enginesUnderTest)("the stores on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    await writeSamples(stores);
  });
  afterAll(() => stores?.close());

  const sites = () => createSiteStore(stores.connect());
  const flows = () => createFlowStore(stores.connect());
  const matches = () => createMatchStore(stores.connect());
  const writeFlow = async (flow: Flow) => (await flows().create(acme, flow, computeSearchFacts(flow), [])).value;
  const eventsOf = async (id: string) =>
    (await stores.run("SELECT type FROM outbox WHERE subject_id = $1 ORDER BY xid, sequence", [id])).map(({ type }) =>
      type!.replace("turash.", ""),
    );

  /** Runs it and expects that it took one round trip. */
  async function once<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = stores.server.trips();
    const result = await work();
    expect(stores.server.trips() - before).toBe(1);
    return result;
  }

  it("keep a site as it was written, one round trip a call", async () => {
    const site = siteOf({ externalId: "lab", footprint: square, address: { locality: "Kalundborg" }, nace: "35.11" });
    expect(await once(() => sites().create(acme, site, cell, []))).toEqual({ value: site, replayed: false });
    expect(await once(() => sites().find(acme, site.id))).toEqual(site);
    const page = { limit: 10, after: null };
    expect(await once(() => sites().list(acme, { externalId: "lab" }, page))).toEqual({ items: [site], next: null });

    const renamed = { ...site, name: "Renamed", version: 2 };
    expect(await once(() => sites().update(acme, site.id, 1, renamed, cell, []))).toMatchObject({ value: renamed });
    expect(await once(() => sites().update(acme, site.id, 1, site, cell, []))).toEqual({
      kind: "refused",
      current: { version: 2 },
    });
    expect(await sites().update(borealis, site.id, 2, site, cell, [])).toEqual({ kind: "missing" });
    expect(await once(() => sites().delete(acme, site.id, 2))).toMatchObject({ kind: "written" });
    expect(await sites().find(acme, site.id)).toBeNull();
    expect(await eventsOf(uuidOf(site.id))).toEqual(["site.created", "site.updated", "site.deleted"]);
  });

  it("replace a site by its externalId only where it differs and is as expected", async () => {
    const put = (input: Partial<SiteInput>, expectation: { version: number } | "absent" | null = null) =>
      once(() => sites().put(acme, siteOf({ externalId: "put", footprint: square, ...input }), cell, expectation, []));
    expect(await put({}, { version: 1 })).toEqual({ kind: "missing" });
    expect(await put({}, "absent")).toMatchObject({ kind: "written", value: { created: true } });
    expect(await put({})).toMatchObject({ kind: "refused", current: { version: 1 } });
    expect(await put({ name: "Second" }, "absent")).toMatchObject({ kind: "refused", current: { version: 1 } });
    expect(await put({ name: "Second" }, { version: 1 })).toMatchObject({
      kind: "written",
      value: { created: false, record: { name: "Second", version: 2 } },
    });
    expect(await put({ name: "Third" }, { version: 1 })).toMatchObject({ kind: "refused", current: { version: 2 } });
  });

  it("keep a flow as it was written, and move it", async () => {
    const flow = flowOf({
      externalId: "kept",
      quality: { temperature: { minimum: 80, maximum: 90, unit: "Cel" } },
      economics: { price: { amount: "1.50", currency: "EUR", per: "MW.h" } },
    });
    expect(await once(() => writeFlow(flow))).toEqual(flow);
    expect(await once(() => flows().find(acme, flow.id))).toEqual({
      flow,
      hidden: null,
      tagVersion: "0",
      isOpened: false,
    });
    const changed = { ...flow, title: "Warmer water" };
    expect(await once(() => flows().update(acme, changed, computeSearchFacts(changed), []))).toMatchObject({
      kind: "written",
      value: { title: "Warmer water", version: 2 },
    });
    const pause = { name: "pause", from: ["active"], to: "paused", eventType: "turash.flow.paused" } as const;
    expect(await once(() => flows().move(acme, flow.id, pause, 2))).toMatchObject({ value: { status: "paused" } });
    expect(await flows().move(acme, flow.id, pause, null)).toEqual({
      kind: "refused",
      current: { version: 3, status: "paused" },
    });
    expect(await once(() => flows().delete(acme, flow.id, null))).toMatchObject({ kind: "written" });
    expect(await eventsOf(uuidOf(flow.id))).toEqual(["flow.created", "flow.updated", "flow.paused", "flow.deleted"]);
  });

  it("show others what is public of a flow and nothing of its owner's costs", async () => {
    const blocked = { blockedOrganizationIds: [createId("organization")] };
    const open = await writeFlow(flowOf({ constraints: blocked, visibility: "public" }));
    const hidden = await writeFlow(flowOf({ visibility: "private" }));
    expect((await flows().find(borealis, open.id))?.flow.constraints.blockedOrganizationIds).toEqual([]);
    expect((await flows().find(operator, open.id))?.flow.constraints).toMatchObject(blocked);
    expect(await flows().find(borealis, hidden.id)).toBeNull();

    const alone = siteOf({ externalId: "alone" });
    await sites().create(acme, alone, cell, []);
    expect(await sites().find(borealis, alone.id)).toBeNull();
    const shown = await writeFlow(flowOf({ siteId: alone.id, visibility: "public" }));
    expect(await sites().find(borealis, alone.id)).toMatchObject({ externalId: null, name: "Works" });
    await flows().delete(acme, shown.id, null);
    expect(await sites().find(borealis, alone.id)).toBeNull();
  });

  it("write into an organization's audit log what the operator read of it", async () => {
    const readings = async () =>
      (await stores.run("SELECT action, organization_id, subject_id FROM audit_entries WHERE actor = 'operator'")).map(
        (row) => `${row.action} ${row.organization_id} ${row.subject_id}`,
      );
    const before = await readings();
    await once(() => flows().find(operator, idFromUuid("flow", sampleIds.acmeFlow)));
    await once(() => matches().view(operator, idFromUuid("match", sampleIds.match)));
    await flows().find(acme, idFromUuid("flow", sampleIds.acmeFlow));
    const after = await readings();
    expect(after).toHaveLength(before.length + 2);
    expect(after).toContain(`flow.read ${sampleIds.acme} ${sampleIds.acmeFlow}`);
    expect(after).toContain(`match.read ${sampleIds.acme} ${sampleIds.match}`);
  });

  it("never leave a flow on a site that was deleted at the same moment", async () => {
    for (let round = 0; round < 12; round++) {
      const site = siteOf();
      await sites().create(acme, site, cell, []);
      const flow = flowOf({ siteId: site.id });
      const [written, deleted] = await Promise.allSettled([writeFlow(flow), sites().delete(acme, site.id, null)]);
      const stands = written.status === "fulfilled";
      const isGone = deleted.status === "fulfilled" && deleted.value.kind === "written";
      expect([stands, isGone]).toContain(true);
      expect(stands && isGone).toBe(false);
      if (written.status === "rejected") expect(written.reason).toMatchObject({ code: "invalid" });
      if (deleted.status === "rejected")
        expect(deleted.reason).toMatchObject({ details: { reason: "site_has_flows" } });
    }
    expect(
      await stores.run(
        "SELECT f.id FROM flows f JOIN sites s ON s.id = f.site_id WHERE f.deleted_at IS NULL AND s.deleted_at IS NOT NULL",
      ),
    ).toEqual([]);
  });

  it("count the interest of both sides, also when they show it at once, and end the match with its flow", async () => {
    for (let round = 0; round < 6; round++) {
      const flow = await writeFlow(flowOf({ visibility: "public" }));
      const match = createId("match");
      const pair = { id: `'${uuidOf(match)}'`, output_flow_id: `'${uuidOf(flow.id)}'` };
      await stores.run(insertSample("matches", pair));
      expect(await matches().view(borealis, match)).toMatchObject({ state: "viewed", version: 2 });
      await Promise.all([acme, borealis, acme].map((side) => matches().showInterest(side, match)));
      expect(await matches().view(acme, match)).toMatchObject({
        state: "interested_both",
        version: 4,
        interest: { output: true, input: true },
      });
      await once(() => flows().delete(acme, flow.id, null));
      expect(await matches().view(borealis, match)).toMatchObject({ state: "withdrawn", version: 5 });
      expect(await eventsOf(uuidOf(match))).toEqual([
        "match.viewed",
        "match.interested",
        "match.interested",
        "match.withdrawn",
      ]);
    }
  });

  it("close an organization with its flows, keys and open matches in one statement", async () => {
    const organizations = createOrganizationStore(stores.connect());
    const match = idFromUuid("match", sampleIds.match);
    expect(await once(() => organizations.close(operator, borealisId, null))).toMatchObject({ kind: "written" });
    expect(await stores.run("SELECT status FROM flows WHERE id = $1", [sampleIds.borealisFlow])).toEqual([
      { status: "withdrawn" },
    ]);
    expect(await matches().view(acme, match)).toMatchObject({ state: "withdrawn" });
    expect(await eventsOf(sampleIds.borealis)).toEqual(["organization.deleted"]);
    expect(await eventsOf(sampleIds.borealisFlow)).toEqual(["flow.withdrawn"]);
    expect(await organizations.close(operator, borealisId, null)).toEqual({ kind: "missing" });
  });
});
