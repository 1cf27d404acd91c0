import { beforeAll, describe, expect, it } from "vitest";
import { createId } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, refuse, succeed } from "./support/client.ts";
import { createFlow, createSite, createTenant, siteContent, steamSupply, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;
let stranger: Tenant;

beforeAll(async () => {
  tenant = await createTenant();
  stranger = await createTenant();
});

describe("a site", () => {
  it("comes back as it was sent, its place and footprint to the last digit", async () => {
    const ring = [
      [11.08, 55.66],
      [11.09, 55.66],
      [11.09, 55.67],
      [11.08, 55.66],
    ];
    const hole = [
      [11.087, 55.661],
      [11.088, 55.661],
      [11.088, 55.662],
      [11.087, 55.661],
    ];
    const content = siteContent({
      externalId: `site-${crypto.randomUUID()}`,
      location: { type: "Point", coordinates: [11.084812345678, 55.661471234567] },
      footprint: { type: "Polygon", coordinates: [ring, hole] },
      nace: "35.11",
      address: { street: "Asnæsvej 16", postalCode: "4400", locality: "Kalundborg", region: null },
    });
    const created = await call("POST", "/v1/sites", { key: tenant.key, body: content });
    expect(created.body).toMatchObject({ ...content, organizationId: tenant.id, version: 1 });
    expect(created.headers.get("location")).toBe(`/v1/sites/${created.body.id}`);
    expect((await call("GET", `/v1/sites/${created.body.id}`, { key: tenant.key })).text).toBe(created.text);
  });

  it("takes the flows that stand on it along when it moves", async () => {
    const site = await createSite(tenant, { location: { type: "Point", coordinates: [20.5, 61.5] } });
    const flow = await createFlow(tenant, steamSupply(site.id, { visibility: "private" }));
    const body = { location: { coordinates: [21.5, 61.5] } };
    await succeed(200, "PATCH", `/v1/sites/${site.id}`, { key: tenant.key, body });
    const { data } = await succeed(200, "GET", "/v1/flows?near=21.5,61.5&radiusMeters=100", { key: tenant.key });
    expect(data.map(({ id }: Json) => id)).toEqual([flow.id]);
  });

  it("is not deleted while flows stand on it", async () => {
    const site = await createSite(tenant);
    const flow = await createFlow(tenant, steamSupply(site.id, { visibility: "private" }));
    const problem = await refuse(409, "DELETE", `/v1/sites/${site.id}`, { key: tenant.key });
    expect(problem.reason).toBe("site_has_flows");
    await succeed(204, "DELETE", `/v1/flows/${flow.id}`, { key: tenant.key });
    await succeed(204, "DELETE", `/v1/sites/${site.id}`, { key: tenant.key });
    await refuse(404, "GET", `/v1/sites/${site.id}`, { key: tenant.key });
    await refuse(400, "POST", "/v1/flows", { key: tenant.key, body: steamSupply(site.id) });
  });

  it("is seen by others only behind a public flow, and without its externalId", async () => {
    const externalId = `behind-${crypto.randomUUID()}`;
    const site = await createSite(tenant, { externalId });
    const path = `/v1/sites/${site.id}`;
    await refuse(404, "GET", path, { key: stranger.key });
    const flow = await createFlow(tenant, steamSupply(site.id));
    expect(await succeed(200, "GET", path, { key: stranger.key })).toMatchObject({ id: site.id, externalId: null });
    const list = `/v1/sites?organizationId=${tenant.id}`;
    expect((await succeed(200, "GET", list, { key: stranger.key })).data.map(({ id }: Json) => id)).toEqual([site.id]);
    for (const method of ["PATCH", "DELETE"])
      await refuse(404, method, path, { key: stranger.key, ...(method === "PATCH" ? { body: { name: "Mine" } } : {}) });
    for (const path of [`/v1/sites/${site.id}`, `/v1/flows/${flow.id}`]) {
      const stale = { "if-match": '"99"' };
      await refuse(404, "PATCH", path, { key: stranger.key, body: { name: "Mine" }, headers: stale });
      await refuse(404, "PATCH", path, { key: stranger.key, body: { nonsense: 1 } });
    }
    await refuse(400, "POST", "/v1/flows", { key: stranger.key, body: steamSupply(site.id) });
    await succeed(200, "PATCH", `/v1/flows/${flow.id}`, { key: tenant.key, body: { visibility: "private" } });
    await refuse(404, "GET", path, { key: stranger.key });
  });

  it("is found by its externalId within its own organization", async () => {
    const externalId = `mine-${crypto.randomUUID()}`;
    const site = await createSite(tenant, { externalId });
    const found = async (key: string) =>
      (await succeed(200, "GET", `/v1/sites?externalId=${externalId}`, { key })).data.map(({ id }: Json) => id);
    expect(await found(tenant.key)).toEqual([site.id]);
    expect(await found(stranger.key)).toEqual([]);
    expect(await found(operatorKey)).toEqual([site.id]);
  });

  it("that does not exist is not found", async () => {
    for (const method of ["GET", "DELETE"])
      await refuse(404, method, `/v1/sites/${createId("site")}`, { key: tenant.key });
  });
});
