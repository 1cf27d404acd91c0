import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalDatabase, startLocalDatabase } from "../../scripts/database/localDatabase.ts";
import { seedTaxonomy } from "../../scripts/seedTaxonomy.ts";
import { createSecrets } from "../../scripts/start/secrets.ts";
import type { MemberActor } from "../../src/domain/actor.ts";
import { maximumCellRadiusMeters } from "../../src/domain/cell.ts";
import { flowContentSchema, isSupply } from "../../src/domain/flow.ts";
import { computeSearchFacts } from "../../src/domain/flowSearch.ts";
import { distanceMeters } from "../../src/domain/geography.ts";
import type { FlowId } from "../../src/domain/ids.ts";
import { siteContentSchema } from "../../src/domain/site.ts";
import { type Coarseness, exactly } from "../../src/matching/candidateSearch.ts";
import { coarsenParty, quantityStep } from "../../src/matching/coarseParty.ts";
import type { Evaluation } from "../../src/matching/evaluation.ts";
import type { Matcher } from "../../src/matching/matcher.ts";
import type { Party } from "../../src/matching/party.ts";
import { scoreBound } from "../../src/matching/scoreBound.ts";
import type { RequestContext } from "../../src/operations/context.ts";
import { prepareFlow } from "../../src/operations/flows.ts";
import { stepScore } from "../../src/operations/matchView.ts";
import { createOrganization } from "../../src/operations/organizations.ts";
import { type Searcher, searcherFor, searchMatches } from "../../src/operations/search.ts";
import { createSite } from "../../src/operations/sites.ts";
import { continueTrace } from "../../src/platform/telemetry/traceparent.ts";
import { openRequest } from "../../src/request.ts";
import type { SightedParty } from "../../src/stores/spatial/candidates.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";

const flowCount = 260;
const subjectCount = 24;

/** Flows of resources that meet each other in many ways: by grade, kind, substitution, code, unit and season. */
const flowArbitrary = fc.record({
  direction: fc.constantFrom("output", "input", "shared"),
  resource: fc.constantFrom(
    { kind: "heat", grade: null, unit: "GW.h/a", codes: {} },
    { kind: "heat", grade: null, unit: "MW", codes: {} },
    { kind: "steam", grade: "process_steam", unit: "t/a", codes: {} },
    { kind: "steam", grade: null, unit: "t/h", codes: {} },
    { kind: "byproduct", grade: "gypsum", unit: "t/a", codes: { ewc: "100105" } },
    { kind: "material", grade: null, unit: "t/a", codes: { ewc: "100105", hs: "252010" } },
    { kind: "byproduct", grade: "fly_ash", unit: "t/a", codes: { hs: "2520" } },
  ),
  amount: fc.integer({ min: 1, max: 1_000 }),
  temperature: fc.integer({ min: 20, max: 200 }),
  months: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }), { nil: null }),
  level: fc.constantFrom("rough", "estimated", "measured", "metered"),
  site: fc.nat({ max: 23 }),
});

const coarsely: Coarseness = { slackMeters: 2 * maximumCellRadiusMeters, quantityFactor: quantityStep };

describe.each(enginesUnderTest)("the best matches over %s", (engine) => {
  const folder = mkdtempSync(join(tmpdir(), "turash-best-"));
  let database: LocalDatabase;
  let operator: RequestContext;
  let matcher: Matcher;
  let parties: SightedParty[];

  beforeAll(async () => {
    database = await startLocalDatabase({ dataDir: folder, engine });
    await seedTaxonomy(database);
    operator = await enter(database);
    const members = await Promise.all(
      Array.from({ length: 4 }, (_, index) => enterAsNewOrganization(database, operator, index % 2 === 0)),
    );
    const sites = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const owner = members[index % members.length]!;
        const coordinates = [11 + (index % 6) * 0.013, 55.6 + Math.floor(index / 6) * 0.009];
        const site = siteContentSchema.parse({
          name: `Site ${index}`,
          location: { type: "Point", coordinates },
          timeZone: "Europe/Copenhagen",
          country: "DK",
        });
        return { owner, id: (await createSite(owner, site)).value.id };
      }),
    );
    const ids: FlowId[] = [];
    for (const flow of fc.sample(flowArbitrary, { numRuns: flowCount, seed: 42 })) {
      const { owner, id } = sites[flow.site]!;
      const range = flow.direction === "input" ? { minimum: flow.temperature } : { value: flow.temperature };
      const content = flowContentSchema.parse({
        siteId: id,
        direction: flow.direction,
        kind: flow.resource.kind,
        grade: flow.resource.grade,
        title: "A flow",
        codes: flow.resource.codes,
        quantity: { amount: flow.amount, unit: flow.resource.unit },
        quality:
          flow.resource.kind === "heat" || flow.resource.kind === "steam"
            ? { temperature: { ...range, unit: "Cel" } }
            : {},
        availability: flow.months ? { pattern: "seasonal", months: flow.months } : { pattern: "continuous" },
        precision: { level: flow.level },
        visibility: "public",
      });
      const record = await prepareFlow(owner, (owner.actor as MemberActor).organizationId, content);
      await owner.services.flows.create(owner, record, computeSearchFacts(record), []);
      ids.push(record.id);
    }
    matcher = await operator.services.readMatcher();
    parties = await Promise.all(
      ids.map(async (id) => (await operator.services.candidates.findSubject(operator, id))!.party),
    );
  });

  // A request lives for seconds only.
  beforeEach(async () => {
    operator = await enter(database);
  });

  afterAll(async () => {
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** One that sees of all organizations but its own no more than their cells. */
  const searcherOf = ({ organizationId }: SightedParty): Searcher => {
    const isHidden = (party: SightedParty) => party.organizationId !== organizationId;
    return {
      see: (party) => (isHidden(party) ? coarsenParty(party, party.sight.cell) : party),
      isHidden,
      coarseness: () => coarsely,
    };
  };
  const evaluate = (one: Party, other: Party): Evaluation =>
    isSupply(one.flow.direction) ? matcher.evaluate(one, other) : matcher.evaluate(other, one);
  const counterparts = (subject: SightedParty) =>
    parties.filter((party) => isSupply(party.flow.direction) !== isSupply(subject.flow.direction));
  const subjects = () => parties.slice(0, subjectCount);

  it("are exactly those of scoring every pair, whatever the size of a page", async () => {
    let found = 0;
    for (const subject of subjects()) {
      const all = matcher.rank(subject, counterparts(subject), { limit: 5 });
      const pairs = await searchMatches(operator, searcherFor(operator.actor), subject, { limit: 5, minScore: 0 }, 7);
      expect(pairs.map(({ evaluation }) => [evaluation.matchId, evaluation.score])).toEqual(
        all.map(({ evaluation }) => [evaluation.matchId, evaluation.score]),
      );
      found += all.length;
    }
    expect(found).toBeGreaterThan(subjectCount);
  });

  it("are exactly those of scoring every pair as it is seen, where other organizations' places are hidden", async () => {
    const seen = new Set<string>();
    for (const subject of subjects()) {
      const searcher = searcherOf(subject);
      const others = counterparts(subject);
      const hidden = new Set(others.filter(searcher.isHidden).map(({ flowId }) => flowId));
      const all = matcher.rank(subject, others.map(searcher.see), {
        limit: 5,
        showScore: ({ flowId }, score) => (hidden.has(flowId) ? stepScore(score) : score),
      });
      const pairs = await searchMatches(operator, searcher, subject, { limit: 5, minScore: 0 }, 7);
      expect(pairs.map(({ evaluation }) => evaluation)).toEqual(all.map(({ evaluation }) => evaluation));
      for (const { evaluation } of pairs) seen.add(evaluation.gates.find(({ gate }) => gate === "distance")!.verdict);
    }
    expect([...seen].sort()).toEqual(["pass", "uncertain"]);
  });

  it.each([
    ["as they are", exactly],
    ["coarsely", coarsely],
  ])(
    "come in pages ordered by a bound that equals the engine's and is no less than any score, seen %s",
    async (_, coarseness) => {
      let compared = 0;
      for (const subject of subjects()) {
        const search = matcher.search(subject);
        const qualityBounds = new Map(search.grades.map(({ grade, qualityBound }) => [grade, qualityBound]));
        const { candidates } = await operator.services.candidates.findPage(operator, search, "match", {
          after: null,
          limit: 200,
          coarseness,
        });
        for (const { party, bound } of candidates) {
          const facts = computeSearchFacts(party.flow);
          const sharesCode =
            (search.ewc !== null && party.flow.codes.ewc === search.ewc) ||
            (search.hs !== null && party.flow.codes.hs !== null);
          const columns = {
            qualityBound: sharesCode ? 1 : (qualityBounds.get(party.flow.grade) ?? 1),
            distanceMeters: distanceMeters(subject.site.position, party.site.position),
            dimension: facts.dimension,
            basis: party.flow.quantity.basis,
            canonicalRemaining: facts.canonicalAmount,
            monthsMask: facts.monthsMask,
            precisionLevel: party.flow.precision.level,
            ...party.organization,
          };
          expect(bound).toBeCloseTo(scoreBound(search.bound, columns, coarseness), 6);
          const seen = coarseness === exactly ? party : coarsenParty(party, party.sight.cell);
          expect(evaluate(subject, seen).score).toBeLessThanOrEqual(bound);
          compared += 1;
        }
      }
      expect(compared).toBeGreaterThan(200);
    },
  );

  it.each([
    ["as they are", exactly],
    ["coarsely", coarsely],
  ])("leave no match out of the candidates, seen %s", async (_, coarseness) => {
    for (const subject of subjects()) {
      const see = (party: SightedParty) => (coarseness === exactly ? party : coarsenParty(party, party.sight.cell));
      const found = (verdict: string) =>
        counterparts(subject).filter((party) => evaluate(subject, see(party)).verdict === verdict);
      const fetched = async (limits: "match" | "near") => {
        const page = await operator.services.candidates.findPage(operator, matcher.search(subject), limits, {
          after: null,
          limit: 1_000,
          coarseness,
        });
        return new Set(page.candidates.map(({ party }) => party.flowId));
      };
      const [forMatches, forNear] = [await fetched("match"), await fetched("near")];
      expect(found("match").filter(({ flowId }) => !forMatches.has(flowId))).toEqual([]);
      expect(found("near_miss").filter(({ flowId }) => !forNear.has(flowId))).toEqual([]);
    }
  });
});

async function enter(database: LocalDatabase, key?: string): Promise<RequestContext> {
  const { operatorKey, keyPepper } = secrets;
  const env = {
    DATABASE_URL: database.connectionString,
    DATABASE_FETCH_ENDPOINT: database.fetchEndpoint,
    OPERATOR_KEY: operatorKey,
    KEY_PEPPER: keyPepper,
    REQUEST_TIMEOUT_SECONDS: "30",
  };
  const open = openRequest({
    env,
    at: new Date(),
    request: new Request("http://turash.test/"),
    requestId: "test",
    traceparent: continueTrace(null).traceparent,
    waitUntil: () => undefined,
  });
  return open.enter(`Bearer ${key ?? operatorKey}`);
}

const secrets = createSecrets();

async function enterAsNewOrganization(
  database: LocalDatabase,
  operator: RequestContext,
  verified: boolean,
): Promise<RequestContext> {
  const { apiKey } = await createOrganization(operator, {
    externalId: null,
    name: "An organization",
    country: "DK",
    nace: null,
    verified,
    owner: null,
  });
  return enter(database, apiKey.key);
}
