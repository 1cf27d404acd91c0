import { beforeAll, describe, expect, it } from "vitest";
import { createId } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, pointersOf, refuse, succeed } from "./support/client.ts";
import {
  createFlow,
  createSite,
  createTenant,
  randomPlace,
  steamNeed,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let tenant: Tenant;
let stranger: Tenant;
let site: Json;

beforeAll(async () => {
  tenant = await createTenant();
  stranger = await createTenant();
  site = await createSite(tenant);
});

const supply = (content: object = {}) =>
  createFlow(tenant, steamSupply(site.id, { visibility: "private", ...content }));

describe("a flow", () => {
  it("is answered whole, with every default filled in and what remains of it", async () => {
    const externalId = `whole-${crypto.randomUUID()}`;
    const created = await call("POST", "/v1/flows", {
      key: tenant.key,
      body: {
        siteId: site.id,
        externalId,
        direction: "output",
        kind: "waste",
        title: "Sludge",
        quantity: { amount: 1_000, unit: "t/a" },
      },
    });
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toBe(`/v1/flows/${created.body.id}`);
    expect(created.body).toMatchObject({
      organizationId: tenant.id,
      siteId: site.id,
      externalId,
      grade: "waste",
      legalStatus: "waste",
      status: "active",
      visibility: "network",
      notes: null,
      quality: {},
      quantity: { amount: 1_000, unit: "t/a", basis: "rate", uncertainty: null, minimumLot: null },
      remaining: { amount: 1_000, unit: "t/a" },
      availability: { pattern: "continuous", months: null, weekly: null, rrule: null },
      economics: { price: null, disposalCost: null, virginPrice: null, treatmentCost: null, floor: null },
      precision: { level: "estimated" },
      version: 1,
    });
    const read = await call("GET", `/v1/flows/${created.body.id}`, { key: tenant.key });
    expect(read.text).toBe(created.text);
  });

  it("can be seen by others where it is public and no draft, without costs, floor and whom it blocks", async () => {
    const price = (amount: string) => ({ amount, currency: "EUR", per: "t" });
    const content = {
      visibility: "public",
      economics: {
        price: price("6.00"),
        disposalCost: price("1.00"),
        treatmentCost: price("2.00"),
        floor: price("3.00"),
      },
      constraints: { blockedOrganizationIds: [createId("organization")], maximumDistanceMeters: 5_000 },
    };
    const open = await supply(content);
    const seen = await succeed(200, "GET", `/v1/flows/${open.id}`, { key: stranger.key });
    const hidden = { disposalCost: null, virginPrice: null, treatmentCost: null, floor: null };
    expect(seen.economics).toEqual({ price: price("6.00"), ...hidden });
    expect(seen.constraints).toMatchObject({ blockedOrganizationIds: [], maximumDistanceMeters: 5_000 });
    expect((await succeed(200, "GET", `/v1/sites/${site.id}`, { key: stranger.key })).id).toBe(site.id);
    const draft = await supply({ ...content, status: "draft" });
    for (const { id } of [draft, await supply({ visibility: "network" }), await supply()])
      await refuse(404, "GET", `/v1/flows/${id}`, { key: stranger.key });
    for (const method of ["DELETE", "PATCH"])
      await refuse(404, method, `/v1/flows/${open.id}`, {
        key: stranger.key,
        ...(method === "PATCH" ? { body: {} } : {}),
      });
    await refuse(404, "POST", `/v1/flows/${open.id}/withdraw`, { key: stranger.key });
  });

  it("is gone once it is deleted, and its externalId is free again", async () => {
    const externalId = `again-${crypto.randomUUID()}`;
    const first = await supply({ externalId });
    await succeed(204, "DELETE", `/v1/flows/${first.id}`, { key: tenant.key });
    for (const method of ["GET", "DELETE"]) await refuse(404, method, `/v1/flows/${first.id}`, { key: tenant.key });
    expect((await supply({ externalId })).id).not.toBe(first.id);
  });

  it("is moved by the table of its states", async () => {
    const moves: Record<string, Record<string, string | null>> = {
      draft: { activate: "active", pause: null, withdraw: "withdrawn" },
      active: { activate: null, pause: "paused", withdraw: "withdrawn" },
      paused: { activate: "active", pause: null, withdraw: "withdrawn" },
      withdrawn: { activate: null, pause: null, withdraw: null },
    };
    for (const [from, outcomes] of Object.entries(moves))
      for (const [move, to] of Object.entries(outcomes)) {
        const { id } = await supply({ status: from === "draft" ? "draft" : "active" });
        if (from === "paused") await succeed(200, "POST", `/v1/flows/${id}/pause`, { key: tenant.key });
        if (from === "withdrawn") await succeed(200, "POST", `/v1/flows/${id}/withdraw`, { key: tenant.key });
        const answer = await call("POST", `/v1/flows/${id}/${move}`, { key: tenant.key });
        expect(answer.status, `${from} ${move}`).toBe(to ? 200 : 409);
        if (to) expect(answer.body.status).toBe(to);
        else expect(answer.body.reason).toBe("flow_state");
      }
    const { id } = await supply();
    await refuse(404, "POST", `/v1/flows/${id}/sell`, { key: tenant.key });
  });

  it("counts on the grade for the units that it may have", async () => {
    const body = { ...steamSupply(site.id), kind: "water", grade: "surface_water", quality: {} };
    const volume = { ...body, quantity: { amount: 1_000, unit: "m3/a" } };
    await succeed(201, "POST", "/v1/flows", { key: tenant.key, body: { ...volume, visibility: "private" } });
    const energy = { ...body, quantity: { amount: 1_000, unit: "MW.h/a" } };
    const problem = await refuse(400, "POST", "/v1/flows", { key: tenant.key, body: energy });
    expect(pointersOf(problem)).toEqual(["/quantity/unit"]);
  });
});

describe("the list of flows", () => {
  let near: Json;
  let far: Json;
  let far2: Json;
  const [longitude, latitude] = randomPlace();

  beforeAll(async () => {
    const owner = { location: { type: "Point", coordinates: [longitude, latitude] } };
    const away = { location: { type: "Point", coordinates: [longitude, latitude + 0.1] } };
    const [nearSite, farSite] = [await createSite(tenant, owner), await createSite(tenant, away)];
    near = await createFlow(
      tenant,
      steamSupply(nearSite.id, { visibility: "private", externalId: `near-${nearSite.id}` }),
    );
    far = await createFlow(tenant, steamNeed(farSite.id, { visibility: "public", status: "draft" }));
    far2 = await createFlow(tenant, {
      ...steamSupply(farSite.id, { visibility: "public" }),
      kind: "byproduct",
      grade: "gypsum",
      quality: {},
    });
  });

  const around = `near=${longitude},${latitude}`;
  const box = (north: number) =>
    `bbox=${[longitude - 0.01, latitude - 0.01, longitude + 0.01, latitude + north].map((degrees) => degrees.toFixed(5))}`;

  async function found(filter: string, key = tenant.key): Promise<string[]> {
    const { data } = await succeed(200, "GET", `/v1/flows?${filter}`, { key });
    return data.map(({ id }: Json) => id).sort();
  }

  const ids = (...flows: Json[]) => flows.map(({ id }) => id).sort();

  it("is narrowed by each filter, and by several at once", async () => {
    const place = `${around}&radiusMeters=20000`;
    expect(await found(place)).toEqual(ids(near, far, far2));
    expect(await found(`${around}&radiusMeters=11000`)).toEqual(ids(near));
    expect(await found(`${around}&radiusMeters=11200`)).toEqual(ids(near, far, far2));
    expect(await found(box(0.01))).toEqual(ids(near));
    expect(await found(box(0.11))).toEqual(ids(near, far, far2));
    for (const [filter, flows] of [
      ["kind=byproduct", [far2]],
      ["kind=steam", [near, far]],
      ["kind=heat", []],
      ["grade=gypsum", [far2]],
      ["direction=input", [far]],
      ["direction=output&kind=steam", [near]],
      ["status=draft", [far]],
      ["status=active", [near, far2]],
      [`siteId=${near.siteId}`, [near]],
      [`siteId=${createId("site")}`, []],
      [`organizationId=${tenant.id}`, [near, far, far2]],
      [`organizationId=${stranger.id}`, []],
      [`externalId=${near.externalId}`, [near]],
      ["updatedAfter=2026-01-01T00:00:00%2B02:00", [near, far, far2]],
      ["updatedAfter=2999-01-01T00:00:00Z", []],
      [`updatedAfter=${near.updatedAt}`, [far, far2]],
    ] as [string, Json[]][])
      expect(await found(`${place}&${filter}`), filter).toEqual(ids(...flows));
  });

  it("shows others what they may see, and finds nothing by an externalId of another's", async () => {
    const place = `${around}&radiusMeters=20000`;
    expect(await found(place, stranger.key)).toEqual(ids(far2));
    expect(await found(`${place}&externalId=${near.externalId}`, stranger.key)).toEqual([]);
    expect(await found(place, operatorKey)).toEqual(ids(near, far, far2));
  });

  it("finds across the antimeridian by a box whose west is east of its east", async () => {
    const east = await createSite(tenant, { location: { type: "Point", coordinates: [179.9, latitude] } });
    const west = await createSite(tenant, { location: { type: "Point", coordinates: [-179.9, latitude] } });
    const flows = [
      await createFlow(tenant, steamSupply(east.id, { visibility: "private" })),
      await createFlow(tenant, steamSupply(west.id, { visibility: "private" })),
    ];
    const [south, north] = [(latitude - 0.01).toFixed(5), (latitude + 0.01).toFixed(5)];
    expect(await found(`bbox=179,${south},-179,${north}`)).toEqual(ids(...flows));
    expect(await found(`near=180,${latitude}&radiusMeters=15000`)).toEqual(ids(...flows));
  });
});
