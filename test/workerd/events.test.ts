import { beforeAll, describe, expect, it } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, origin, pointersOf, refuse, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import {
  createFlow,
  createKey,
  createPair,
  createSite,
  createTenant,
  insertKey,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let tenant: Tenant;
let site: Json;

beforeAll(async () => {
  tenant = await createTenant();
  site = await createSite(tenant);
});

const list = (parameters: string, key: string): Promise<Json> =>
  succeed(200, "GET", `/v1/events?limit=200${parameters}`, { key });
const typesOf = ({ data }: Json): string[] => data.map(({ type }: Json) => type);

/** The events that come while something is done. */
async function during(key: string, work: () => Promise<unknown>): Promise<Json[]> {
  const { nextCursor, data } = await list("&from=now", key);
  expect(data).toEqual([]);
  await work();
  return (await list(`&after=${nextCursor}`, key)).data;
}

describe("the events of an organization", () => {
  it("are CloudEvents of what happened to what it may see, oldest first", async () => {
    const flow = await createFlow(tenant, steamSupply(site.id));
    const events = await during(tenant.key, async () => {
      await succeed(200, "PATCH", `/v1/flows/${flow.id}`, { key: tenant.key, body: { title: "Other steam" } });
      await succeed(200, "POST", `/v1/flows/${flow.id}/pause`, { key: tenant.key });
    });
    expect(events.map(({ type, subject, data }) => [type, subject, data])).toEqual([
      ["turash.flow.updated", flow.id, { version: 2 }],
      ["turash.flow.paused", flow.id, { version: 3 }],
    ]);
    expect(events[0]).toMatchObject({
      specversion: "1.0",
      source: "urn:turash:api",
      datacontenttype: "application/json",
      dataschema: "urn:turash:event:turash.flow.updated:1",
    });
    expect(JSON.stringify(events)).not.toContain("organizationIds");
  });

  it("are nobody else's; those of a match are both sides'", async () => {
    const other = await createTenant();
    const { seller, buyer, matchId } = await createPair();
    const before = await list("", other.key);
    await succeed(200, "POST", `/v1/matches/${matchId}/interest`, { key: seller.key });
    for (const side of [seller, buyer]) expect(typesOf(await list("", side.key))).toContain("turash.match.interested");
    expect((await list("", other.key)).data).toEqual(before.data);
    const ids = new Set(before.data.map(({ id }: Json) => id));
    expect((await list("", seller.key)).data.some(({ id }: Json) => ids.has(id))).toBe(false);
  });

  it("are of no types that the caller's role and scopes may not read", async () => {
    const viewer = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    const events = (key: string) =>
      during(key, async () => {
        await createKey(tenant);
        await createFlow(tenant, steamSupply(site.id, { visibility: "private" }));
      });
    expect((await events(tenant.key)).map(({ type }) => type)).toEqual([
      "turash.api_key.created",
      "turash.flow.created",
    ]);
    expect((await events(viewer)).map(({ type }) => type)).toEqual(["turash.flow.created"]);
    const none = await insertKey(tenant, { role: "owner", scopes: ["rooms:join"] });
    expect(await events(none)).toEqual([]);
    const { reason, required } = await refuse(403, "GET", "/v1/events?types=turash.api_key.*", { key: viewer });
    expect([reason, required]).toEqual(["role_too_small", { role: "owner" }]);
  });

  it("are of the types that are asked for, and a page that is short all the same leads on", async () => {
    const { nextCursor } = await list("&from=now", tenant.key);
    const flow = await createFlow(tenant, steamSupply(site.id, { visibility: "private" }));
    for (let time = 0; time < 3; time++)
      await succeed(200, "PATCH", `/v1/flows/${flow.id}`, { key: tenant.key, body: { title: `Steam ${time}` } });
    await succeed(204, "DELETE", `/v1/flows/${flow.id}`, { key: tenant.key });
    const found: string[] = [];
    let next: string | null = `/v1/events?limit=2&types=turash.flow.updated,turash.flow.deleted&after=${nextCursor}`;
    while (next) {
      const { body, headers } = await call("GET", next, { key: tenant.key });
      found.push(...typesOf(body));
      next = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1] ?? null;
      expect(next === null).toBe(!body.hasMore);
      if (next) expect(new URL(next, origin).searchParams.get("after")).toBe(body.nextCursor);
    }
    expect(found).toEqual([...Array(3).fill("turash.flow.updated"), "turash.flow.deleted"]);
  });

  it("are the operator's to read whole, and that is told to those whose they are", async () => {
    const { nextCursor } = await list("&from=now", operatorKey);
    const fresh = await createTenant();
    const requestId = crypto.randomUUID();
    const { data } = await succeed(200, "GET", `/v1/events?after=${nextCursor}`, {
      key: operatorKey,
      headers: { "x-request-id": requestId },
    });
    expect(data.map(({ subject }: Json) => subject)).toContain(fresh.id);
    const entries = await query("SELECT organization_id, action FROM audit_entries WHERE request_id = $1", requestId);
    expect(entries).toContainEqual({ organization_id: uuidOf(fresh.id), action: "event.list" });
  });
});

describe("a request for events", () => {
  it("is refused with what is wrong in it", async () => {
    const { nextCursor } = await list("&from=now", tenant.key);
    for (const [parameters, pointer] of [
      ["types=turash.flow.burnt", "/query/types"],
      ["types=", "/query/types"],
      ["after=nonsense", "/query/after"],
      [`after=${nextCursor.slice(0, -2)}`, "/query/after"],
      [`after=${nextCursor}&from=now`, "/query/from"],
      ["from=yesterday", "/query/from"],
      ["limit=201", "/query/limit"],
      ["cursor=x", "/query/cursor"],
    ])
      expect(pointersOf(await refuse(400, "GET", `/v1/events?${parameters}`, { key: tenant.key }))).toEqual([pointer]);
    const device = await createKey(tenant, {
      scopes: ["measurements:write"],
      flowIds: [(await createFlow(tenant, steamSupply(site.id))).id],
    }).catch(() => null);
    if (device) expect((await refuse(403, "GET", "/v1/events", { key: device.key })).reason).toBe("member_needed");
  });

  it("by a cursor of another history, or from before what is kept, is told to begin anew", async () => {
    const fresh = await createTenant();
    const site = await createSite(fresh);
    const { nextCursor } = await succeed(200, "GET", "/v1/events?limit=1", { key: fresh.key });
    await query("DELETE FROM outbox WHERE subject_id = $1", uuidOf(site.id));
    const forgotten = await refuse(410, "GET", `/v1/events?after=${nextCursor}`, { key: fresh.key });
    expect(forgotten).toMatchObject({ code: "conflict", reason: "cursor_expired" });
    expect(forgotten.detail).toContain("from=now");
    const { nextCursor: current } = await list("&from=now", fresh.key);
    const inner = atob(current.replaceAll("-", "+").replaceAll("_", "/"));
    const foreign = btoa(inner.replace(/^1\.\w{12}/, "1.0123456789ab")).replaceAll("=", "");
    expect((await refuse(410, "GET", `/v1/events?after=${foreign}`, { key: fresh.key })).reason).toBe("cursor_expired");
    await refuse(410, "GET", `/v1/events/stream?after=${foreign}`, { key: fresh.key });
  });
});
