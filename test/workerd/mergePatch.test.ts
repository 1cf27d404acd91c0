import { beforeAll, describe, expect, it } from "vitest";
import { call, type Json, operatorKey, pointersOf, refuse, succeed } from "./support/client.ts";
import { countRows } from "./support/database.ts";
import { createFlow, createSite, createTenant, steamSupply, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;
let site: Json;

beforeAll(async () => {
  tenant = await createTenant({ nace: "35.11" });
  site = await createSite(tenant, { nace: "35.11", address: { street: "Asnæsvej 16", locality: "Kalundborg" } });
});

function newFlow(content: object = {}): Promise<Json> {
  return createFlow(tenant, steamSupply(site.id, { visibility: "private", ...content }));
}

function patch(path: string, body: unknown, status = 200): Promise<Json> {
  return succeed(status, "PATCH", path, { key: tenant.key, body });
}

describe("PATCH", () => {
  it("changes what it states and leaves the rest", async () => {
    const flow = await newFlow({ notes: "Behind the hall" });
    const changed = await patch(`/v1/flows/${flow.id}`, { quantity: { amount: 600_000 }, title: "More steam" });
    const {
      version: _1,
      updatedAt: _2,
      ...expected
    } = {
      ...flow,
      title: "More steam",
      quantity: { ...flow.quantity, amount: 600_000 },
      remaining: { amount: 600_000, unit: "t/a" },
    };
    expect(changed).toMatchObject(expected);
    expect(changed.version).toBe(flow.version + 1);
    expect(await succeed(200, "GET", `/v1/flows/${flow.id}`, { key: tenant.key })).toEqual(changed);
  });

  it("takes null for the field's default, and within an object for the object's part", async () => {
    const flow = await newFlow({
      notes: "Behind the hall",
      economics: { price: { amount: "6.00", currency: "EUR", per: "t" } },
    });
    const changed = await patch(`/v1/flows/${flow.id}`, {
      notes: null,
      economics: { price: null },
      quality: { pressure: null },
      visibility: null,
    });
    expect(changed).toMatchObject({ notes: null, visibility: "network" });
    expect(changed.economics.price).toBeNull();
    expect(Object.keys(changed.quality)).toEqual(["temperature"]);
    const where = await patch(`/v1/sites/${site.id}`, { nace: null, address: { street: null } });
    expect(where).toMatchObject({ nace: null, address: { street: null, locality: "Kalundborg" } });
    expect(await patch(`/v1/organizations/${tenant.id}`, { nace: null })).toMatchObject({ nace: null });
  });

  it("replaces arrays whole", async () => {
    const flow = await newFlow({ availability: { pattern: "seasonal", months: [1, 2, 3] } });
    const changed = await patch(`/v1/flows/${flow.id}`, { availability: { months: [4] } });
    expect(changed.availability).toMatchObject({ pattern: "seasonal", months: [4] });
  });

  it("takes application/json as well", async () => {
    const flow = await newFlow();
    const changed = await succeed(200, "PATCH", `/v1/flows/${flow.id}`, {
      key: tenant.key,
      body: { title: "By plain JSON" },
      headers: { "content-type": "application/json" },
    });
    expect(changed.title).toBe("By plain JSON");
  });

  it("that changes nothing keeps the version and writes nothing", async () => {
    const flow = await newFlow();
    const before = await countRows();
    const same = [
      [`/v1/flows/${flow.id}`, {}],
      [`/v1/flows/${flow.id}`, { title: flow.title, quantity: { amount: flow.quantity.amount } }],
      [`/v1/flows/${flow.id}`, { legalStatus: null }],
      [`/v1/sites/${site.id}`, {}],
      [`/v1/organizations/${tenant.id}`, { country: "DK" }],
    ] as const;
    for (const [path, body] of same) {
      const { version } = await succeed(200, "GET", path, { key: tenant.key });
      expect((await patch(path, body)).version, `${path} ${JSON.stringify(body)}`).toBe(version);
    }
    expect(await countRows()).toEqual(before);
  });

  it("is held to every rule on the result", async () => {
    const flow = await newFlow();
    const wrong = await refuse(400, "PATCH", `/v1/flows/${flow.id}`, {
      key: tenant.key,
      body: { title: null, quantity: { unit: "kWh" }, quality: { temperature: { minimum: 10 } }, nonsense: 1 },
    });
    expect(pointersOf(wrong)).toEqual(["/nonsense", "/quality/temperature/value", "/quantity/unit", "/title"]);
    const moved = await refuse(400, "PATCH", `/v1/flows/${flow.id}`, { key: tenant.key, body: { status: "paused" } });
    expect(pointersOf(moved)).toEqual(["/status"]);
    const unit = await refuse(400, "PATCH", `/v1/flows/${flow.id}`, { key: tenant.key, body: { kind: "heat" } });
    expect(pointersOf(unit)).toContain("/grade");
  });

  it("refuses an unknown field by its name also when it is null", async () => {
    const flow = await newFlow();
    for (const path of [`/v1/flows/${flow.id}`, `/v1/sites/${site.id}`, `/v1/organizations/${tenant.id}`]) {
      const problem = await refuse(400, "PATCH", path, { key: tenant.key, body: { nmae: null } });
      expect(pointersOf(problem), path).toEqual(["/nmae"]);
    }
  });

  it("refuses what is no object", async () => {
    const flow = await newFlow();
    for (const path of [`/v1/flows/${flow.id}`, `/v1/sites/${site.id}`, `/v1/organizations/${tenant.id}`])
      for (const type of ["application/merge-patch+json", "application/json"])
        for (const rawBody of ["null", "[]", '"text"', "1", "true", ""]) {
          const headers = { "content-type": type };
          const { status } = await call("PATCH", path, { key: tenant.key, rawBody, headers });
          expect(status, `${path} ${rawBody}`).toBe(400);
        }
    await refuse(400, "PATCH", `/v1/flows/${flow.id}`, { key: tenant.key });
  });

  it("leaves it to the operator to say whether an organization is verified", async () => {
    const path = `/v1/organizations/${tenant.id}`;
    expect((await refuse(403, "PATCH", path, { key: tenant.key, body: { verified: true } })).reason).toBe(
      "operator_needed",
    );
    expect(await succeed(200, "PATCH", path, { key: operatorKey, body: { verified: true } })).toMatchObject({
      verified: true,
    });
  });

  it("does not tell a stranger what it tells the owner, though the organization is in sight", async () => {
    const open = await createTenant();
    await createFlow(open, steamSupply((await createSite(open)).id));
    const path = `/v1/organizations/${open.id}`;
    expect((await call("GET", path, { key: tenant.key })).status).toBe(200);
    for (const [body, headers] of [
      [{ name: "Mine" }, { "if-match": '"99"' }],
      [{ verified: true }, {}],
      [{ name: 1 }, {}],
    ] as [object, Record<string, string>][])
      expect((await call("PATCH", path, { key: tenant.key, body, headers })).status).toBe(404);
  });
});
