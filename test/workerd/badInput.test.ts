import { beforeAll, describe, expect, it } from "vitest";
import { call, type Json, pointersOf, refuse, succeed } from "./support/client.ts";
import { countRows } from "./support/database.ts";
import { createFlow, createSite, createTenant, siteContent, steamSupply, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;
let site: Json;
let flow: Json;
let supply: (content: object) => Json;

beforeAll(async () => {
  tenant = await createTenant();
  site = await createSite(tenant);
  supply = (content) => steamSupply(site.id, { visibility: "private", ...content });
  flow = await createFlow(tenant, supply({}));
});

/** The request is refused with that status, names those fields and no others, and leaves no row anywhere. */
async function expectRefused(method: string, path: string, request: Json, status: number, pointers: string[]) {
  const before = await countRows();
  const problem = await refuse(status, method, path, { key: tenant.key, ...request });
  expect(pointersOf(problem), JSON.stringify(problem.errors)).toEqual(pointers);
  for (const { message } of problem.errors ?? []) expect(message).toMatch(/\w{3}/);
  expect(await countRows()).toEqual(before);
}

const flowFaults: [fault: string, content: () => object, pointers: string[]][] = [
  ["an unknown unit", () => ({ quantity: { amount: 1, unit: "barrel/fortnight" } }), ["/quantity/unit"]],
  ["a unit that is not UCUM", () => ({ quantity: { amount: 1, unit: "kWh/a" } }), ["/quantity/unit"]],
  ["a quantity of the wrong dimension", () => ({ quantity: { amount: 1, unit: "Cel" } }), ["/quantity/unit"]],
  [
    "a temperature in bar",
    () => ({ quality: { temperature: { value: 5, unit: "bar" } } }),
    ["/quality/temperature/unit"],
  ],
  [
    "a temperature under absolute zero",
    () => ({ quality: { temperature: { value: -273.16, unit: "Cel" } } }),
    ["/quality/temperature/value"],
  ],
  [
    "a temperature under absolute zero in kelvin",
    () => ({ quality: { temperature: { value: -1, unit: "K" } } }),
    ["/quality/temperature/value"],
  ],
  ["month 13", () => ({ availability: { pattern: "seasonal", months: [12, 13] } }), ["/availability/months/1"]],
  [
    "a rule that never ends and yields thousands a day",
    () => ({ availability: { pattern: "windowed", rrule: "FREQ=SECONDLY" } }),
    ["/availability/rrule"],
  ],
  [
    "a rule that yields thousands a day by its parts",
    () => ({ availability: { pattern: "windowed", rrule: "FREQ=MINUTELY;INTERVAL=1" } }),
    ["/availability/rrule"],
  ],
  ["an EWC code that does not exist", () => ({ codes: { ewc: "999999" } }), ["/codes/ewc"]],
  ["an EWC code of five digits", () => ({ codes: { ewc: "10010" } }), ["/codes/ewc"]],
  ["a grade that does not exist", () => ({ grade: "dry_water" }), ["/grade"]],
  ["a grade of another kind", () => ({ grade: "gypsum" }), ["/grade", "/quantity/unit"].slice(0, 1)],
  [
    "a price with no currency",
    () => ({ economics: { price: { amount: "6.00", per: "t" } } }),
    ["/economics/price/currency"],
  ],
  [
    "a price per an unknown unit",
    () => ({ economics: { price: { amount: "6.00", currency: "EUR", per: "lump" } } }),
    ["/economics/price/per"],
  ],
  ["an id of another noun", () => ({ siteId: tenant.id }), ["/siteId"]],
  ["a site that does not exist", () => ({ siteId: "site_01jd7p3v2fe1k9wx5m7t8q4z6c" }), ["/siteId"]],
  ["a title that is too long", () => ({ title: "x".repeat(201) }), ["/title"]],
  [
    "an amount that no number can hold once converted",
    () => ({ quantity: { amount: 1e308, unit: "t/a" } }),
    ["/quantity/amount"],
  ],
  ["an amount that vanishes", () => ({ quantity: { amount: 5e-324, unit: "g/a" } }), ["/quantity/amount"]],
  ["a character that no database keeps", () => ({ title: "steam\u0000" }), ["/title"]],
  ["half a surrogate pair", () => ({ notes: "steam\ud800" }), ["/notes"]],
];

const siteFaults: [fault: string, content: object, pointers: string[]][] = [
  ["a longitude out of range", { location: { type: "Point", coordinates: [181, 0] } }, ["/location/coordinates/0"]],
  ["a latitude out of range", { location: { type: "Point", coordinates: [0, -90.1] } }, ["/location/coordinates/1"]],
  ["an unclosed polygon", polygon([0, 0], [1, 0], [1, 1], [0, 1]), ["/footprint/coordinates/0"]],
  ["a self-crossing polygon", polygon([0, 0], [1, 1], [1, 0], [0, 1], [0, 0]), ["/footprint/coordinates/0"]],
  ["a polygon with an antipodal edge", polygon([0, 0], [180, 0], [90, 10], [0, 0]), ["/footprint/coordinates/0"]],
  ["an empty ring", polygon(), ["/footprint/coordinates/0"]],
  ["a polygon of a line", polygon([0, 0], [1, 0], [0, 0]), ["/footprint/coordinates/0"]],
  ["a time zone that does not exist", { timeZone: "Europe/Kalundborg" }, ["/timeZone"]],
  ["a country by its name", { country: "Denmark" }, ["/country"]],
];

function polygon(...ring: number[][]): object {
  return { footprint: { type: "Polygon", coordinates: [ring] } };
}

describe("a flow is refused and nothing written for", () => {
  for (const [fault, content, pointers] of flowFaults)
    it(fault, async () => {
      const body = supply(content());
      await expectRefused("POST", "/v1/flows", { body }, 400, pointers);
      await expectRefused("PUT", "/v1/flows/by-external-id/bad", { body }, 400, pointers);
      await expectRefused("PATCH", `/v1/flows/${flow.id}`, { body: content() }, 400, pointers);
      await expectRefused("POST", "/v1/matches/preview", { body }, 400, pointers);
    });
});

describe("a site is refused and nothing written for", () => {
  for (const [fault, content, pointers] of siteFaults)
    it(fault, async () => {
      const body = siteContent(content);
      await expectRefused("POST", "/v1/sites", { body }, 400, pointers);
      await expectRefused("PUT", "/v1/sites/by-external-id/bad", { body }, 400, pointers);
      await expectRefused("PATCH", `/v1/sites/${site.id}`, { body: content }, 400, pointers);
    });
});

describe("any body is refused and nothing written for", () => {
  const writes = () => [
    ["POST", "/v1/sites"],
    ["POST", "/v1/flows"],
    ["PUT", "/v1/flows/by-external-id/bad"],
    ["PATCH", `/v1/flows/${flow.id}`],
    ["POST", "/v1/matches/evaluate"],
  ];

  it("NaN and Infinity", async () => {
    for (const [method, path] of writes())
      for (const number of ["NaN", "Infinity", "-Infinity"])
        await expectRefused(method!, path!, { rawBody: `{"quantity": {"amount": ${number}}}` }, 400, [
          "/quantity/amount",
        ]);
    const rawBody = JSON.stringify(supply({})).replace("550000", "1e999");
    await expectRefused("POST", "/v1/flows", { rawBody }, 400, ["/quantity/amount"]);
  });

  it("2 MB of JSON", async () => {
    const rawBody = JSON.stringify(supply({ notes: "x".repeat(2_000_000) }));
    for (const [method, path] of writes()) {
      await expectRefused(method!, path!, { rawBody }, 413, [""]);
      const { length } = new TextEncoder().encode(rawBody);
      const chunks = new Blob([rawBody]).stream();
      expect(length).toBeGreaterThan(2_000_000);
      await expectRefused(method!, path!, { rawBody: chunks }, 413, [""]);
    }
  });

  it("nesting 100 deep", async () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ]) {
      const rawBody = `{"quality": ${open!.repeat(99)}1${close!.repeat(99)}}`;
      for (const [method, path] of writes()) await expectRefused(method!, path!, { rawBody }, 400, ["/quality"]);
    }
  });

  it("a field that does not exist, at any depth", async () => {
    const body = { ...supply({ codes: { isbn: "1" } }), colour: "grey" };
    await expectRefused("POST", "/v1/flows", { body }, 400, ["/codes/isbn", "/colour"]);
    await expectRefused("POST", "/v1/matches/evaluate", { body: { a: 1 } }, 400, [
      "/a",
      "/inputFlowId",
      "/outputFlowId",
    ]);
  });

  it("names that JavaScript gives a meaning of its own", async () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    for (const name of names) {
      const rawBody = JSON.stringify(supply({})).replace("{", `{"${name}":{"polluted":true},`);
      await expectRefused("POST", "/v1/flows", { rawBody }, 400, [`/${name}`]);
      const patch = { rawBody: `{"${name}":{"polluted":true}}` };
      await expectRefused("PATCH", `/v1/flows/${flow.id}`, patch, 400, [`/${name}`]);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("what a request refers to is refused when it is", () => {
  it("an id of another noun in the path or the query", async () => {
    await expectRefused("GET", `/v1/flows/${site.id}`, {}, 400, ["/path/id"]);
    await expectRefused("DELETE", `/v1/sites/${flow.id}`, {}, 400, ["/path/id"]);
    await expectRefused("POST", `/v1/matches/${flow.id}/interest`, {}, 400, ["/path/id"]);
    await expectRefused("GET", `/v1/flows?siteId=${flow.id}`, {}, 400, ["/query/siteId"]);
    const body = { outputFlowId: site.id, inputFlowId: tenant.id };
    await expectRefused("POST", "/v1/matches/evaluate", { body }, 400, ["/inputFlowId", "/outputFlowId"]);
  });

  it("a cursor of another list", async () => {
    await createSite(tenant);
    const { nextCursor } = await succeed(200, "GET", `/v1/sites?limit=1&organizationId=${tenant.id}`, {
      key: tenant.key,
    });
    await expectRefused("GET", `/v1/flows?cursor=${nextCursor}`, {}, 400, ["/query/cursor"]);
  });

  it("a stale version", async () => {
    const headers = { "if-match": '"42"' };
    await expectRefused("PATCH", `/v1/flows/${flow.id}`, { body: { title: "New" }, headers }, 412, []);
    await expectRefused("DELETE", `/v1/flows/${flow.id}`, { headers }, 412, []);
  });

  it("a filter out of range", async () => {
    for (const [query, pointer] of [
      ["near=200,0&radiusMeters=10", "/query/near"],
      ["near=0,0", "/query/radiusMeters"],
      ["radiusMeters=10", "/query/near"],
      ["near=0,0&radiusMeters=-1", "/query/radiusMeters"],
      ["near=0,0&radiusMeters=Infinity", "/query/radiusMeters"],
      ["near=NaN,0&radiusMeters=10", "/query/near"],
      ["bbox=0,10,1,0", "/query/bbox"],
      ["bbox=0,0,1", "/query/bbox"],
      ["updatedAfter=2026-13-01T00:00:00Z", "/query/updatedAfter"],
      ["updatedAfter=0000-01-01T00:00:00Z", "/query/updatedAfter"],
      ["updatedAfter=0001-01-01T00:00:00%2B23:59", "/query/updatedAfter"],
      ["externalId=%00", "/query/externalId"],
      ["grade=%27%3B--", "/query/grade"],
    ])
      await expectRefused("GET", `/v1/flows?${query}`, {}, 400, [pointer!]);
  });
});

describe("text of any script", () => {
  it("comes back as it was sent", async () => {
    const title = "Dampf 🏭 蒸汽 بخار e\u0301 \u202e'; DROP TABLE flows; -- \\u0000 %00 \u007f";
    const made = await createFlow(tenant, supply({ title }));
    expect((await call("GET", `/v1/flows/${made.id}`, { key: tenant.key })).body.title).toBe(title);
  });
});
