import { beforeAll, describe, expect, it } from "vitest";
import { call, operatorKey, refuse, succeed } from "./support/client.ts";
import { countRows, query } from "./support/database.ts";
import { createFlow, createSite, createTenant, siteContent, steamSupply, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;
let siteId: string;

beforeAll(async () => {
  tenant = await createTenant();
  siteId = (await createSite(tenant)).id;
});

function withKey(idempotencyKey: string, body?: object, key = tenant.key) {
  return { key, headers: { "idempotency-key": idempotencyKey }, ...(body ? { body } : {}) };
}

describe("a POST with an Idempotency-Key", () => {
  it("gets its first answer again, byte for byte, and makes nothing twice", async () => {
    const key = crypto.randomUUID();
    const body = siteContent({ externalId: `once-${key}` });
    const first = await call("POST", "/v1/sites", withKey(key, body));
    expect(first.status).toBe(201);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    const before = await countRows();
    const second = await call("POST", "/v1/sites", withKey(key, body));
    expect(second.status).toBe(201);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(second.text).toBe(first.text);
    expect(second.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(await countRows()).toEqual(before);
  });

  it("gets its first answer also after the resource has changed", async () => {
    const key = crypto.randomUUID();
    const body = siteContent();
    const first = await succeed(201, "POST", "/v1/sites", withKey(key, body));
    await succeed(200, "PATCH", `/v1/sites/${first.id}`, { key: tenant.key, body: { name: "Renamed" } });
    expect(await succeed(201, "POST", "/v1/sites", withKey(key, body))).toEqual(first);
  });

  it("is refused with 422 when the body or the path is another", async () => {
    const key = crypto.randomUUID();
    await succeed(201, "POST", "/v1/sites", withKey(key, siteContent()));
    const before = await countRows();
    const other = await refuse(422, "POST", "/v1/sites", withKey(key, siteContent({ name: "Other" })));
    expect(other.reason).toBe("idempotency_key_reused");
    await refuse(422, "POST", "/v1/flows", withKey(key, steamSupply(siteId)));
    expect(await countRows()).toEqual(before);
  });

  it("means something within its organization only", async () => {
    const key = crypto.randomUUID();
    const other = await createTenant();
    const body = siteContent();
    const first = await succeed(201, "POST", "/v1/sites", withKey(key, body));
    const second = await succeed(201, "POST", "/v1/sites", withKey(key, body, other.key));
    expect(second.id).not.toBe(first.id);
  });

  it("makes one resource of a hundred identical requests at once", async () => {
    const key = crypto.randomUUID();
    const body = steamSupply(siteId, { visibility: "private" });
    const answers = await Promise.all(Array.from({ length: 100 }, () => call("POST", "/v1/flows", withKey(key, body))));
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    expect(made.filter(({ headers }) => headers.get("idempotent-replayed") === null)).toHaveLength(1);
    for (const { status, headers } of answers.filter((answer) => !made.includes(answer))) {
      expect(status).toBe(409);
      expect(headers.get("retry-after")).toMatch(/^\d+$/);
    }
    const { data } = await succeed(200, "GET", `/v1/flows?siteId=${siteId}`, { key: tenant.key });
    expect(data.filter((flow: { title: string }) => flow.title === body.title)).toHaveLength(1);
  });

  it("repeats a move although the flow could not make it again", async () => {
    const flow = await createFlow(tenant, steamSupply(siteId, { visibility: "private" }));
    const key = crypto.randomUUID();
    const first = await succeed(200, "POST", `/v1/flows/${flow.id}/pause`, withKey(key));
    const second = await call("POST", `/v1/flows/${flow.id}/pause`, withKey(key));
    expect(second.status).toBe(200);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(second.body).toEqual(first);
    await succeed(200, "POST", `/v1/flows/${flow.id}/activate`, { key: tenant.key });
    expect(await succeed(200, "POST", `/v1/flows/${flow.id}/pause`, withKey(key))).toEqual(first);
    const { status } = await succeed(200, "GET", `/v1/flows/${flow.id}`, { key: tenant.key });
    expect(status).toBe("active");
  });

  it("does not remember a request that was refused", async () => {
    const key = crypto.randomUUID();
    await refuse(400, "POST", "/v1/sites", withKey(key, siteContent({ country: "Denmark" })));
    await succeed(201, "POST", "/v1/sites", withKey(key, siteContent()));
  });

  it("shows the same first key of an organization again, and it works", async () => {
    const key = crypto.randomUUID();
    const body = { name: "Twice asked", country: "DK" };
    const first = await succeed(201, "POST", "/v1/organizations", withKey(key, body, operatorKey));
    const second = await succeed(201, "POST", "/v1/organizations", withKey(key, body, operatorKey));
    expect(second).toEqual(first);
    const me = await succeed(200, "GET", "/v1/me", { key: second.apiKey.key });
    expect(me.organization.id).toBe(first.id);
    const stored = await query("SELECT answer::text FROM idempotency_records WHERE key = $1", key);
    expect(stored[0].answer).not.toContain(first.apiKey.key);
  });

  it("may be used for something else after a day", async () => {
    const key = crypto.randomUUID();
    const expire = () =>
      query("UPDATE idempotency_records SET expires_at = now() - interval '1 minute' WHERE key = $1", key);
    const site = await succeed(201, "POST", "/v1/sites", withKey(key, siteContent()));
    await expire();
    const next = await succeed(201, "POST", "/v1/sites", withKey(key, siteContent({ name: "Next day" })));
    expect(next.id).not.toBe(site.id);
    const body = { name: "First day", country: "DK" };
    const first = await succeed(201, "POST", "/v1/organizations", withKey(key, body, operatorKey));
    await expire();
    const second = await succeed(201, "POST", "/v1/organizations", withKey(key, body, operatorKey));
    expect(second.id).not.toBe(first.id);
    expect(second.apiKey.key).not.toBe(first.apiKey.key);
  });

  it("is refused where it is too long or has spaces", async () => {
    for (const bad of ["x".repeat(256), "with space"]) {
      const problem = await refuse(400, "POST", "/v1/sites", withKey(bad, siteContent()));
      expect(problem.errors[0].pointer).toBe("/headers/idempotency-key");
    }
  });
});
