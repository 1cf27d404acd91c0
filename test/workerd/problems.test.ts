import { beforeAll, describe, expect, it } from "vitest";
import { call, type Json, pointersOf, refuse } from "./support/client.ts";
import { createSite, createTenant, siteContent, steamSupply, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;
let site: Json;

beforeAll(async () => {
  tenant = await createTenant();
  site = await createSite(tenant);
});

describe("a problem", () => {
  it("names all the wrong fields at once, each by its pointer", async () => {
    const body = {
      ...steamSupply(site.id),
      title: "",
      kind: "smoke",
      quantity: { amount: -1, unit: "kWh", "a/b~c": 1 },
      quality: { temperature: { value: -300, unit: "Cel" }, pressure: { minimum: 5, maximum: 3, unit: "bar" } },
      availability: { pattern: "seasonal", months: [1, 13] },
      economics: { price: { amount: "6,00", per: "t" } },
      colour: "grey",
    };
    const problem = await refuse(400, "POST", "/v1/flows", { key: tenant.key, body });
    expect(pointersOf(problem)).toEqual([
      "/availability/months/1",
      "/colour",
      "/economics/price/amount",
      "/economics/price/currency",
      "/kind",
      "/quality/pressure/maximum",
      "/quality/temperature/value",
      "/quantity/amount",
      "/quantity/a~1b~0c",
      "/quantity/unit",
      "/title",
    ]);
    expect(problem).toMatchObject({
      code: "invalid",
      reason: "invalid_fields",
      type: "urn:turash:problem:invalid_fields",
    });
    for (const error of problem.errors) expect(error.message.length).toBeGreaterThan(5);
  });

  it("points to the path, the query and the headers as well", async () => {
    const { key } = tenant;
    const query = await refuse(400, "GET", "/v1/flows?limit=0&kind=smoke&updatedAfter=yesterday&siteId=flow_1", {
      key,
    });
    expect(pointersOf(query)).toEqual(["/query/kind", "/query/limit", "/query/siteId", "/query/updatedAfter"]);
    expect(pointersOf(await refuse(400, "GET", "/v1/flows/flow_1", { key }))).toEqual(["/path/id"]);
    const etag = await refuse(400, "DELETE", `/v1/sites/${site.id}`, { key, headers: { "if-match": "x" } });
    expect(pointersOf(etag)).toEqual(["/headers/if-match"]);
  });

  it("says where a body stops being JSON", async () => {
    const broken: [string, string, string][] = [
      ['{"name": "x", "location": NaN}', "/location", "malformed_json"],
      ['{"name": "x", "location": {"coordinates": [1, Infinity]}}', "/location/coordinates/1", "malformed_json"],
      ['{"name": "x"', "", "malformed_json"],
      ["{'name': 1}", "", "malformed_json"],
    ];
    for (const [rawBody, pointer, code] of broken) {
      const problem = await refuse(400, "POST", "/v1/sites", { key: tenant.key, rawBody });
      expect(problem.errors[0].code, rawBody).toBe(code);
      if (pointer !== "") expect(pointersOf(problem), rawBody).toEqual([pointer]);
    }
    const rawBody = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]);
    const latin = await refuse(400, "POST", "/v1/sites", { key: tenant.key, rawBody });
    expect(latin.errors[0].code).toBe("malformed_utf8");
  });

  it("refuses another media type with 415", async () => {
    for (const type of [
      "text/plain",
      "application/xml",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
    ])
      for (const [method, path] of [
        ["POST", "/v1/sites"],
        ["PUT", "/v1/sites/by-external-id/x"],
        ["PATCH", `/v1/sites/${site.id}`],
        ["POST", "/v1/matches/evaluate"],
      ] as const) {
        const problem = await refuse(415, method, path, {
          key: tenant.key,
          rawBody: JSON.stringify(siteContent()),
          headers: { "content-type": type },
        });
        expect(problem.reason).toBe("unsupported_media_type");
      }
    const patchedPost = { key: tenant.key, body: {}, headers: { "content-type": "application/merge-patch+json" } };
    await refuse(415, "POST", "/v1/sites", patchedPost);
  });

  it("asks for a body where one is needed", async () => {
    for (const path of ["/v1/sites", "/v1/flows", "/v1/matches/evaluate", "/v1/matches/preview"]) {
      const problem = await refuse(400, "POST", path, { key: tenant.key });
      expect(problem.errors.length, path).toBeGreaterThan(0);
    }
  });

  it("tells what is not there from what is not allowed", async () => {
    const { key } = tenant;
    expect((await refuse(404, "GET", "/v1/nothing", { key })).reason).toBe("route_not_found");
    expect((await refuse(404, "GET", "/nothing")).reason).toBe("route_not_found");
    await refuse(401, "GET", "/v1/nothing");
    await refuse(401, "PUT", `/v1/sites/${site.id}`, { body: siteContent() });
    const replaced = await call("PUT", `/v1/sites/${site.id}`, { key, body: siteContent() });
    expect([replaced.status, replaced.body.reason]).toEqual([405, "method_not_allowed"]);
    expect(replaced.headers.get("allow")).toBe("GET, HEAD, PATCH, DELETE");
  });
});

describe("a request's id", () => {
  it("is the caller's where that is harmless, and comes back in the header and the problem", async () => {
    const given = "trace:9b2f6c1e/part=1";
    const { headers } = await call("GET", "/v1/me", { key: tenant.key, headers: { "x-request-id": given } });
    expect(headers.get("x-request-id")).toBe(given);
    const problem = await refuse(404, "GET", "/nothing", { headers: { "x-request-id": given } });
    expect(problem.requestId).toBe(given);
  });

  it("is made where none is given, or one that could harm a log", async () => {
    for (const bad of ["", "a b", "x".repeat(129), '{"a":1}']) {
      const { headers } = await call("GET", "/health/live", bad ? { headers: { "x-request-id": bad } } : {});
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});

describe("HEAD and OPTIONS", () => {
  it("HEAD answers as GET does, without the body", async () => {
    for (const [path, key] of [
      [`/v1/sites/${site.id}`, tenant.key],
      ["/v1/taxonomy/kinds", undefined],
      ["/health/live", undefined],
    ] as const) {
      const [get, head] = [await call("GET", path, { key }), await call("HEAD", path, { key })];
      expect(head.status).toBe(200);
      expect(head.text).toBe("");
      expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
    }
  });

  it("OPTIONS allows no other origin anything", async () => {
    const headers = { origin: "https://elsewhere.example", "access-control-request-method": "POST" };
    for (const path of ["/v1/flows", "/health/live", "/v1/taxonomy/kinds"]) {
      const { headers: answered } = await call("OPTIONS", path, { headers });
      expect([...answered.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
    const { headers: read } = await call("GET", "/v1/me", { key: tenant.key, headers });
    expect(read.get("access-control-allow-origin")).toBeNull();
  });
});
