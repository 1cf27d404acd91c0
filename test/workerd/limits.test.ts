import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createId } from "../../src/domain/ids.ts";
import type { Answer } from "./support/client.ts";
import { createWorker } from "./support/ownWorker.ts";
import { createPair, createTenant, insertKey, type Tenant } from "./support/tenants.ts";

const off = {
  addressPerMinute: null,
  credentialPerMinute: null,
  probesPerMinute: null,
  probesPerDay: null,
  requestsPerDay: null,
};

beforeEach(() => {
  // In the middle of a minute, which then does not end while a test counts.
  const minuteMs = 60_000;
  const now = Math.floor(Date.now() / minuteMs) * minuteMs + minuteMs / 2;
  vi.useFakeTimers({ toFake: ["Date"], now });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A Worker whose isolate remembers nothing yet, with limits of its own. */
const createLimited = (limits: object, bindings: object = {}) =>
  createWorker({ LIMITS: JSON.stringify({ ...off, ...limits }), ...bindings });

async function statusesOf(count: number, ask: () => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let asked = 0; asked < count; asked++) statuses.push((await ask()).status);
  return statuses;
}

describe("the limit of an address", () => {
  it("bites before the credential is looked at, says so in headers before and after, and lets others through", async () => {
    const ask = createLimited({ addressPerMinute: 2 });
    const guess = () => ask({ path: "/v1/flows", key: "turash_live_guess", address: "192.0.2.7" });
    const answers = [await guess(), await guess(), await guess()];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
    expect(answers.map(({ headers }) => headers.get("ratelimit"))).toEqual(
      [1, 0, 0].map((left) => `"addressPerMinute";r=${left};t=30`),
    );
    for (const { headers } of answers) expect(headers.get("ratelimit-policy")).toBe('"addressPerMinute";q=2;w=60');
    expect(answers[2]!.headers.get("retry-after")).toBe("30");
    expect(answers[2]!.body).toMatchObject({ code: "rate_limited", reason: "address_limit_reached" });
    expect((await ask({ path: "/v1/flows", address: "192.0.2.8" })).status).toBe(401);
  });

  it("holds for what needs no credential too, and for readiness, but not for liveness", async () => {
    const ask = createLimited({ addressPerMinute: 1 });
    const address = "192.0.2.9";
    expect(await statusesOf(2, () => ask({ path: "/v1/taxonomy/kinds", address }))).toEqual([200, 429]);
    for (const path of ["/openapi.json", "/health/ready"])
      expect((await ask({ path, address })).status, path).toBe(429);
    expect((await ask({ path: "/health/live", address })).status).toBe(200);
  });

  it("is counted by the platform's binding where there is one", async () => {
    const asked: string[] = [];
    const ADDRESS_LIMIT = { limit: async ({ key }: { key: string }) => ({ success: asked.push(key) < 2 }) };
    const ask = createLimited({ addressPerMinute: 100 }, { ADDRESS_LIMIT });
    const address = "192.0.2.10";
    expect(await statusesOf(2, () => ask({ path: "/v1/taxonomy/kinds", address }))).toEqual([200, 429]);
    expect(asked).toEqual([address, address]);
  });

  it("is let through and refused by the platform's own counter", async () => {
    const ask = createLimited({ addressPerMinute: 13_000 });
    const { headers } = await ask({ path: "/v1/taxonomy/kinds", address: "192.0.2.11" });
    expect(headers.get("ratelimit")).toBe('"addressPerMinute";r=12999;t=30');
    expect(await env.ADDRESS_LIMIT.limit({ key: "192.0.2.11" })).toEqual({ success: true });
  });
});

describe("the limit of a credential", () => {
  it("bites the one key and not its organization's others, nor the operator's", async () => {
    const tenant = await createTenant();
    const other = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    const ask = createLimited({ credentialPerMinute: 2 });
    expect(await statusesOf(3, () => ask({ path: "/v1/me", key: tenant.key }))).toEqual([200, 200, 429]);
    expect((await ask({ path: "/v1/me", key: other })).status).toBe(200);
    expect(await statusesOf(4, () => ask({ path: "/v1/me", key: env.OPERATOR_KEY }))).toEqual([200, 200, 200, 200]);
  });

  it("leaves nothing of a write that it refuses", async () => {
    const tenant = await createTenant();
    const ask = createLimited({ credentialPerMinute: 1 });
    const body = {
      name: "Plant",
      location: { type: "Point", coordinates: [11.08, 55.66] },
      country: "DK",
      timeZone: "Europe/Copenhagen",
    };
    expect((await ask({ path: "/v1/me", key: tenant.key })).status).toBe(200);
    expect((await ask({ method: "POST", path: "/v1/sites", key: tenant.key, body })).status).toBe(429);
    const { data } = (await createLimited({})({ path: "/v1/sites", key: tenant.key })).body;
    expect(data.filter((site: { organizationId: string }) => site.organizationId === tenant.id)).toEqual([]);
  });
});

describe("the quota of a day", () => {
  let tenant: Tenant;
  beforeEach(async () => {
    tenant = await createTenant();
  });
  const object = () => env.QUOTA.getByName(tenant.id);

  it("is one for all keys and all isolates of an organization, and survives the eviction of its object", async () => {
    const other = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    const isolates = [createLimited({ requestsPerDay: 6 }), createLimited({ requestsPerDay: 6 })];
    const statuses: number[] = [];
    for (let turn = 0; turn < 10; turn++) {
      if (turn === 3) await evictDurableObject(object());
      const answer = await isolates[turn % 2]!({ path: "/v1/me", key: turn % 3 === 0 ? other : tenant.key });
      statuses.push(answer.status);
      expect(answer.headers.get("ratelimit"), `turn ${turn}`).toMatch(`"requestsPerDay";r=${Math.max(0, 5 - turn)};`);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429, 429, 429, 429]);
    const stranger = await createTenant();
    expect((await isolates[0]!({ path: "/v1/me", key: stranger.key })).status).toBe(200);
  });

  it("gives no more than its number when many ask at once, in two isolates", async () => {
    const isolates = [createLimited({ requestsPerDay: 20 }), createLimited({ requestsPerDay: 20 })];
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => isolates[index % 2]!({ path: "/v1/me", key: tenant.key })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
  });

  it("is leased in larger parts while much is left", async () => {
    expect(await object().take("requestsPerDay", "2026-11-24", 500_000)).toEqual({ granted: 100, taken: 100 });
    expect(await object().take("requestsPerDay", "2026-11-24", 1_100)).toEqual({ granted: 5, taken: 105 });
    expect(await object().take("requestsPerDay", "2026-11-24", 106)).toEqual({ granted: 1, taken: 106 });
    expect(await object().take("requestsPerDay", "2026-11-24", 106)).toEqual({ granted: 0, taken: 106 });
    expect(await object().take("requestsPerDay", "2026-11-25", 106)).toEqual({ granted: 1, taken: 1 });
  });

  it("of previews and evaluations is tighter, and bites before anything is computed", async () => {
    const pair = await createPair();
    const body = { outputFlowId: pair.output.id, inputFlowId: pair.input.id };
    const ask = createLimited({ probesPerMinute: 3, probesPerDay: 2 });
    const evaluate = () => ask({ method: "POST", path: "/v1/matches/evaluate", key: pair.buyer.key, body });
    const answers = [await evaluate(), await evaluate(), await evaluate(), await evaluate()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
    expect(answers.map(({ body: { reason } }) => reason)).toEqual([
      undefined,
      undefined,
      "daily_probe_limit_reached",
      "probe_limit_reached",
    ]);
    const nowhere = { outputFlowId: createId("flow"), inputFlowId: createId("flow") };
    expect(
      (await ask({ method: "POST", path: "/v1/matches/evaluate", key: pair.seller.key, body: nowhere })).status,
    ).toBe(404);
    expect((await ask({ path: "/v1/matches", key: pair.buyer.key })).status).toBe(200);
  });
});
