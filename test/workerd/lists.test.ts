import { beforeAll, describe, expect, it } from "vitest";
import { call, type Json, origin, pointersOf, refuse, succeed } from "./support/client.ts";
import {
  createFlow,
  createPair,
  createSite,
  createTenant,
  steamNeed,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let tenant: Tenant;
let siteId: string;

beforeAll(async () => {
  tenant = await createTenant();
  siteId = (await createSite(tenant)).id;
});

async function pages(path: string, key: string, between: () => Promise<unknown> = async () => {}): Promise<Json[][]> {
  const found: Json[][] = [];
  for (let next: string | null = path; next !== null; ) {
    const { body, headers } = await call("GET", next, { key });
    found.push(body.data);
    const link = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1] ?? null;
    expect(link === null).toBe(body.nextCursor === null);
    if (link !== null) expect(new URL(link, origin).searchParams.get("cursor")).toBe(body.nextCursor);
    next = link;
    await between();
  }
  return found;
}

describe("a list", () => {
  it("comes in pages, newest first, each with a link to the next that keeps the filter", async () => {
    const made: string[] = [];
    for (let count = 0; count < 7; count++)
      made.push((await createFlow(tenant, steamSupply(siteId, { visibility: "private" }))).id);
    await createFlow(tenant, steamNeed(siteId, { visibility: "private" }));
    const found = await pages(`/v1/flows?limit=3&siteId=${siteId}&direction=output`, tenant.key);
    expect(found.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(found.flat().map(({ id }) => id)).toEqual(made.reverse());
  });

  it("loses and repeats nothing while others insert", async () => {
    const one = await createTenant();
    const site = (await createSite(one)).id;
    const before: string[] = [];
    for (let count = 0; count < 5; count++)
      before.push((await createFlow(one, steamSupply(site, { visibility: "private" }))).id);
    const path = `/v1/flows?limit=2&organizationId=${one.id}`;
    const found = await pages(path, one.key, () => createFlow(one, steamSupply(site, { visibility: "private" })));
    expect(found.flat().map(({ id }) => id)).toEqual(before.reverse());
  });

  it("ends without a further page when the last one is full", async () => {
    const one = await createTenant();
    for (let count = 0; count < 4; count++) await createSite(one);
    const found = await pages(`/v1/sites?limit=2&organizationId=${one.id}`, one.key);
    expect(found.map((page) => page.length)).toEqual([2, 2]);
  });

  it("refuses a cursor of another list, and one that is damaged or made up", async () => {
    const { buyer } = await createPair();
    const { key } = tenant;
    const one = await createTenant();
    for (let count = 0; count < 2; count++) await createSite(one);
    const { nextCursor } = await succeed(200, "GET", `/v1/sites?limit=1&organizationId=${one.id}`, { key: one.key });
    expect(nextCursor).toEqual(expect.any(String));
    const encode = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
    for (const [path, cursor] of [
      ["/v1/flows", nextCursor],
      ["/v1/organizations", nextCursor],
      ["/v1/matches", nextCursor],
      ["/v1/sites", nextCursor.slice(0, -3)],
      ["/v1/sites", `A${nextCursor}`],
      ["/v1/sites", "nonsense"],
      ["/v1/sites", encode({ list: "sites", after: "1; DROP TABLE sites" })],
      ["/v1/sites", encode(null)],
    ])
      for (const who of [key, buyer.key]) {
        const problem = await refuse(400, "GET", `${path}?cursor=${encodeURIComponent(cursor)}`, { key: who });
        expect(pointersOf(problem)).toEqual(["/query/cursor"]);
      }
  });

  it("of matches and of organizations comes in pages too", async () => {
    const { seller, buyer, input } = await createPair();
    const sites = await succeed(200, "GET", `/v1/sites?organizationId=${seller.id}`, { key: seller.key });
    for (let count = 0; count < 2; count++) await createFlow(seller, steamSupply(sites.data[0].id));
    await succeed(200, "GET", `/v1/flows/${input.id}/matches`, { key: buyer.key });
    const found = await pages("/v1/matches?limit=1", buyer.key);
    expect(found.map((page) => page.length)).toEqual([1, 1, 1]);
    expect(new Set(found.flat().map(({ id }) => id)).size).toBe(3);
    const seen = await pages("/v1/organizations?limit=1", buyer.key);
    const ids = seen.flat().map(({ id }) => id);
    expect(ids).toContain(buyer.id);
    expect(ids).toContain(seller.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has 50 entries a page unless 1 to 200 are asked for", async () => {
    for (const limit of ["0", "201", "-1", "1.5", "many", ""])
      for (const path of ["/v1/flows", "/v1/sites", "/v1/organizations", "/v1/matches"]) {
        const problem = await refuse(400, "GET", `${path}?limit=${limit}`, { key: tenant.key });
        expect(pointersOf(problem)).toEqual(["/query/limit"]);
      }
    await succeed(200, "GET", "/v1/flows?limit=200", { key: tenant.key });
  });
});
