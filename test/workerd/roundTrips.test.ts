import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { tagLifetimeMs } from "../../src/platform/cache/tagVersions.ts";
import { type CallOptions, call, type Json, succeed } from "./support/client.ts";
import { exchangeContent } from "./support/exchanges.ts";
import {
  createFlow,
  createPair,
  createSite,
  createTenant,
  type Pair,
  siteContent,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let tenant: Tenant;
let site: Json;
let flow: Json;
let pair: Pair;

beforeAll(async () => {
  // The clock stands still, a little ahead: the taxonomy is read anew now, and then remembered like the keys.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  tenant = await createTenant();
  site = await createSite(tenant);
  flow = await createFlow(tenant, steamSupply(site.id, { visibility: "private" }));
  pair = await createPair();
});

afterAll(() => {
  vi.useRealTimers();
});

/** The trips to the database that an answer says it took, the caller's key and the taxonomy's version being known to the isolate. */
async function countTrips(method: string, path: string, options: CallOptions = {}): Promise<number> {
  const key = options.key ?? tenant.key;
  await succeed(200, "GET", "/v1/me", { key });
  await succeed(200, "GET", "/v1/taxonomy/kinds");
  const answer = await call(method, path, { ...options, key });
  expect(answer.status, answer.text).toBeLessThan(300);
  const trips = /^db;desc="(\d+) round trips"$/.exec(answer.headers.get("server-timing") ?? "")?.[1];
  return Number(trips);
}

describe("the database is asked", () => {
  it("once to read a resource or a list", async () => {
    for (const path of [
      "/v1/me",
      `/v1/organizations/${tenant.id}`,
      `/v1/sites/${site.id}`,
      `/v1/flows/${flow.id}`,
      "/v1/organizations",
      "/v1/sites",
      "/v1/flows?kind=steam&near=11,55&radiusMeters=1000&bbox=0,0,1,1",
      "/v1/matches",
    ])
      expect(await countTrips("GET", path), path).toBe(1);
  });

  it("once to read a match, also for the look that makes it viewed", async () => {
    const fresh = await createPair();
    const path = `/v1/matches/${fresh.matchId}`;
    expect(await countTrips("GET", path, { key: fresh.seller.key })).toBe(1);
    expect(await countTrips("GET", path, { key: fresh.seller.key })).toBe(1);
  });

  it("once more where the key is not known yet", async () => {
    const unknown = await createTenant();
    const { headers } = await call("GET", "/v1/me", { key: unknown.key });
    expect(headers.get("server-timing")).toBe('db;desc="2 round trips"');
  });

  it("once more where the taxonomy's version was not asked for in the last five seconds", async () => {
    const body = steamSupply(site.id, { visibility: "private" });
    vi.setSystemTime(Date.now() + tagLifetimeMs);
    await succeed(200, "GET", "/v1/me", { key: tenant.key });
    const answers = [];
    for (let count = 0; count < 2; count++) answers.push(await call("POST", "/v1/flows", { body, key: tenant.key }));
    const trips = answers.map(({ headers }) => headers.get("server-timing"));
    expect(trips).toEqual(['db;desc="2 round trips"', 'db;desc="1 round trips"']);
  });

  it("once to create, replace, move and delete, with all the checks that go with it", async () => {
    const supply = steamSupply(site.id, { visibility: "private" });
    const externalId = crypto.randomUUID();
    const once = { headers: { "idempotency-key": externalId } };
    expect(await countTrips("POST", "/v1/sites", { body: siteContent() })).toBe(1);
    expect(await countTrips("POST", "/v1/sites", { body: siteContent(), ...once })).toBe(1);
    expect(await countTrips("PUT", `/v1/sites/by-external-id/${externalId}`, { body: siteContent() })).toBe(1);
    expect(await countTrips("POST", "/v1/flows", { body: supply })).toBe(1);
    expect(await countTrips("PUT", `/v1/flows/by-external-id/${externalId}`, { body: supply })).toBe(1);
    expect(await countTrips("PUT", `/v1/flows/by-external-id/${externalId}`, { body: supply })).toBe(1);
    expect(await countTrips("POST", `/v1/flows/${flow.id}/pause`)).toBe(1);
    expect(await countTrips("POST", `/v1/flows/${flow.id}/activate`)).toBe(1);
    const { id } = await createFlow(tenant, supply);
    expect(await countTrips("DELETE", `/v1/flows/${id}`)).toBe(1);
    const other = await createSite(tenant);
    expect(await countTrips("DELETE", `/v1/sites/${other.id}`)).toBe(1);
    const { key } = pair.buyer;
    expect(await countTrips("POST", `/v1/matches/${pair.matchId}/interest`, { key })).toBe(1);
    const body = { reason: "No" };
    expect(await countTrips("POST", `/v1/matches/${pair.matchId}/decline`, { key, body })).toBe(1);
  });

  it("twice to change by merge patch: what stands is read, then written if it still stands", async () => {
    for (const [path, body] of [
      [`/v1/flows/${flow.id}`, { title: "Anew" }],
      [`/v1/sites/${site.id}`, { name: "Anew" }],
      [`/v1/organizations/${tenant.id}`, { name: "Anew" }],
    ] as const)
      expect(await countTrips("PATCH", path, { body }), path).toBe(2);
  });

  it("twice to record an exchange or to confirm it, once to see that it is there, to read it and to move it on", async () => {
    const fresh = await createPair();
    const path = "/v1/exchanges/by-external-id/trips";
    const body = exchangeContent({ outputFlowId: fresh.output.id, inputFlowId: fresh.input.id });
    const [seller, buyer] = [fresh.seller.key, fresh.buyer.key];
    expect(await countTrips("PUT", path, { key: seller, body })).toBe(2);
    expect(await countTrips("PUT", path, { key: seller, body })).toBe(1);
    expect(await countTrips("PUT", path, { key: buyer, body })).toBe(2);
    expect(await countTrips("GET", "/v1/exchanges", { key: seller })).toBe(1);
    const { data } = await succeed(200, "GET", "/v1/exchanges", { key: seller });
    expect(await countTrips("GET", `/v1/exchanges/${data[0].id}`, { key: seller })).toBe(1);
    const advance = { key: buyer, body: { to: "active" } };
    expect(await countTrips("POST", `/v1/exchanges/${data[0].id}/advance`, advance)).toBe(1);
  });

  it("twice for a page of matches whose pairs are recorded: for the flow, and for its candidates", async () => {
    for (const [who, id] of [
      [pair.seller, pair.output.id],
      [pair.buyer, pair.input.id],
    ] as const)
      for (const list of ["matches?limit=10", "matches?explain=true", "near-misses"])
        expect(await countTrips("GET", `/v1/flows/${id}/${list}`, { key: who.key }), list).toBeLessThanOrEqual(2);
  });

  it("once for a pair, and at most three times for a preview", async () => {
    const { key } = pair.seller;
    const body = { outputFlowId: pair.output.id, inputFlowId: pair.input.id };
    expect(await countTrips("POST", "/v1/matches/evaluate", { key, body })).toBe(1);
    expect(await countTrips("POST", "/v1/matches/preview", { body: steamSupply(site.id) })).toBeLessThanOrEqual(3);
  });
});
