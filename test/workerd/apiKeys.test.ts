import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { AppError } from "../../src/domain/errors.ts";
import { idFromUuid, uuidOf } from "../../src/domain/ids.ts";
import {
  type Authenticator,
  createVerifications,
  verificationLifetimeMs,
} from "../../src/platform/auth/authenticate.ts";
import { createDatabase } from "../../src/stores/postgres/client.ts";
import { createApiKeyStore } from "../../src/stores/records/apiKeys.ts";
import { call, type Json, operatorKey, pointersOf, refuse, succeed } from "./support/client.ts";
import { countRows, query } from "./support/database.ts";
import {
  createFlow,
  createKey,
  createSite,
  createTenant,
  insertKey,
  insertMember,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let owner: Tenant;
beforeAll(async () => {
  owner = await createTenant();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Moves the Worker's clock, and no timer with it. */
function pass(seconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });
}

const statusOf = async (key: string) => (await call("GET", "/v1/me", { key })).status;
const create = (body: object, key = owner.key) => call("POST", "/v1/api-keys", { key, body });

describe("a key that an owner makes", () => {
  it("is shown once, works, and is listed without its text", async () => {
    const made = await createKey(owner, { name: "ERP link", role: "viewer", scopes: ["flows:read"] });
    expect(made).toMatchObject({
      name: "ERP link",
      role: "viewer",
      scopes: ["flows:read"],
      hint: made.key.slice(-4),
      version: 1,
    });
    expect(await succeed(200, "GET", "/v1/me", { key: made.key })).toMatchObject({
      role: "viewer",
      credential: made.id,
    });
    const read = await succeed(200, "GET", `/v1/api-keys/${made.id}`, { key: owner.key });
    const { key: text, ...kept } = made;
    expect(read).toEqual({ ...kept, lastUsedAt: expect.any(String) });
    const { data } = await succeed(200, "GET", "/v1/api-keys?limit=200", { key: owner.key });
    expect(data.find(({ id }: Json) => id === made.id)).toEqual(read);
    expect(JSON.stringify(data)).not.toContain(text.slice(12, -6));
  });

  it("can do no more than whoever makes it, and says which of its fields asks for more", async () => {
    const limited = await createKey(owner, { role: "owner", scopes: ["keys:manage", "flows:read"] });
    const { status, body } = await create({ name: "More", scopes: ["flows:write", "flows:read"] }, limited.key);
    expect([status, pointersOf(body)]).toEqual([400, ["/scopes/0"]]);
    expect((await create({ name: "As much", role: "owner", scopes: ["flows:read"] }, limited.key)).status).toBe(201);
  });

  it("expires at the moment that was written, at whatever offset, and says so in UTC", async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const inIndia = new Date(Date.parse(expiresAt) + 5.5 * 3_600_000).toISOString().replace("Z", "+05:30");
    expect((await createKey(owner, { expiresAt: inIndia })).expiresAt).toBe(expiresAt);
  });

  it.each([
    [{ name: "", scopes: ["flows:read"] }, ["/name"]],
    [{ name: "K", scopes: [] }, ["/scopes"]],
    [{ name: "K", scopes: ["operations"] }, ["/scopes/0"]],
    [{ name: "K", scopes: ["flows:read", "flows:read"] }, ["/scopes"]],
    [{ name: "K", role: "admin", scopes: ["flows:read"] }, ["/role"]],
    [{ name: "K", scopes: ["flows:read"], expiresAt: "2001-01-01T00:00:00Z" }, ["/expiresAt"]],
    [{ name: "K", scopes: ["flows:read"], expiresAt: "2999-01-01T00:00:00Z" }, ["/expiresAt"]],
    [{ name: "K", scopes: ["flows:read"], expiresAt: "tomorrow" }, ["/expiresAt"]],
    [{ name: "K", scopes: ["flows:read"], expiresAt: "0000-01-01T00:00:00Z" }, ["/expiresAt"]],
    [{ name: "K", scopes: ["flows:read"], flowIds: [] }, ["/flowIds"]],
    [{ name: "K", scopes: ["flows:read"], digest: "00" }, ["/digest"]],
  ])("is refused with the wrong field's name, and nothing is written: %j", async (body, pointers) => {
    const before = await countRows();
    const problem = await refuse(400, "POST", "/v1/api-keys", { key: owner.key, body });
    expect(pointersOf(problem)).toEqual(expect.arrayContaining(pointers));
    expect(await countRows()).toEqual(before);
  });

  it("shows the same text again to a repeat of the request, and to no other", async () => {
    const options = {
      key: owner.key,
      body: { name: "Repeated", scopes: ["flows:read"] },
      headers: { "idempotency-key": crypto.randomUUID() },
    };
    const first = await succeed(201, "POST", "/v1/api-keys", options);
    const again = await call("POST", "/v1/api-keys", options);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.body).toEqual(first);
    await refuse(422, "POST", "/v1/api-keys", { ...options, body: { name: "Other", scopes: ["flows:read"] } });
    const stranger = await createTenant();
    expect((await succeed(201, "POST", "/v1/api-keys", { ...options, key: stranger.key })).key).not.toBe(first.key);
    const [{ leaks }] = await query(
      "SELECT count(*)::integer AS leaks FROM idempotency_records WHERE answer::text LIKE $1",
      `%${first.key.slice(12, -6)}%`,
    );
    expect(leaks).toBe(0);
  });

  it("is an owner's to make, with the scope for it, and tells which is missing", async () => {
    const editor = await createKey(owner, { role: "editor" });
    expect(
      await refuse(403, "POST", "/v1/api-keys", { key: editor.key, body: { name: "K", scopes: ["flows:read"] } }),
    ).toMatchObject({
      reason: "role_too_small",
      required: { role: "owner" },
    });
    const unscoped = await createKey(owner, { scopes: ["flows:read"] });
    expect(await refuse(403, "GET", "/v1/api-keys", { key: unscoped.key })).toMatchObject({
      reason: "scope_missing",
      required: { scope: "keys:manage" },
    });
    await refuse(403, "GET", "/v1/api-keys", { key: operatorKey });
  });

  it("belongs to the member who makes it, and ends with that member", async () => {
    const body = { name: "With an owner", country: "DK", owner: { name: "Kirsten", email: "kirsten@example.org" } };
    const { id, apiKey } = await succeed(201, "POST", "/v1/organizations", { key: operatorKey, body });
    const made = (await create({ name: "Hers", scopes: ["flows:read"] }, apiKey.key)).body;
    expect(made.memberId).toMatch(/^mem_/);
    expect(await statusOf(made.key)).toBe(200);
    const heirs =
      "INSERT INTO members (id, organization_id, email, name, role, created_at, updated_at) VALUES ($2, $1, 'heir@example.org', 'Heir', 'owner', now(), now())";
    await query(heirs, uuidOf(id), crypto.randomUUID());
    await query("UPDATE members SET deleted_at = now() WHERE id = $1", uuidOf(made.memberId));
    pass(5);
    expect(await statusOf(made.key)).toBe(401);
  });
});

describe("rotating a key", () => {
  it("gives a new one that may do the same, while the old one works on for the overlap", async () => {
    const old = await createKey(owner, { role: "editor", scopes: ["flows:read"] });
    const next = await succeed(201, "POST", `/v1/api-keys/${old.id}/rotate`, {
      key: owner.key,
      body: { overlapSeconds: 60 },
    });
    expect(next).toMatchObject({ name: old.name, role: "editor", scopes: ["flows:read"], expiresAt: null });
    expect([await statusOf(old.key), await statusOf(next.key)]).toEqual([200, 200]);
    expect(await succeed(200, "GET", `/v1/api-keys/${old.id}`, { key: owner.key })).toMatchObject({
      rotatedTo: next.id,
    });
    pass(61);
    expect([await statusOf(old.key), await statusOf(next.key)]).toEqual([401, 200]);
  });

  it("never lets the old one live longer than it would have", async () => {
    const expiresAt = new Date(Date.now() + 30_000).toISOString();
    const old = await createKey(owner, { expiresAt });
    const next = await succeed(201, "POST", `/v1/api-keys/${old.id}/rotate`, { key: owner.key, body: {} });
    expect(next.expiresAt).toBe(expiresAt);
    expect(await succeed(200, "GET", `/v1/api-keys/${old.id}`, { key: owner.key })).toMatchObject({ expiresAt });
  });

  it("is refused for one that is revoked or replaced already, and two at once replace it once", async () => {
    const old = await createKey(owner);
    const rotate = () => call("POST", `/v1/api-keys/${old.id}/rotate`, { key: owner.key, body: {} });
    const statuses = (await Promise.all([rotate(), rotate(), rotate()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409, 409]);
    const revoked = await createKey(owner);
    await succeed(204, "DELETE", `/v1/api-keys/${revoked.id}`, { key: owner.key });
    expect(await refuse(409, "POST", `/v1/api-keys/${revoked.id}/rotate`, { key: owner.key, body: {} })).toMatchObject({
      reason: "key_not_active",
    });
    for (const overlapSeconds of [-1, 604_801, 1.5, "60"])
      await refuse(400, "POST", `/v1/api-keys/${old.id}/rotate`, { key: owner.key, body: { overlapSeconds } });
  });
});

describe("the text of a member's key", () => {
  const scopes = ["keys:manage", "flows:read"] as const;
  const signedInAs = async (tenant: Tenant) => {
    const memberId = await insertMember(tenant, { role: "owner" });
    return insertKey(tenant, { role: "owner", scopes, memberId });
  };
  const body = { name: "Hers", role: "owner", scopes: ["flows:read"] };

  it("is that member's alone to get by a rotation: another owner, and the organization's own key, may only revoke it", async () => {
    const [hers, his] = [await signedInAs(owner), await signedInAs(owner)];
    const made = await succeed(201, "POST", "/v1/api-keys", { key: hers, body });
    const path = `/v1/api-keys/${made.id}`;
    const before = await countRows();
    for (const key of [his, owner.key])
      expect(await refuse(403, "POST", `${path}/rotate`, { key, body: {} })).toMatchObject({ reason: "not_own_key" });
    expect(await countRows()).toEqual(before);
    const next = await succeed(201, "POST", `${path}/rotate`, { key: hers, body: {} });
    expect(next.memberId).toBe(made.memberId);
    await succeed(204, "DELETE", `/v1/api-keys/${next.id}`, { key: his });
  });

  it("is shown again to that member only, whoever repeats the request", async () => {
    const [hers, his] = [await signedInAs(owner), await signedInAs(owner)];
    const headers = { "idempotency-key": crypto.randomUUID() };
    const made = await succeed(201, "POST", "/v1/api-keys", { key: hers, body, headers });
    for (const key of [his, owner.key])
      expect(await refuse(403, "POST", "/v1/api-keys", { key, body, headers })).toMatchObject({
        reason: "not_own_key",
      });
    expect(await succeed(201, "POST", "/v1/api-keys", { key: hers, body, headers })).toEqual(made);
  });

  it("of a key of the organization itself is given to any owner who may do as much", async () => {
    const own = await createKey(owner, { scopes: ["flows:read"] });
    expect(own.memberId).toBeNull();
    const next = await succeed(201, "POST", `/v1/api-keys/${own.id}/rotate`, {
      key: await signedInAs(owner),
      body: {},
    });
    expect(next.memberId).toBeNull();
  });
});

describe("revoking a key", () => {
  it("needs the version that If-Match names, and stays done", async () => {
    const made = await createKey(owner);
    const path = `/v1/api-keys/${made.id}`;
    await refuse(412, "DELETE", path, { key: owner.key, headers: { "if-match": '"7"' } });
    await succeed(204, "DELETE", path, { key: owner.key, headers: { "if-match": '"1"' } });
    await succeed(204, "DELETE", path, { key: owner.key });
    expect(await succeed(200, "GET", path, { key: owner.key })).toMatchObject({
      revokedAt: expect.any(String),
      version: 2,
    });
    pass(5);
    expect(await statusOf(made.key)).toBe(401);
  });

  it("holds in every isolate within five seconds", async () => {
    const made = await createKey(owner, { scopes: ["flows:read"] });
    const endpoint = (env as { DATABASE_FETCH_ENDPOINT?: string }).DATABASE_FETCH_ENDPOINT;
    const isolate = () => {
      const remember = createVerifications();
      return async (at: Date) => {
        const signal = AbortSignal.timeout(10_000);
        const database = createDatabase({ connectionString: env.DATABASE_URL, fetchEndpoint: endpoint, signal });
        const authenticator: Authenticator = {
          operatorKey: env.OPERATOR_KEY,
          pepper: env.KEY_PEPPER,
          findActor: createApiKeyStore(database).findActor,
          verifySignIn: null,
        };
        try {
          return (await remember(`Bearer ${made.key}`, at, authenticator)).credential;
        } catch (error) {
          return (error as AppError).details.reason;
        }
      };
    };
    const [here, there] = [isolate(), isolate()];
    const start = Date.now();
    const at = (ms: number) => new Date(start + ms);
    expect([await here(at(0)), await there(at(0))]).toEqual([made.id, made.id]);
    await succeed(204, "DELETE", `/v1/api-keys/${made.id}`, { key: owner.key });
    expect(await there(at(verificationLifetimeMs - 1))).toBe(made.id);
    expect([await here(at(verificationLifetimeMs)), await there(at(verificationLifetimeMs))]).toEqual([
      "credential_refused",
      "credential_refused",
    ]);
  });

  it("is not outlived by a memory of a key that expires in the meantime", async () => {
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    const key = await insertKey(owner, { role: "viewer", scopes: ["flows:read"], expiresAt });
    expect(await statusOf(key)).toBe(200);
    pass(2.1);
    expect(await statusOf(key)).toBe(401);
  });
});

describe("the last use of a key", () => {
  it("is kept to the minute, in the round trip that verifies it", async () => {
    const made = await createKey(owner);
    const lastUse = async () => (await succeed(200, "GET", `/v1/api-keys/${made.id}`, { key: owner.key })).lastUsedAt;
    expect(await lastUse()).toBeNull();
    await statusOf(made.key);
    const first = await lastUse();
    expect(Math.abs(Date.parse(first) - Date.now())).toBeLessThan(10_000);
    pass(30);
    await statusOf(made.key);
    expect(await lastUse()).toBe(first);
    pass(70);
    await statusOf(made.key);
    expect(Date.parse(await lastUse())).toBeGreaterThan(Date.parse(first));
  });
});

describe("a device's key", () => {
  it("is for named flows of its own organization, and does nothing but push their readings", async () => {
    const site = await createSite(owner);
    const flow = await createFlow(owner, steamSupply(site.id, { visibility: "private" }));
    const device = await createKey(owner, {
      role: "viewer",
      scopes: ["measurements:write"],
      flowIds: [flow.id, flow.id],
    });
    expect(device.flowIds).toEqual([flow.id]);
    expect(await succeed(200, "GET", "/v1/me", { key: device.key })).toMatchObject({
      kind: "device",
      role: null,
      scopes: ["measurements:write"],
      organization: { id: owner.id },
    });
    expect(await refuse(403, "GET", `/v1/flows/${flow.id}`, { key: device.key })).toMatchObject({
      reason: "member_needed",
    });
    await refuse(403, "POST", "/v1/flows", { key: device.key, body: steamSupply(site.id) });
  });

  it("names no flow of another organization and none that is not there", async () => {
    const stranger = await createTenant();
    const site = await createSite(stranger);
    const flow = await createFlow(stranger, steamSupply(site.id));
    const missing = idFromUuid("flow", crypto.randomUUID());
    for (const flowIds of [[flow.id], [missing]]) {
      const body = { name: "Meter", scopes: ["measurements:write"], flowIds };
      expect(pointersOf(await refuse(400, "POST", "/v1/api-keys", { key: owner.key, body }))).toEqual(["/flowIds"]);
    }
    const body = { name: "Meter", scopes: ["flows:read"], flowIds: [flow.id] };
    expect(pointersOf(await refuse(400, "POST", "/v1/api-keys", { key: owner.key, body }))).toEqual(["/scopes"]);
  });
});
