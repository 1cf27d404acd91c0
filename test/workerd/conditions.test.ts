import { beforeAll, describe, expect, it } from "vitest";
import { call, type Json, operatorKey, pointersOf, refuse, succeed } from "./support/client.ts";
import {
  createFlow,
  createPair,
  createSite,
  createTenant,
  siteContent,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let tenant: Tenant;
let site: Json;
let flow: Json;

beforeAll(async () => {
  tenant = await createTenant();
  site = await createSite(tenant);
  flow = await createFlow(tenant, steamSupply(site.id, { visibility: "private" }));
});

const resources = () => [
  { path: `/v1/organizations/${tenant.id}`, body: () => ({ name: `Name ${crypto.randomUUID()}` }) },
  { path: `/v1/sites/${site.id}`, body: () => ({ name: `Name ${crypto.randomUUID()}` }) },
  { path: `/v1/flows/${flow.id}`, body: () => ({ title: `Title ${crypto.randomUUID()}` }) },
];

describe("an entity tag", () => {
  it("is the quoted version of the resource, and answers If-None-Match with 304", async () => {
    const { matchId, buyer } = await createPair();
    const all = [
      ...resources().map(({ path }) => ({ path, key: tenant.key })),
      { path: `/v1/matches/${matchId}`, key: buyer.key },
    ];
    for (const { path, key } of all) {
      const { headers, body } = await call("GET", path, { key });
      const etag = headers.get("etag")!;
      expect(etag).toBe(`"${body.version}"`);
      for (const tag of [etag, `W/${etag}`, `"0", ${etag}`, "*"]) {
        const again = await call("GET", path, { key, headers: { "if-none-match": tag } });
        expect(again.status, tag).toBe(304);
        expect(again.text).toBe("");
        expect(again.headers.get("etag")).toBe(etag);
      }
      const other = await call("GET", path, { key, headers: { "if-none-match": '"999"' } });
      expect(other.status).toBe(200);
    }
  });

  it("in If-Match lets one of two writers win and refuses the other with 412", async () => {
    for (const { path, body } of resources()) {
      const { version } = await succeed(200, "GET", path, { key: tenant.key });
      const write = () =>
        call("PATCH", path, { key: tenant.key, body: body(), headers: { "if-match": `"${version}"` } });
      const answers = await Promise.all([write(), write(), write()]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
      const refused = answers.find(({ status }) => status === 412)!;
      expect(refused.body).toMatchObject({ code: "precondition_failed", reason: "stale_version" });
      const after = await succeed(200, "GET", path, { key: tenant.key });
      expect(after.version).toBe(version + 1);
    }
  });

  it("is checked by every other write as well, and nothing is written when it is stale", async () => {
    const stale = { "if-match": '"77"' };
    for (const { path } of resources()) await refuse(412, "DELETE", path, { key: tenant.key, headers: stale });
    await refuse(412, "POST", `/v1/flows/${flow.id}/pause`, { key: tenant.key, headers: stale });
    expect(await succeed(200, "GET", `/v1/flows/${flow.id}`, { key: tenant.key })).toMatchObject({ status: "active" });
  });

  it("that this API never gave is refused by the header's name", async () => {
    for (const tag of ["3", 'W/"3"', '"abc"', '"1", "2"']) {
      const problem = await refuse(400, "PATCH", `/v1/sites/${site.id}`, {
        key: tenant.key,
        body: {},
        headers: { "if-match": tag },
      });
      expect(pointersOf(problem), tag).toEqual(["/headers/if-match"]);
    }
  });
});

describe("PUT by externalId", () => {
  const nouns = () => [
    {
      path: "/v1/sites",
      content: (name: string) => siteContent({ name, location: { type: "Point", coordinates: [1, 2] } }),
      field: "name",
    },
    {
      path: "/v1/flows",
      content: (title: string) => steamSupply(site.id, { title, visibility: "private" }),
      field: "title",
    },
  ];

  it("creates with 201 and a Location, replaces with 200, and leaves an equal one alone", async () => {
    for (const { path, content, field } of nouns()) {
      const externalId = `put-${crypto.randomUUID()}`;
      const url = `${path}/by-external-id/${externalId}`;
      const created = await call("PUT", url, { key: tenant.key, body: content("First") });
      expect(created.status).toBe(201);
      expect(created.body).toMatchObject({ externalId, version: 1, [field]: "First" });
      expect(created.headers.get("location")).toBe(`${path}/${created.body.id}`);
      const equal = await call("PUT", url, { key: tenant.key, body: content("First") });
      expect(equal.status).toBe(200);
      expect(equal.body).toEqual(created.body);
      const replaced = await call("PUT", url, { key: tenant.key, body: content("Second") });
      expect(replaced.status).toBe(200);
      expect(replaced.body).toMatchObject({ id: created.body.id, version: 2, [field]: "Second" });
      expect(replaced.headers.get("etag")).toBe('"2"');
    }
  });

  it("replaces whole: what the new content does not state has its default again", async () => {
    const url = `/v1/flows/by-external-id/whole-${crypto.randomUUID()}`;
    await succeed(201, "PUT", url, {
      key: tenant.key,
      body: steamSupply(site.id, { notes: "Behind the hall", visibility: "private" }),
    });
    const replaced = await succeed(200, "PUT", url, {
      key: tenant.key,
      body: steamSupply(site.id, { visibility: "private" }),
    });
    expect(replaced.notes).toBeNull();
  });

  it("leaves a flow in the status that it was moved to", async () => {
    for (const [move, status] of [
      ["pause", "paused"],
      ["withdraw", "withdrawn"],
    ]) {
      const url = `/v1/flows/by-external-id/moved-${crypto.randomUUID()}`;
      const body = steamSupply(site.id, { visibility: "private" });
      const { id } = await succeed(201, "PUT", url, { key: tenant.key, body });
      const moved = await succeed(200, "POST", `/v1/flows/${id}/${move}`, { key: tenant.key });
      expect(await succeed(200, "PUT", url, { key: tenant.key, body })).toEqual(moved);
      const renamed = await succeed(200, "PUT", url, {
        key: tenant.key,
        body: { ...body, title: "Anew", status: "draft" },
      });
      expect(renamed).toMatchObject({ status, title: "Anew", version: moved.version + 1 });
    }
  });

  it("keeps to If-Match and If-None-Match", async () => {
    for (const { path, content } of nouns()) {
      const url = `${path}/by-external-id/if-${crypto.randomUUID()}`;
      const put = (name: string, headers: Record<string, string>) =>
        call("PUT", url, { key: tenant.key, body: content(name), headers });
      expect((await put("A", { "if-match": '"1"' })).body).toMatchObject({ status: 412, reason: "nothing_to_replace" });
      expect((await put("A", { "if-none-match": "*" })).status).toBe(201);
      expect((await put("B", { "if-none-match": "*" })).status).toBe(412);
      expect((await put("B", { "if-match": '"9"' })).status).toBe(412);
      expect((await put("B", { "if-match": '"1"' })).body).toMatchObject({ version: 2 });
      expect((await put("B", { "if-match": '"1"' })).status).toBe(412);
    }
  });

  it("makes one of twenty at once", async () => {
    const url = `/v1/sites/by-external-id/race-${crypto.randomUUID()}`;
    const body = siteContent();
    const answers = await Promise.all(Array.from({ length: 20 }, () => call("PUT", url, { key: tenant.key, body })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it("refuses a body that names another externalId, and one that is taken in a POST or a PATCH", async () => {
    const externalId = `taken-${crypto.randomUUID()}`;
    const url = `/v1/sites/by-external-id/${externalId}`;
    const slip = await refuse(400, "PUT", url, { key: tenant.key, body: siteContent({ externalId: "else" }) });
    expect(pointersOf(slip)).toEqual(["/externalId"]);
    await succeed(201, "PUT", url, { key: tenant.key, body: siteContent({ externalId }) });
    for (const [method, path, body] of [
      ["POST", "/v1/sites", siteContent({ externalId })],
      ["PATCH", `/v1/sites/${site.id}`, { externalId }],
    ] as const) {
      const taken = await refuse(409, method, path, { key: tenant.key, body });
      expect(taken.reason).toBe("external_id_taken");
      expect(pointersOf(taken)).toEqual(["/externalId"]);
    }
  });

  it("lets two organizations use the same externalId, but no two organizations have one", async () => {
    const externalId = `shared-${crypto.randomUUID()}`;
    const other = await createTenant({ externalId });
    for (const { key } of [tenant, other])
      await succeed(201, "PUT", `/v1/sites/by-external-id/${externalId}`, { key, body: siteContent() });
    const body = { name: "Second", country: "DK", externalId };
    const taken = await refuse(409, "POST", "/v1/organizations", { key: operatorKey, body });
    expect(pointersOf(taken)).toEqual(["/externalId"]);
  });
});
