import { exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Role, roles } from "../../../src/domain/actor.ts";
import { type Permission, permissions } from "../../../src/operations/permissions.ts";
import { verificationLifetimeMs } from "../../../src/platform/auth/authenticate.ts";
import { createWorld, type World } from "../support/attempts.ts";
import { call, type Json, operatorKey, origin, refuse, succeed } from "../support/client.ts";
import { countRows } from "../support/database.ts";
import { listOperations, type Operation } from "../support/openApi.ts";
import { person, signToken } from "../support/signIns.ts";
import {
  allScopes,
  createKey,
  createSite,
  createTenant,
  insertKey,
  invite,
  siteContent,
  type Tenant,
} from "../support/tenants.ts";
import { ask, attemptOf } from "../support/walk.ts";

type Guarded = { operation: Operation; row: Permission };

let world: World;
let guarded: Guarded[];

beforeAll(async () => {
  world = await createWorld();
  guarded = (await listOperations())
    .filter((operation) => attemptOf(operation).permission !== null)
    .map((operation) => ({ operation, row: permissions[attemptOf(operation).permission!] }));
});
afterEach(() => {
  vi.useRealTimers();
});

/** Each is asked as it should be asked by whom may, refused with what would be needed, and leaves nothing. */
async function expectRefused(key: string, refused: Guarded[], reason: (row: Permission) => string, needed: object) {
  expect(refused.length).toBeGreaterThan(0);
  const before = await countRows();
  for (const { operation, row } of refused) {
    const { status, body } = await ask(operation, world, { key });
    expect([status, body.reason], operation.operationId).toEqual([403, reason(row)]);
    const { required } = body;
    for (const [name, value] of Object.entries(required ?? {}))
      expect(value, operation.operationId).toBe(row[name as "role" | "scope"]);
    expect(Object.keys(required ?? {}), operation.operationId).toEqual(
      reason(row) in needed ? [(needed as Json)[reason(row)]] : [],
    );
  }
  expect(await countRows()).toEqual(before);
}

const neededBy = { role_too_small: "role", scope_missing: "scope" };
const isBeyond = (role: Role) => (row: Permission) =>
  row.role === null || roles.indexOf(row.role) > roles.indexOf(role);

/** Somebody who signs in as a member of that role. */
async function join(tenant: Tenant, role: Role): Promise<{ token: string; memberId: string }> {
  const claims = person();
  await invite(tenant, { email: claims.email, role });
  const token = await signToken({ claims });
  const { member } = await succeed(200, "GET", "/v1/me", { key: token });
  return { token, memberId: member.id };
}

describe("API5:2023 Broken Function Level Authorization", () => {
  it.each<Role>(["viewer", "editor"])(
    "refuses every operation that needs more to a key of a %s, whatever its scopes",
    async (role) => {
      const key = await insertKey(world.owner, { role, scopes: allScopes });
      const refused = guarded.filter(({ row }) => isBeyond(role)(row));
      await expectRefused(key, refused, (row) => (row.role === null ? "operator_needed" : "role_too_small"), neededBy);
    },
  );

  it.each<Role>(["viewer", "editor"])("refuses the same to a person who signs in as a %s", async (role) => {
    const { token } = await join(world.owner, role);
    const refused = guarded.filter(({ row }) => isBeyond(role)(row));
    await expectRefused(token, refused, (row) => (row.role === null ? "operator_needed" : "role_too_small"), neededBy);
  });

  it.each(allScopes)(
    "refuses every operation that needs the scope %s to an owner's key of all the others",
    async (scope) => {
      const scopes = allScopes.filter((each) => each !== scope);
      const key = await insertKey(world.owner, { role: "owner", scopes });
      const refused = guarded.filter(({ row }) => row.role !== null && row.scope === scope);
      await expectRefused(key, refused, () => "scope_missing", neededBy);
    },
  );

  it("refuses a device every operation but to ask who it is", async () => {
    const { key } = await createKey(world.owner, {
      role: "viewer",
      scopes: ["measurements:write"],
      flowIds: [world.flowId],
    });
    const refused = guarded.filter(({ row }) => !row.device);
    expect(guarded.length - refused.length).toBe(1);
    await expectRefused(key, refused, () => "member_needed", neededBy);
  });

  it("refuses the operator what only members do, so that no deployment acts for its tenants", async () => {
    const refused = guarded.filter(({ row }) => !row.operator);
    await expectRefused(operatorKey, refused, () => "member_needed", neededBy);
  });

  it("believes no header, query or method that claims to be more than the request is", async () => {
    const key = await insertKey(world.owner, { role: "viewer", scopes: allScopes });
    const path = `/v1/sites/${world.siteId}`;
    const before = await countRows();
    for (const headers of [
      { "x-role": "owner", "x-scopes": allScopes.join(" "), "x-operator": "true" },
      { "x-original-url": "/v1/organizations", "x-rewrite-url": "/v1/organizations" },
      { "x-forwarded-for": "127.0.0.1", "x-forwarded-host": "localhost", "cf-connecting-ip": "127.0.0.1" },
    ])
      expect((await refuse(403, "DELETE", path, { key, headers })).required).toEqual({ role: "editor" });
    for (const name of ["x-http-method-override", "x-http-method", "x-method-override"])
      for (const [method, body] of [
        ["GET", undefined],
        ["PATCH", { name: "Taken" }],
      ] as const) {
        const answer = await call(method, path, { key: world.owner.key, headers: { [name]: "DELETE" }, body });
        expect(answer.status, `${name} ${method}`).toBe(200);
      }
    await refuse(400, "GET", `${path}?_method=DELETE`, { key: world.owner.key });
    expect(await succeed(200, "GET", path, { key: world.owner.key })).toMatchObject({ name: "Taken" });
    expect((await countRows()).sites).toBe(before.sites);
  });

  it("lets nobody around its guard by another way of writing a path", async () => {
    const key = await insertKey(world.owner, { role: "viewer", scopes: allScopes });
    const before = await countRows();
    const id = world.siteId;
    for (const path of [
      ...[`/v1/sites/${id}/`, `/v1//sites/${id}`, `//v1/sites/${id}`, `/V1/sites/${id}`, `/v1/Sites/${id}`],
      ...[`/v1/sites/./${id}`, `/v1/flows/../sites/${id}`, `/v1/%73ites/${id}`, `/%76%31/sites/${id}`],
      ...[`/v1/sites/${id}%2f`, `/v1/sites/${id};a=b`, `/health/../v1/sites/${id}`, `/docs/..%2fv1/sites/${id}`],
      ...[`/v1/sites/${id}%00`, `/v1/sites/${id}%20`, `/v1/sites/${id}.json`, `/v1/taxonomy/../sites/${id}`],
    ])
      for (const method of ["DELETE", "PATCH"]) {
        const body = method === "PATCH" ? '{"name": "Taken"}' : null;
        const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
        const { status } = await exports.default.fetch(new Request(`${origin}${path}`, { method, headers, body }));
        expect([400, 403, 404, 405], `${method} ${path}`).toContain(status);
      }
    expect(await countRows()).toEqual(before);
  });

  it("lets nobody come to more by the keys that they make, replace or are given", async () => {
    const tenant = await createTenant();
    const full = await createKey(tenant);
    const small = await createKey(tenant, { scopes: ["keys:manage"] });
    const before = await countRows();
    const body = { name: "More", role: "owner", scopes: ["keys:manage", "members:manage"] };
    await refuse(400, "POST", "/v1/api-keys", { key: small.key, body });
    expect(await refuse(403, "POST", `/v1/api-keys/${full.id}/rotate`, { key: small.key, body: {} })).toMatchObject({
      reason: "scope_missing",
      required: { scope: "flows:read" },
    });
    expect(await countRows()).toEqual(before);
    // Whoever has the same may replace it.
    const next = await succeed(201, "POST", `/v1/api-keys/${small.id}/rotate`, { key: small.key, body: {} });
    expect(next.scopes).toEqual(["keys:manage"]);
    expect(await succeed(200, "GET", `/v1/api-keys/${full.id}`, { key: tenant.key })).toMatchObject({
      rotatedTo: null,
    });
  });

  it("takes from a member who is made less what is more, from the sign-in and from every key, within five seconds", async () => {
    const tenant = await createTenant();
    await join(tenant, "owner");
    const { token, memberId } = await join(tenant, "owner");
    const made = await succeed(201, "POST", "/v1/api-keys", {
      key: token,
      body: { name: "Hers", role: "owner", scopes: ["members:manage", "flows:write"] },
    });
    await createSite({ ...tenant, key: made.key });
    await succeed(200, "PATCH", `/v1/organizations/${tenant.id}/members/${memberId}`, {
      key: tenant.key,
      body: { role: "viewer" },
    });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + verificationLifetimeMs });
    for (const key of [token, made.key]) {
      expect((await refuse(403, "POST", "/v1/sites", { key, body: siteContent() })).required).toEqual({
        role: "editor",
      });
      await refuse(403, "GET", `/v1/organizations/${tenant.id}/members`, { key });
      expect((await succeed(200, "GET", "/v1/me", { key })).role).toBe("viewer");
    }
  });
});
