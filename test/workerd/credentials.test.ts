import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { call, operatorKey, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { allScopes, createTenant, insertKey, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;

beforeEach(async () => {
  tenant = await createTenant();
});

afterEach(() => {
  vi.useRealTimers();
});

async function statusOf(key: string): Promise<number> {
  return (await call("GET", "/v1/me", { key })).status;
}

/** Moves the Worker's clock, and no timer with it. */
function pass(seconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });
}

describe("an API key", () => {
  it("tells who calls", async () => {
    const me = await succeed(200, "GET", "/v1/me", { key: tenant.key });
    expect(me).toMatchObject({ kind: "member", role: "owner", organization: { id: tenant.id, name: "Test works" } });
    expect(me.credential).toMatch(/^key_/);
    expect(me.scopes).toEqual(expect.arrayContaining([...allScopes]));
    expect(me.scopes).not.toContain("operations");
    expect(await succeed(200, "GET", "/v1/me", { key: operatorKey })).toMatchObject({
      kind: "operator",
      organization: null,
      role: null,
      scopes: ["operations"],
    });
  });

  it("is refused within five seconds of its revocation, and remembered no longer", async () => {
    expect(await statusOf(tenant.key)).toBe(200);
    await query("UPDATE api_keys SET revoked_at = now() WHERE organization_id = $1", uuidOf(tenant.id));
    pass(5);
    const refused = await call("GET", "/v1/me", { key: tenant.key });
    expect(refused.status).toBe(401);
    expect(refused.body.reason).toBe("credential_refused");
  });

  it("is refused within five seconds after its organization is closed", async () => {
    await succeed(204, "DELETE", `/v1/organizations/${tenant.id}`, { key: tenant.key });
    pass(5);
    expect(await statusOf(tenant.key)).toBe(401);
  });

  it("cannot write any more from the moment its organization is closed", async () => {
    await succeed(204, "DELETE", `/v1/organizations/${tenant.id}`, { key: operatorKey });
    const body = { name: "Late", location: { type: "Point", coordinates: [0, 0] }, timeZone: "UTC", country: "DK" };
    const { status } = await call("POST", "/v1/sites", { key: tenant.key, body });
    expect([401, 404]).toContain(status);
    const [{ sites }] = await query(
      "SELECT count(*)::integer AS sites FROM sites WHERE organization_id = $1",
      uuidOf(tenant.id),
    );
    expect(sites).toBe(0);
  });

  it("is refused from the moment it expires", async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const key = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"], expiresAt: soon });
    expect(await statusOf(key)).toBe(200);
    pass(60 + 5);
    expect(await statusOf(key)).toBe(401);
    vi.useRealTimers();
    const past = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"], expiresAt: "2020-01-02" });
    expect(await statusOf(past)).toBe(401);
  });

  it("is kept by the database as a digest only", async () => {
    const rows = await query(
      "SELECT k.*, k::text AS whole FROM api_keys k WHERE organization_id = $1",
      uuidOf(tenant.id),
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].hint).toBe(tenant.key.slice(-4));
    expect(rows[0].whole).not.toContain(tenant.key.slice(12, -4));
    const [{ leaks }] = await query(
      "SELECT (SELECT count(*) FROM outbox WHERE data::text LIKE $1) + (SELECT count(*) FROM audit_entries WHERE patch::text LIKE $1) AS leaks",
      `%${tenant.key.slice(12, -6)}%`,
    );
    expect(Number(leaks)).toBe(0);
  });

  it("is taken in the Authorization header only, whatever the case of its scheme", async () => {
    const lower = await call("GET", "/v1/me", { headers: { authorization: `bearer ${tenant.key}` } });
    expect(lower.status).toBe(200);
    for (const authorization of ["Bearer", `Token ${tenant.key}`, tenant.key, `Bearer ${tenant.key} x`])
      expect((await call("GET", "/v1/me", { headers: { authorization } })).status, authorization).toBe(401);
    expect((await call("GET", `/v1/me?key=${tenant.key}`)).status).toBe(401);
  });

  it("of other digits is refused at every place where one is changed", async () => {
    for (let place = 0; place < tenant.key.length; place += 3) {
      const digit = tenant.key[place] === "x" ? "y" : "x";
      const mistyped = tenant.key.slice(0, place) + digit + tenant.key.slice(place + 1);
      const { status, body } = await call("GET", "/v1/me", { key: mistyped });
      expect([status, body.reason], `place ${place}`).toEqual([401, "credential_malformed"]);
    }
  });
});
