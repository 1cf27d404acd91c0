import fc from "fast-check";
import { beforeAll, describe, it } from "vitest";
import { attempts, type Ids } from "./support/attempts.ts";
import { call, type Json } from "./support/client.ts";
import { recordExchange } from "./support/exchanges.ts";
import { listOperations, type Operation } from "./support/openApi.ts";
import { createProgramme } from "./support/programmes.ts";
import {
  createFlow,
  createKey,
  createPair,
  createSite,
  createTenant,
  createWebhook,
  findAuditEntry,
  insertDelivery,
  insertMember,
  invite,
  siteContent,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let tenant: Tenant;
let site: Json;
let flow: Json;
let ids: Ids;
let operations: Operation[];

beforeAll(async () => {
  tenant = await createTenant();
  site = await createSite(tenant);
  flow = await createFlow(tenant, steamSupply(site.id, { visibility: "private" }));
  const { matchId, input } = await createPair();
  const webhook = await createWebhook(tenant);
  ids = {
    organizationId: tenant.id,
    keyId: (await createKey(tenant)).id,
    memberId: await insertMember(tenant),
    invitationId: (await invite(tenant)).id,
    auditEntryId: await findAuditEntry(tenant),
    siteId: site.id,
    flowId: flow.id,
    otherFlowId: input.id,
    matchId,
    exchangeId: (await recordExchange(tenant, { outputFlowId: flow.id, inputFlowId: input.id })).id,
    programmeId: (await createProgramme(tenant)).id,
    externalId: "fuzz",
    webhookId: webhook.id,
    deliveryId: await insertDelivery(webhook.id),
  };
  // Closing the organization would end the key that everything here is tried with.
  operations = (await listOperations()).filter(({ operationId }) => operationId !== "deleteOrganization");
});

/** `call` fails on a 5xx and on any answer that the document does not name. */
const bounds = { numRuns: 120, interruptAfterTimeLimit: 12_000 };

const strange = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom("", "\u0000", "\ud800", "__proto__", "constructor", -0, 1e308, 5e-324, 2 ** 53, null, [], {}),
);

/** A right body in which something is replaced, taken away or added. */
function spoiled(body: Json): fc.Arbitrary<Json> {
  const places = placesIn(body);
  const fault = fc.record({ place: fc.constantFrom(...places), value: strange, isGone: fc.boolean() });
  return fc.array(fault, { minLength: 1, maxLength: 4 }).map((faults) => {
    const copy = structuredClone(body);
    for (const { place, value, isGone } of faults) {
      const parent = place.slice(0, -1).reduce((node: Json, name) => node?.[name], copy);
      if (parent === null || typeof parent !== "object") continue;
      if (isGone) delete parent[place.at(-1)!];
      else parent[place.at(-1)!] = value;
    }
    return copy;
  });
}

function placesIn(node: Json, place: string[] = []): string[][] {
  if (node === null || typeof node !== "object") return [place];
  const below = Object.entries<Json>(node).flatMap(([name, value]) => placesIn(value, [...place, name]));
  return place.length === 0 ? [...below, ["colour"]] : [place, ...below, [...place, "colour"]];
}

const wholeFlow = (): Json => {
  const { id: _1, organizationId: _2, version: _3, createdAt: _4, updatedAt: _5, remaining: _6, ...content } = flow;
  return {
    ...content,
    codes: { ...content.codes, ewc: "100105", hs: "2503", hazardProperties: ["HP4"] },
    quantity: { ...content.quantity, uncertainty: 0.1, minimumLot: { amount: 24, unit: "t" } },
    availability: {
      pattern: "seasonal",
      months: [1, 2],
      from: "2027-01-01",
      until: "2028-01-01",
      rrule: "FREQ=WEEKLY;BYDAY=MO",
      leadTime: "P14D",
      weekly: [{ day: "mon", from: "06:00", to: "22:00" }],
    },
    economics: {
      price: { amount: "6.00", currency: "EUR", per: "t" },
      disposalCost: { amount: "1", currency: "DKK", per: "kg" },
    },
    constraints: { maximumDistanceMeters: 10_000, permitsHeld: ["ewc:1908*"], blockedOrganizationIds: [tenant.id] },
    precision: { level: "metered", source: "meter", asOf: "2026-01-31" },
  };
};

const wholeSite = (): Json =>
  siteContent({
    footprint: {
      type: "Polygon",
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    },
    nace: "35.11",
    address: { street: "A", postalCode: "1", locality: "B", region: "C" },
  });

describe("no answer is a fault of the service or an undocumented one", () => {
  it("whatever is spoiled in the body of a flow, written or previewed", async () => {
    const doors: [string, string][] = [
      ["POST", "/v1/flows"],
      ["PUT", "/v1/flows/by-external-id/fuzz"],
      ["PATCH", `/v1/flows/${flow.id}`],
      ["POST", "/v1/matches/preview"],
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...doors), spoiled(wholeFlow()), async ([method, path], body) => {
        await call(method, path, { key: tenant.key, body });
      }),
      bounds,
    );
  });

  it("whatever is spoiled in the body of a site", async () => {
    const doors: [string, string][] = [
      ["POST", "/v1/sites"],
      ["PUT", "/v1/sites/by-external-id/fuzz"],
      ["PATCH", `/v1/sites/${site.id}`],
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...doors), spoiled(wholeSite()), async ([method, path], body) => {
        await call(method, path, { key: tenant.key, body });
      }),
      bounds,
    );
  });

  it("whatever a body is made of", async () => {
    const writing = operations.filter(({ method }) => method !== "GET" && method !== "DELETE");
    const rawBody = fc.oneof(
      fc.json({ maxDepth: 5 }),
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
    );
    const type = fc.constantFrom(
      "application/json",
      "application/merge-patch+json",
      "application/json; charset=utf-8",
      "text/plain",
      "x",
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...writing), rawBody, type, async (operation, body, mediaType) => {
        const headers = { "content-type": mediaType };
        await call(operation.method, filled(operation), { key: tenant.key, rawBody: body, headers });
      }),
      bounds,
    );
  });

  it("whatever a query asks for", async () => {
    const reading = operations.filter(({ method }) => method === "GET");
    const names = reading.flatMap(({ definition }) =>
      (definition.parameters ?? [])
        .filter((each: Json) => each.in === "query")
        .map((each: Json) => each.name as string),
    );
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom(
        "",
        "0",
        "-1",
        "1e9",
        "NaN",
        "true",
        "\u0000",
        "180,90",
        "-180,-90,180,90",
        "170,0,-170,1",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "steam",
        "active",
      ),
      fc.double().map(String),
    );
    const question = fc.array(fc.tuple(fc.constantFrom(...new Set(names)), value), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...reading), question, async (operation, pairs) => {
        const query = pairs.map(([name, text]) => `${name}=${encodeURIComponent(text.toWellFormed())}`).join("&");
        await call("GET", `${filled(operation)}?${query}`, { key: tenant.key });
      }),
      bounds,
    );
  });

  it("whatever stands in a path or a header", async () => {
    const segment = fc
      .string({ unit: "binary", minLength: 1, maxLength: 40 })
      .map((text) => encodeURIComponent(text.toWellFormed()));
    const header = fc.string({ unit: "grapheme-ascii", maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), segment, header, async ({ method, path }, part, text) => {
        const name = part === "." || part === ".." ? "x" : part;
        const url = path.replaceAll(/\{[^}]+\}/g, name);
        const headers = { "if-match": text, "if-none-match": text, "idempotency-key": text, "x-request-id": text };
        await call(method, url, {
          key: tenant.key,
          headers,
          ...(method === "GET" || method === "DELETE" ? {} : { body: {} }),
        });
      }),
      bounds,
    );
  });
});

/** The path of an operation with the ids of things that are there. */
function filled({ operationId }: Operation): string {
  return attempts[operationId]!.request(ids).path.split("?")[0]!;
}
