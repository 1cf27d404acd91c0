import { beforeAll, describe, expect, it } from "vitest";
import { attempts, createWorld, type World } from "../support/attempts.ts";
import { call, type Json, pointersOf, refuse, succeed } from "../support/client.ts";
import { countRows, query } from "../support/database.ts";
import { listOperations, type Operation } from "../support/openApi.ts";
import { createTenant, steamSupply, type Tenant } from "../support/tenants.ts";

let world: World;
let stranger: Tenant;
let operations: Operation[];

/** What the service keeps by itself, of whatever noun. */
const kept: Json = {
  id: "flow_01jd7p3v2fe1k9wx5m7t8q4z6c",
  organizationId: "org_01jd7p3v2fe1k9wx5m7t8q4z6c",
  version: 7,
  createdAt: "2020-01-01T00:00:00.000Z",
  updatedAt: "2020-01-01T00:00:00.000Z",
  remaining: { amount: 1e9, unit: "t/a" },
  digest: "00",
  lastUsedAt: null,
  operator: true,
};

beforeAll(async () => {
  world = await createWorld();
  stranger = await createTenant();
  operations = await listOperations();
});

describe("API3:2023 Broken Object Property Level Authorization", () => {
  it("lets nobody write what the service keeps by itself: each such field is refused by its name, and nothing is written", async () => {
    const before = await countRows();
    let tried = 0;
    for (const { operationId, method } of operations) {
      const { permission, request } = attempts[operationId]!;
      const { path, body } = request(world);
      if (body === undefined || permission === "createOrganization") continue;
      tried++;
      const answer = await refuse(400, method, path, { key: world.owner.key, body: { ...kept, ...(body as object) } });
      const strange = Object.keys(kept).filter((name) => !(name in (body as object)));
      expect(pointersOf(answer), operationId).toEqual(expect.arrayContaining(strange.map((name) => `/${name}`)));
    }
    expect(tried).toBeGreaterThan(8);
    expect(await countRows()).toEqual(before);
  });

  it("takes no field by a name that JavaScript gives a meaning of its own", async () => {
    const before = await countRows();
    for (const { operationId, method } of operations) {
      const { path, body } = attempts[operationId]!.request(world);
      if (body === undefined) continue;
      for (const name of ["__proto__", "constructor", "prototype"]) {
        const rawBody = `{"${name}": {"role": "owner", "isAdmin": true}, ${JSON.stringify(body).slice(1)}`;
        const problem = await refuse(400, method, path, { key: world.owner.key, rawBody }).catch((error) => {
          // The operator's doors are closed before anything is read.
          if (operationId !== "createOrganization") throw error;
          return null;
        });
        if (problem) expect(pointersOf(problem), operationId).toContain(`/${name}`);
      }
    }
    expect(({} as Json).isAdmin).toBeUndefined();
    expect(await countRows()).toEqual(before);
  });

  it("takes no query parameter that an operation does not name, and says which", async () => {
    for (const { operationId, method, path: template, definition } of operations) {
      const { path, ...options } = attempts[operationId]!.request(world);
      const named = (definition.parameters ?? []).map((each: Json) => each.name);
      const strange = ["colour", "__proto__", "limit", "role", "organizationId"].filter(
        (name) => !named.includes(name),
      );
      const separator = path.includes("?") ? "&" : "?";
      const asked = `${path}${separator}${strange.map((name) => `${name}=1`).join("&")}`;
      const problem = await refuse(400, method, asked, { ...options, key: world.owner.key });
      expect(pointersOf(problem), `${method} ${template}`).toEqual(
        expect.arrayContaining(strange.map((name) => `/query/${name}`)),
      );
    }
  });

  it("does not let a PATCH reach what has an operation, or an owner, of its own", async () => {
    const { key } = world.owner;
    for (const [path, patch, pointer] of [
      [`/v1/flows/${world.flowId}`, { status: "withdrawn" }, "/status"],
      [`/v1/flows/${world.flowId}`, { remaining: { amount: 1 } }, "/remaining"],
      [`/v1/sites/${world.siteId}`, { organizationId: stranger.id }, "/organizationId"],
      [`/v1/organizations/${world.organizationId}/members/${world.memberId}`, { email: "a@b.example" }, "/email"],
    ] as const) {
      const problem = await refuse(400, "PATCH", path, { key, body: patch });
      expect(pointersOf(problem), path).toEqual([pointer]);
    }
    const organization = `/v1/organizations/${world.organizationId}`;
    expect((await refuse(403, "PATCH", organization, { key, body: { verified: true } })).reason).toBe(
      "operator_needed",
    );
  });

  it("shows of others' flows nothing that is the owner's alone, in whatever answer they stand", async () => {
    const secrets = ["941.417", "942.427", "943.437", "944.447"];
    const price = (amount: string) => ({ amount, currency: "EUR", per: "t" });
    const economics = {
      disposalCost: price("941.417"),
      virginPrice: price("942.427"),
      treatmentCost: price("943.437"),
      floor: price("944.447"),
    };
    const body = steamSupply(world.siteId, { visibility: "public", economics });
    const flow = await succeed(201, "POST", "/v1/flows", { key: world.owner.key, body });
    for (const { operationId, method } of operations.filter((operation) => operation.method === "GET")) {
      const { path } = attempts[operationId]!.request({ ...world, flowId: flow.id });
      const { text } = await call(method, path, { key: stranger.key });
      for (const secret of secrets) expect(text, `${operationId} shows ${secret}`).not.toContain(secret);
    }
  });

  it("shows no credential, digest or pepper in any answer but the one that makes a key", async () => {
    const digests = await query(
      "SELECT encode(digest, 'hex') AS hex, encode(digest, 'base64') AS base64 FROM api_keys",
    );
    const secrets = [world.owner.key, ...digests.flatMap(({ hex, base64 }) => [hex, base64])];
    for (const { operationId, method } of operations.filter((operation) => operation.method === "GET")) {
      const { text } = await call(method, attempts[operationId]!.request(world).path, { key: world.owner.key });
      for (const secret of secrets) expect(text.includes(secret), operationId).toBe(false);
      expect(text, operationId).not.toMatch(/turash_(live|test)_[0-9A-Za-z]{20}/);
    }
  });
});
