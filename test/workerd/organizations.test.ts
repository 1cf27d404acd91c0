import { beforeAll, describe, expect, it } from "vitest";
import { call, type Json, operatorKey, pointersOf, refuse, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { createFlow, createSite, createTenant, steamSupply, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;

beforeAll(async () => {
  tenant = await createTenant();
});

describe("an organization", () => {
  it("is made by the operator, with a first key that its owner sees this once", async () => {
    const body = { name: "Asnæs", country: "DK", nace: "35.11", externalId: `asnaes-${crypto.randomUUID()}` };
    const { status, headers, body: created } = await call("POST", "/v1/organizations", { key: operatorKey, body });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`/v1/organizations/${created.id}`);
    expect(created).toMatchObject({ ...body, verified: false, version: 1, apiKey: { role: "owner" } });
    const { apiKey, ...organization } = created;
    expect(apiKey.key).toMatch(/^turash_live_[0-9A-Za-z]{49}$/);
    expect(await succeed(200, "GET", `/v1/organizations/${created.id}`, { key: apiKey.key })).toEqual(organization);
  });

  it("has the owner that is named with it, whose key the first one is", async () => {
    const owner = { name: "Valdemar Christensen", email: "valdemar@asnaes.example" };
    const body = { name: "Asnæs", country: "DK", owner };
    const { apiKey } = await succeed(201, "POST", "/v1/organizations", { key: operatorKey, body });
    const me = await succeed(200, "GET", "/v1/me", { key: apiKey.key });
    expect(me.role).toBe("owner");
    expect(JSON.stringify(me)).toContain("valdemar@asnaes.example");
    const wrong = { ...body, owner: { name: "", email: "nobody", role: "owner" } };
    const problem = await refuse(400, "POST", "/v1/organizations", { key: operatorKey, body: wrong });
    expect(pointersOf(problem)).toEqual(["/owner/email", "/owner/name", "/owner/role"]);
  });

  it("is refused with every wrong field named, and when a member asks for it", async () => {
    const body = { name: "", country: "Denmark", nace: "electricity", verified: "yes", vat: "DK1" };
    const problem = await refuse(400, "POST", "/v1/organizations", { key: operatorKey, body });
    expect(pointersOf(problem)).toEqual(["/country", "/nace", "/name", "/vat", "/verified"]);
    const right = { name: "Mine", country: "DK" };
    expect((await refuse(403, "POST", "/v1/organizations", { key: tenant.key, body: right })).reason).toBe(
      "operator_needed",
    );
  });

  it("is in sight of others only while it shows a public flow, and without its externalId", async () => {
    const shown = await createTenant({ externalId: `shown-${crypto.randomUUID()}` });
    const path = `/v1/organizations/${shown.id}`;
    await refuse(404, "GET", path, { key: tenant.key });
    const flow = await createFlow(shown, steamSupply((await createSite(shown)).id));
    expect(await succeed(200, "GET", path, { key: tenant.key })).toMatchObject({ id: shown.id, externalId: null });
    const listed = async (filter = "") =>
      (await succeed(200, "GET", `/v1/organizations?limit=200${filter}`, { key: tenant.key })).data.map(
        ({ id }: Json) => id,
      );
    expect(await listed()).toContain(shown.id);
    expect(await listed(`&externalId=${shown.organization.externalId}`)).toEqual([]);
    await refuse(404, "DELETE", path, { key: tenant.key });
    await succeed(200, "POST", `/v1/flows/${flow.id}/withdraw`, { key: shown.key });
    await succeed(204, "DELETE", `/v1/flows/${flow.id}`, { key: shown.key });
    await refuse(404, "GET", path, { key: tenant.key });
  });

  it("is found by its externalId by itself and by the operator", async () => {
    const externalId = `own-${crypto.randomUUID()}`;
    const { id, key } = await createTenant({ externalId });
    for (const who of [key, operatorKey]) {
      const { data } = await succeed(200, "GET", `/v1/organizations?externalId=${externalId}`, { key: who });
      expect(data.map((each: Json) => each.id)).toEqual([id]);
    }
  });

  it("takes its flows and keys with it when it is closed, and frees its externalId", async () => {
    const externalId = `closed-${crypto.randomUUID()}`;
    const closing = await createTenant({ externalId });
    const flow = await createFlow(closing, steamSupply((await createSite(closing)).id));
    await succeed(204, "DELETE", `/v1/organizations/${closing.id}`, { key: closing.key });
    for (const key of [operatorKey, tenant.key]) await refuse(404, "GET", `/v1/organizations/${closing.id}`, { key });
    const { data } = await succeed(200, "GET", `/v1/flows?organizationId=${closing.id}`, { key: operatorKey });
    expect(data.map(({ id, status }: Json) => [id, status])).toEqual([[flow.id, "withdrawn"]]);
    const [{ open }] = await query(
      "SELECT count(*)::integer AS open FROM api_keys WHERE hint = $1 AND revoked_at IS NULL",
      closing.key.slice(-4),
    );
    expect(open).toBe(0);
    expect((await createTenant({ externalId })).id).not.toBe(closing.id);
  });
});
