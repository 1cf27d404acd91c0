import type { SQL } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChangeStamp } from "../../src/domain/change.ts";
import { idFromUuid, uuidOf } from "../../src/domain/ids.ts";
import type { CandidateSearch } from "../../src/matching/candidateSearch.ts";
import { exactly } from "../../src/matching/candidateSearch.ts";
import type { Database } from "../../src/stores/postgres/client.ts";
import { createFlowStore } from "../../src/stores/records/flows.ts";
import { createMatchStore } from "../../src/stores/records/matches.ts";
import { createOrganizationStore } from "../../src/stores/records/organizations.ts";
import { createSiteStore } from "../../src/stores/records/sites.ts";
import { createCandidateStore } from "../../src/stores/spatial/candidates.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { type Access, createRecorder, explain } from "../support/queryPlan.ts";
import { openStoresUnderTest, type StoresUnderTest } from "../support/storesUnderTest.ts";

const organizationId = idFromUuid("organization", "00000000-0000-7000-8000-000000000001");
const flowId = idFromUuid("flow", "00000002-0000-7000-8000-000000000001");
const siteId = idFromUuid("site", "00000001-0000-7000-8000-000000000001");
const stamp: ChangeStamp = {
  actor: {
    kind: "member",
    organizationId,
    memberId: null,
    role: "owner",
    scopes: [],
    credential: idFromUuid("apiKey", "00000000-0000-7000-8000-000000000001"),
  },
  at: new Date("2027-03-01T10:00:00Z"),
  requestId: "r",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  addressHash: null,
  idempotency: null,
};

/** 400 organizations with two sites each over 1,500 by 1,500 km, 20,000 flows on them in every grade, the same on each run. */
const world = `
  SELECT setseed(0.25);
  INSERT INTO organizations (id, name, country, created_at, updated_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Works ' || n, 'DE', now(), now() FROM generate_series(1, 400) n;
  INSERT INTO sites (id, organization_id, name, location, cell, cell_location, cell_radius_meters, time_zone, country, external_id, created_at, updated_at)
    SELECT ('00000001-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, ('00000000-0000-7000-8000-' || lpad((1 + n % 400)::text, 12, '0'))::uuid,
      'Site ' || n, place, '871f05833ffffff', place, 1400, 'Europe/Berlin', 'DE', 'site-' || n, now(), now()
    FROM (SELECT n, ST_SetSRID(ST_MakePoint(2 + 20 * random(), 45 + 13 * random()), 4326)::geography AS place FROM generate_series(1, 800) n) placed;
  WITH numbered AS (SELECT kind, slug, row_number() OVER (ORDER BY slug) - 1 AS place, count(*) OVER () AS total FROM grades),
    codes AS (SELECT code, row_number() OVER (ORDER BY code) - 1 AS place, count(*) OVER () AS total FROM ewc_codes)
  INSERT INTO flows (id, organization_id, site_id, external_id, direction, kind, grade, title, legal_status, ewc, hs, codes, quantity_amount, quantity_unit,
      quantity_basis, quality, availability, economics, constraints, precision, status, visibility, dimension, canonical_amount, months_mask, created_at, updated_at)
    SELECT ('00000002-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, s.organization_id, s.id, 'flow-' || n,
      CASE WHEN random() < 0.55 THEN 'output' WHEN random() < 0.1 THEN 'shared' ELSE 'input' END, g.kind, g.slug, 'Flow ' || n, 'product',
      CASE WHEN n % 4 = 0 THEN c.code END, CASE WHEN n % 5 = 0 THEN (2500 + n % 400)::text || '10' END, '{}', 100, 't/a', 'rate', '{}', '{}', '{}',
      '{"blockedOrganizationIds": []}', '{"level": "measured"}', CASE WHEN random() < 0.9 THEN 'active' ELSE 'draft' END,
      CASE WHEN random() < 0.8 THEN 'public' ELSE 'private' END, 'mass/year', 100000, 4095, now(), now()
    FROM generate_series(1, 20000) n JOIN sites s ON s.external_id = 'site-' || (1 + n * 17 % 800)
      JOIN numbered g ON g.place = n * 7 % g.total JOIN codes c ON c.place = n * 13 % c.total;
  INSERT INTO matches (id, output_flow_id, input_flow_id, output_organization_id, input_organization_id, state, score, evaluation, output_view, input_view,
      output_flow_version, input_flow_version, history, created_at, updated_at)
    SELECT gen_random_uuid(), a.id, b.id, a.organization_id, b.organization_id, 'suggested', random(), '{}', '{}', '{}', 1, 1, '[]', now(), now()
    FROM (SELECT id, organization_id, row_number() OVER (ORDER BY id) AS place FROM flows WHERE direction = 'output') a
      JOIN (SELECT id, organization_id, row_number() OVER (ORDER BY id DESC) AS place FROM flows WHERE direction = 'input') b USING (place);`;

function searchFor(side: "input" | "output", changes: Partial<CandidateSearch> = {}): CandidateSearch {
  const limits = { monthsMask: 7, temperatureMaximumAtLeastKelvin: 300, temperatureMinimumAtMostKelvin: null };
  return {
    subject: { flowId, organizationId, position: [11.1, 55.7] },
    directions: side === "input" ? ["output", "shared"] : ["input"],
    grades: ["heat", "hot_water", "steam"].map((grade) => ({ grade, relation: "same", qualityBound: 1 })),
    ewc: null,
    hs: null,
    dimensions: ["mass/year"],
    bases: ["rate", "recurring"],
    ownOrganization: { id: organizationId, isAllowed: false },
    blockedOrganizationIds: [],
    match: { radiusMeters: 60_000, ...limits },
    near: { radiusMeters: 120_000, ...limits },
    bound: {
      weights: { quality: 0.25, quantity: 0.2, temporal: 0.15, proximity: 0.15, economics: 0.15, trust: 0.1 },
      subjectIsInput: side === "input",
      dimension: "mass/year",
      remaining: 100_000,
      monthsMask: 7,
      needHours: 8760,
      limitMeters: 60_000,
      allowances: { spheroid: 1.01, rounding: 1e-9, hoursPerMonth: 745 },
      trust: {
        subject: 0.5,
        levels: { rough: 0.2, estimated: 0.5, measured: 0.8, metered: 1 },
        precisionShare: 0.6,
        verifiedShare: 0.2,
        exchangesShare: 0.2,
        exchangesAtHalf: 3,
      },
    },
    ...changes,
  };
}

describe.each(enginesUnderTest)("with 20,000 flows, the plan on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    await stores.script(world);
    await stores.script("ANALYZE");
  });
  afterAll(() => stores?.close());

  /** How the one statement that a call of a store sends would reach `flows`. */
  async function planOf(ask: (database: Database) => Promise<unknown>, table = "flows"): Promise<Access[]> {
    const recorder = createRecorder();
    await ask(recorder);
    expect(recorder.statements).toHaveLength(1);
    const accesses = await explain(stores.connect(), recorder.statements[0] as SQL);
    return accesses.filter((access) => access.table === table);
  }

  const candidates = (search: CandidateSearch, limits: "match" | "near" = "match") =>
    planOf((database) =>
      createCandidateStore(database).findPage(stamp, search, limits, { after: null, limit: 128, coarseness: exactly }),
    );
  const indexesOf = (accesses: Access[]) => new Set(accesses.flatMap(({ indexes }) => indexes));
  const conditionsOn = (accesses: Access[], index: string) =>
    accesses
      .filter(({ indexes }) => indexes.includes(index))
      .flatMap(({ conditions }) => conditions)
      .join(" AND ");
  const expectNoScan = (accesses: Access[]) => {
    expect(accesses.length).toBeGreaterThan(0);
    expect(accesses.filter(({ node }) => node === "Seq Scan")).toEqual([]);
  };

  async function sixtyGrades(): Promise<CandidateSearch["grades"]> {
    const slugs = await stores.run("SELECT slug FROM grades ORDER BY slug LIMIT 60");
    return slugs.map(({ slug }) => ({ grade: slug!, relation: "same", qualityBound: 1 }));
  }

  it.each([
    ["supplies of a need", "input", "flows_supply_idx"],
    ["needs for a supply", "output", "flows_need_idx"],
  ] as const)("reaches the %s by grade and place in one index", async (_, side, index) => {
    for (const limits of ["match", "near"] as const) {
      const accesses = await candidates(searchFor(side), limits);
      expectNoScan(accesses);
      expect(indexesOf(accesses)).toEqual(new Set([index, "flows_pkey"]));
      expect(conditionsOn(accesses, index)).toMatch(/grade = .*location && _st_expand/);
    }
  });

  it("does so with many grades", async () => {
    const accesses = await candidates(searchFor("input", { grades: await sixtyGrades() }));
    expectNoScan(accesses);
    expect(conditionsOn(accesses, "flows_supply_idx")).toMatch(/grade = .*location && _st_expand/);
  });

  it("reaches those with the same waste or customs code by the code and the place", async () => {
    const accesses = await candidates(searchFor("input", { ewc: "010101", hs: "252010" }));
    expectNoScan(accesses);
    expect(indexesOf(accesses)).toEqual(new Set(["flows_supply_idx", "flows_ewc_idx", "flows_hs_idx", "flows_pkey"]));
    expect(conditionsOn(accesses, "flows_ewc_idx")).toMatch(/ewc = .*location && _st_expand/);
    expect(conditionsOn(accesses, "flows_hs_idx")).toMatch(/hs_heading = .*location && _st_expand/);
  });

  it("finds the same flows as a plain reading of the table, each once", async () => {
    const reach = {
      radiusMeters: 400_000,
      monthsMask: 7,
      temperatureMaximumAtLeastKelvin: null,
      temperatureMinimumAtMostKelvin: null,
    };
    const search = searchFor("input", { grades: await sixtyGrades(), ewc: "010101", hs: "252010", match: reach });
    const found = await createCandidateStore(stores.connect()).findPage(stamp, search, "match", {
      after: null,
      limit: 1000,
      coarseness: exactly,
    });
    const plain = await stores.run(`SELECT f.id FROM flows f WHERE f.status = 'active' AND f.direction <> 'input'
      AND (f.grade IN (SELECT slug FROM grades ORDER BY slug LIMIT 60) OR f.ewc = '010101' OR f.hs LIKE '252010%' OR '252010' LIKE f.hs || '%')
      AND ST_Distance(f.location, 'SRID=4326;POINT(11.1 55.7)', false) <= 400000 AND f.organization_id <> '${uuidOf(organizationId)}'`);
    expect(plain.length).toBeGreaterThan(20);
    const flowIds = found.candidates.map(({ party }) => uuidOf(party.flowId));
    expect(flowIds.toSorted()).toEqual(plain.map(({ id }) => id!).toSorted());
    expect(found.isLast).toBe(true);
  });

  it("looks up the matches of a page by their flows", async () => {
    const accesses = await planOf(
      (database) =>
        createCandidateStore(database).findPage(stamp, searchFor("input"), "match", {
          after: null,
          limit: 128,
          coarseness: exactly,
        }),
      "matches",
    );
    expectNoScan(accesses);
  });

  const page = { limit: 50, after: null };
  const lists: [string, string, string, (database: Database) => Promise<unknown>][] = [
    ["a flow", "flows", "flows_pkey", (database) => createFlowStore(database).find(stamp, flowId)],
    [
      "a flow by externalId",
      "flows",
      "flows_external_id_key",
      (database) => createFlowStore(database).list(stamp, { externalId: "flow-17" }, page),
    ],
    [
      "the flows of a site",
      "flows",
      "flows_site_id_idx",
      (database) => createFlowStore(database).list(stamp, { siteId }, page),
    ],
    [
      "the flows near a place",
      "flows",
      "flows_location_idx",
      (database) => createFlowStore(database).list(stamp, { near: { position: [11, 55], radiusMeters: 20_000 } }, page),
    ],
    [
      "the flows in a box",
      "flows",
      "flows_geometry_idx",
      (database) => createFlowStore(database).list(stamp, { bbox: [11, 55, 11.3, 55.2] }, page),
    ],
    [
      "a site by externalId",
      "sites",
      "sites_external_id_key",
      (database) => createSiteStore(database).list(stamp, { externalId: "site-40" }, page),
    ],
  ];
  it.each(lists)("of %s reads %s by %s", async (_, table, index, ask) => {
    const accesses = await planOf(ask, table);
    expectNoScan(accesses);
    expect(indexesOf(accesses)).toContain(index);
  });

  it("of every list reads flows by an index", async () => {
    const all = [
      (database: Database) => createFlowStore(database).list(stamp, {}, page),
      (database: Database) => createFlowStore(database).list(stamp, { organizationId }, page),
      (database: Database) => createFlowStore(database).list(stamp, { direction: "input", status: "active" }, page),
      (database: Database) =>
        createFlowStore(database).list(stamp, {}, { limit: 50, after: "00000002-0000-7000-8000-000000010000" }),
    ];
    for (const ask of all) expectNoScan(await planOf(ask));
    for (const ask of [
      (database: Database) => createSiteStore(database).list(stamp, {}, page),
      (database: Database) => createOrganizationStore(database).list(stamp, {}, page),
    ])
      expectNoScan(await planOf(ask));
  });

  it("of the matches of an organization or a flow reads them by an index", async () => {
    const own = await planOf((database) => createMatchStore(database).list(stamp, {}, page), "matches");
    expectNoScan(own);
    const ofFlow = await planOf((database) => createMatchStore(database).list(stamp, { flowId }, page), "matches");
    expectNoScan(ofFlow);
    expect(indexesOf(ofFlow)).toContain("matches_pair_key");
    expect(indexesOf(ofFlow)).toContain("matches_input_flow_id_idx");
  });

  it("shows a scan where an index is missing", async () => {
    await stores.script("ALTER INDEX flows_supply_idx RENAME TO renamed; DROP INDEX renamed");
    const accesses = await candidates(searchFor("input"));
    expect(indexesOf(accesses)).not.toContain("flows_supply_idx");
  });
});
