import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { tagLifetimeMs } from "../../src/platform/cache/tagVersions.ts";
import { operatorKey } from "./support/client.ts";
import { query } from "./support/database.ts";
import { createWorker } from "./support/ownWorker.ts";
import { createFlow, createPair, createSite, createTenant, steamSupply, type Tenant } from "./support/tenants.ts";

const sqlAddress = (env as unknown as Record<string, string>).DATABASE_FETCH_ENDPOINT;

let owner: Tenant;
let reader: Tenant;
let siteId: string;

beforeAll(async () => {
  [owner, reader] = [await createTenant(), await createTenant()];
  siteId = (await createSite(owner)).id;
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Two isolates of one deployment, at one location; another deployment for every test. */
function createIsolates() {
  const createIsolate = openLocation();
  return [createIsolate(), createIsolate()] as const;
}

/** Isolates of one deployment at one location, which share its cache. */
function openLocation() {
  const deployment = { CF_VERSION_METADATA: { id: crypto.randomUUID(), tag: "", timestamp: "" } };
  return () => createWorker({ ...deployment });
}

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

/** How often the database is asked meanwhile. */
/** Statements by which events go their way behind earlier answers. */
const behind = /outbox|dead_letters|event_audience|match_refreshes|webhook|graph_/;

async function countTrips(run: () => Promise<unknown>): Promise<number> {
  const fetching = vi.spyOn(globalThis, "fetch");
  await run();
  const trips = fetching.mock.calls.filter(
    ([address, init]) => String(address) === sqlAddress && !behind.test(String(init?.body)),
  ).length;
  fetching.mockRestore();
  return trips;
}

describe("a public flow that others read", () => {
  const createPublic = () => createFlow(owner, steamSupply(siteId, { title: "First" }));

  it("is read from the database once, and again only where its organization has changed a public flow", async () => {
    const [one] = createIsolates();
    const flow = await createPublic();
    const read = () => one({ path: `/v1/flows/${flow.id}`, key: reader.key });
    const first = await read();
    let again = first;
    expect(
      await countTrips(async () => {
        again = await read();
      }),
    ).toBe(0);
    expect([again.text, again.headers.get("etag")]).toEqual([first.text, first.headers.get("etag")]);
  });

  it("is seen changed at once by its writer, and by everybody in every isolate within five seconds", async () => {
    const [one, two] = createIsolates();
    const flow = await createPublic();
    const path = `/v1/flows/${flow.id}`;
    const titles = async () => [
      (await one({ path, key: reader.key })).body.title,
      (await two({ path, key: reader.key })).body.title,
    ];
    expect(await titles()).toEqual(["First", "First"]);
    await one({ method: "PATCH", path, key: owner.key, body: { title: "Second" } });
    expect((await one({ path, key: owner.key })).body.title).toBe("Second");
    expect((await two({ path, key: owner.key })).body.title).toBe("Second");
    // The isolate that wrote forgets at once; the other may be as old as five seconds.
    expect(await titles()).toEqual(["Second", "First"]);
    pass(tagLifetimeMs);
    expect(await titles()).toEqual(["Second", "Second"]);
  });

  it.each([
    ["becomes private", (path: string) => ({ method: "PATCH", path, body: { visibility: "private" } })],
    ["is deleted", (path: string) => ({ method: "DELETE", path })],
    [
      "is withdrawn: it stays to be read, as withdrawn",
      (path: string) => ({ method: "POST", path: `${path}/withdraw` }),
    ],
  ])("is gone for others within five seconds when it %s", async (name, change) => {
    const [one, two] = createIsolates();
    const flow = await createPublic();
    const path = `/v1/flows/${flow.id}`;
    for (const isolate of [one, two]) expect((await isolate({ path, key: reader.key })).status).toBe(200);
    expect((await one({ ...change(path), key: owner.key })).status).toBeLessThan(300);
    pass(tagLifetimeMs);
    for (const isolate of [one, two]) {
      const { status, body } = await isolate({ path, key: reader.key });
      expect(status === 404 || body.status === "withdrawn", `${name}: ${status}`).toBe(true);
    }
  });

  it("that a match opens is read anew, for the other side sees its externalId and no stranger does", async () => {
    const [one, two] = createIsolates();
    const { seller, buyer, output, matchId } = await createPair({ externalId: "S-1" });
    const another = await createFlow(seller, steamSupply(output.siteId));
    const path = `/v1/flows/${output.id}`;
    const externalIdFor = async (key: string, isolate = one) => (await isolate({ path, key })).body.externalId;
    const read = async () => [await externalIdFor(buyer.key), await externalIdFor(reader.key)];
    const interest = (key: string, isolate = one) =>
      isolate({ method: "POST", path: `/v1/matches/${matchId}/interest`, key });
    expect(await read()).toEqual([null, null]);
    expect(await countTrips(read)).toBe(0);
    expect((await interest(seller.key)).status).toBe(200);
    expect((await interest(buyer.key, two)).body.state).toBe("interested_both");
    pass(tagLifetimeMs);
    // By another flow of the same organization the isolate learns which version of its tag stands.
    expect((await one({ path: `/v1/flows/${another.id}`, key: reader.key })).status).toBe(200);
    expect(await read()).toEqual(["S-1", null]);
    expect(await read()).toEqual(["S-1", null]);
  });

  it("is not answered from memory to whom has no scope for it, to nobody, or under another deployment's name", async () => {
    const [one] = createIsolates();
    const flow = await createPublic();
    const path = `/v1/flows/${flow.id}`;
    await one({ path, key: reader.key });
    expect((await one({ path })).status).toBe(401);
    const [other] = createIsolates();
    expect(await countTrips(() => other({ path, key: reader.key }))).toBeGreaterThan(0);
  });
});

describe("what is one organization's own", () => {
  it("never comes from memory, and never in an answer to another, whoever asked first", async () => {
    const [one] = createIsolates();
    for (const visibility of ["private", "network"] as const) {
      const flow = await createFlow(owner, steamSupply(siteId, { title: "Secret", visibility }));
      const path = `/v1/flows/${flow.id}`;
      for (const key of [owner.key, operatorKey, owner.key]) {
        expect(await countTrips(() => one({ path, key })), visibility).toBeGreaterThan(0);
        const stranger = await one({ path, key: reader.key });
        expect(stranger.status).toBe(404);
        expect(stranger.text).not.toContain("Secret");
      }
    }
  });

  it("of a public flow is the owner's own view, which others are not given", async () => {
    const [one] = createIsolates();
    const economics = { disposalCost: { amount: "41.41", currency: "EUR", per: "t" } };
    const flow = await createFlow(owner, steamSupply(siteId, { economics }));
    const path = `/v1/flows/${flow.id}`;
    for (const key of [owner.key, reader.key, owner.key, reader.key]) {
      const { text } = await one({ path, key });
      expect(text.includes("41.41")).toBe(key === owner.key);
    }
  });

  it("is not to be kept by any cache between", async () => {
    const [one] = createIsolates();
    for (const path of ["/v1/me", "/v1/flows", "/v1/sites", "/v1/matches", `/v1/sites/${siteId}`]) {
      const { headers } = await one({ path, key: owner.key });
      expect(headers.get("cache-control"), path).toMatch(/private|no-store/);
    }
  });
});

describe("reference data and documentation", () => {
  it("are answered without the database, with an ETag, by any isolate of the location once one has answered", async () => {
    const createIsolate = openLocation();
    const [one, two] = [createIsolate(), createIsolate()];
    for (const path of [
      "/v1/taxonomy/grades?kind=steam",
      "/v1/taxonomy/ewc?q=ash",
      "/v1/taxonomy/units?q=watt",
      "/openapi.json",
      "/asyncapi.json",
    ]) {
      const first = await one({ path });
      expect(await countTrips(() => one({ path })), path).toBe(0);
      // The location has it a moment after the answer.
      await expect.poll(() => countTrips(() => createIsolate()({ path })), { message: path }).toBeLessThanOrEqual(1);
      let second = first;
      expect(
        await countTrips(async () => {
          second = await two({ path });
        }),
        path,
      ).toBeLessThanOrEqual(1);
      expect(second.text).toBe(first.text);
      const etag = first.headers.get("etag")!;
      expect((await two({ path, headers: { "if-none-match": etag } })).status, path).toBe(304);
      expect(first.headers.get("cache-control")).toMatch(/^public, max-age=\d+$/);
    }
  });

  it("are new within five seconds of a change of the taxonomy", async () => {
    const [one, two] = createIsolates();
    const path = "/v1/taxonomy/grades?kind=steam";
    const name = `Steam ${crypto.randomUUID()}`;
    for (const isolate of [one, two]) expect((await isolate({ path })).text).not.toContain(name);
    const [before] = await query("SELECT name FROM grades WHERE slug = 'process_steam'");
    await query("UPDATE grades SET name = $1 WHERE slug = 'process_steam'", name);
    try {
      pass(tagLifetimeMs);
      for (const isolate of [one, two]) expect((await isolate({ path })).text).toContain(name);
    } finally {
      await query("UPDATE grades SET name = $1 WHERE slug = 'process_steam'", before!.name);
      pass(tagLifetimeMs);
    }
    expect((await one({ path })).text).not.toContain(name);
  });

  it("are refused to whom shows a credential that does not hold", async () => {
    const [one] = createIsolates();
    await one({ path: "/v1/taxonomy/kinds" });
    expect((await one({ path: "/v1/taxonomy/kinds", key: "nonsense" })).status).toBe(401);
    expect((await one({ path: "/v1/taxonomy/kinds", key: reader.key })).status).toBe(200);
  });
});
