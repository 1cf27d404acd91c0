import { XMLParser, XMLValidator } from "fast-xml-parser";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { findCell } from "../../src/domain/cell.ts";
import { createId } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, pointersOf, refuse, succeed, withoutRequestId } from "./support/client.ts";
import { joinProgramme } from "./support/programmes.ts";
import { runMinute } from "./support/schedule.ts";
import {
  createFlow,
  createPair,
  createSite,
  createTenant,
  type Pair,
  randomPlace,
  type Tenant,
} from "./support/tenants.ts";

const ask = (tenant: Tenant, question: string): Promise<Json> =>
  succeed(200, "GET", `/v1/network/${question}`, { key: tenant.key });

/** Asks until the events that lead to an answer have come, those behind the answers to reads by the minute's schedule. */
async function askUntil(tenant: Tenant, question: string, isThere: (answer: Json) => boolean): Promise<Json> {
  let answer: Json;
  await vi.waitFor(
    async () => {
      await runMinute();
      answer = await ask(tenant, question);
      expect(isThere(answer), JSON.stringify(answer)).toBe(true);
    },
    { timeout: 30_000, interval: 200 },
  );
  return answer;
}

const isLinked = ({ links }: Json) => links.length > 0;

/** Three in one place, each of whom has what the next one wants. */
async function createRing(): Promise<Tenant[]> {
  const grades = ["gypsum", "yeast_slurry", "sulphur"];
  const [longitude, latitude] = randomPlace();
  const tenants: Tenant[] = [];
  const needs: { tenant: Tenant; id: string }[] = [];
  for (const [index, grade] of grades.entries()) {
    const tenant = await createTenant({ name: `Works ${index}` });
    const location = { type: "Point", coordinates: [longitude, latitude + index * 0.01] };
    const site = await createSite(tenant, { location });
    const common = {
      siteId: site.id,
      kind: "byproduct",
      quantity: { amount: 10_000, unit: "t/a" },
      visibility: "public",
    };
    const wanted = grades[(index + 2) % 3];
    await createFlow(tenant, {
      ...common,
      direction: "output",
      grade,
      title: `${grade} on offer`,
      legalStatus: "by_product",
    });
    const need = await createFlow(tenant, { ...common, direction: "input", grade: wanted, title: `${wanted} wanted` });
    tenants.push(tenant);
    needs.push({ tenant, id: need.id });
  }
  for (const { tenant, id } of needs) {
    const { data } = await succeed(200, "GET", `/v1/flows/${id}/matches`, { key: tenant.key });
    expect(data).toHaveLength(1);
  }
  return tenants;
}

describe("two organizations that match", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await createPair();
    await askUntil(pair.seller, `neighbours?organizationId=${pair.seller.id}`, isLinked);
  });

  it("are neighbours by that match, by their names where both flows are public", async () => {
    const { seller, buyer, output, input, matchId } = pair;
    const answer = await ask(seller, `neighbours?organizationId=${seller.id}`);
    const match = await succeed(200, "GET", `/v1/matches/${matchId}`, { key: seller.key });
    expect(answer.neighbours).toEqual([{ key: buyer.id, steps: 1, score: match.score }]);
    expect(answer.links).toEqual([
      {
        id: matchId,
        type: "match",
        from: seller.id,
        to: buyer.id,
        outputFlowId: output.id,
        inputFlowId: input.id,
        kind: "steam",
        score: match.score,
        value: Number(match.money.perYear.seller),
        quantity: null,
        since: null,
      },
    ]);
    expect(answer.parties.map(({ key, name }: Json) => [key, name]).sort()).toEqual(
      [
        [seller.id, "Power station"],
        [buyer.id, "Brewery"],
      ].sort(),
    );
    expect(answer.truncated).toBe(false);
  });

  it("are one path apart, and none where only suppliers' ways count backwards", async () => {
    const { seller, buyer, matchId } = pair;
    const { shortest, cheapest } = await ask(seller, `paths?from=${buyer.id}&to=${seller.id}`);
    expect(shortest).toMatchObject({ keys: [buyer.id, seller.id], linkIds: [matchId] });
    expect(cheapest).toEqual([shortest]);
    const directed = await ask(seller, `paths?from=${buyer.id}&to=${seller.id}&directed=true`);
    expect(directed).toMatchObject({ shortest: null, cheapest: [] });
  });

  it("are found by kind and by least score", async () => {
    const { seller } = pair;
    const counts = await Promise.all(
      ["kind=steam", "kind=heat", "minScore=0.5", "minScore=1"].map(
        async (filter) => (await ask(seller, `neighbours?organizationId=${seller.id}&${filter}`)).neighbours.length,
      ),
    );
    expect(counts).toEqual([1, 0, 1, 0]);
  });

  it("are told to the operator with their joint value, and that it looked goes into both audit logs", async () => {
    const { seller, buyer } = pair;
    const { links } = await succeed(200, "GET", `/v1/network/neighbours?organizationId=${seller.id}`, {
      key: operatorKey,
    });
    const { money } = (await succeed(200, "GET", `/v1/matches/${pair.matchId}`, { key: operatorKey })) as Json;
    expect(links[0].value).toBe(Number(money.perYear.joint));
    for (const { key } of [seller, buyer]) {
      const { data } = await succeed(200, "GET", "/v1/audit-entries?limit=20", { key });
      expect(data.filter(({ action }: Json) => action === "network.read")).toHaveLength(1);
    }
  });

  it("are read without a trace in the audit log by a third who may see them", async () => {
    const third = await createTenant();
    const { neighbours, links } = await ask(third, `neighbours?organizationId=${pair.seller.id}`);
    expect(neighbours).toHaveLength(1);
    expect(links[0]).toMatchObject({ id: `${pair.output.id}:${pair.input.id}`, value: null });
    const { data } = await succeed(200, "GET", "/v1/audit-entries?limit=20", { key: third.key });
    expect(data.filter(({ action }: Json) => action === "network.read")).toEqual([]);
  });

  it("are as little there as nobody, to a third who may not see them", async () => {
    const { seller } = await createPair({ visibility: "private" });
    await askUntil(seller, `neighbours?organizationId=${seller.id}`, isLinked);
    const third = await createTenant();
    const others = createId("organization");
    for (const question of [
      "neighbours?organizationId=",
      "impact?organizationId=",
      "similar?organizationId=",
      "loops?organizationId=",
      `paths?from=${third.id}&to=`,
    ]) {
      const [hidden, missing] = await Promise.all(
        [seller.id, others].map((id) => refuse(404, "GET", `/v1/network/${question}${id}`, { key: third.key })),
      );
      expect(withoutRequestId(hidden)).toEqual(withoutRequestId(missing));
    }
    const listed = await Promise.all(["hubs?limit=200", "loops?limit=200", "export"].map((each) => ask(third, each)));
    expect(JSON.stringify(listed)).not.toContain(seller.id);
  });
});

describe("a counterpart that is hidden", () => {
  it("is a pseudonym in a cell with its industry, its score in steps and no value, in every answer and file", async () => {
    const { seller, buyer, output, input, matchId } = await createPair(
      { visibility: "network", title: "Secret steam" },
      { visibility: "public", title: "Steam wanted" },
    );
    await joinProgramme(seller, buyer);
    const answer = await askUntil(buyer, `neighbours?organizationId=${buyer.id}`, isLinked);
    const ranked = await succeed(200, "GET", `/v1/flows/${input.id}/matches`, { key: buyer.key });
    const { counterpart, score } = ranked.data[0];
    expect(counterpart.organizationId).toBeNull();
    expect(answer.neighbours).toEqual([{ key: counterpart.pseudonym, steps: 1, score }]);
    const site = await succeed(200, "GET", `/v1/sites/${output.siteId}`, { key: seller.key });
    const cell = await findCell(site.location.coordinates);
    expect(answer.parties.find(({ key }: Json) => key === counterpart.pseudonym)).toMatchObject({
      organizationId: null,
      pseudonym: counterpart.pseudonym,
      name: null,
      country: null,
      industry: counterpart.industry,
      places: [{ siteId: null, name: null, cell: cell.id }],
    });
    expect(answer.links[0]).toMatchObject({ id: matchId, value: null, quantity: null });
    expect((answer.links[0].score * 20) % 1).toBeCloseTo(0, 6);
    expect(answer.flows.find(({ id }: Json) => id === output.id)).toMatchObject({
      title: null,
      grade: "process_steam",
    });
    const texts = await Promise.all(
      ["neighbours", "impact", "similar", "loops"]
        .map((question) => `${question}?organizationId=${buyer.id}`)
        .concat("hubs", "loops", "export", "export?format=graphml")
        .map(async (question) => (await call("GET", `/v1/network/${question}`, { key: buyer.key })).text),
    );
    for (const secret of [seller.id, output.siteId, output.title, String(site.location.coordinates[1])])
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  });
});

describe("three who each only have what the next one wants", () => {
  let ring: Tenant[];
  beforeAll(async () => {
    ring = await createRing();
    const isWhole = ({ links }: Json) => links.length === 3;
    await askUntil(ring[0]!, `neighbours?organizationId=${ring[0]!.id}&steps=2`, isWhole);
  });

  it("form exactly one loop", async () => {
    const [first, second, third] = ring as [Tenant, Tenant, Tenant];
    const { loops, links } = await ask(first, `loops?organizationId=${first.id}`);
    expect(loops).toHaveLength(1);
    expect(loops[0].keys).toEqual([first.id, second.id, third.id]);
    expect(loops[0].score).toBe(Math.min(...links.map(({ score }: Json) => score)));
    expect((await ask(first, `loops?organizationId=${first.id}&sizes=4,5`)).loops).toEqual([]);
    expect((await ask(first, `loops?organizationId=${first.id}&minScore=1`)).loops).toEqual([]);
  });

  it("are all three found near their place, as hubs and in a file, and nowhere else", async () => {
    const site = (await succeed(200, "GET", "/v1/sites", { key: ring[0]!.key })).data[0];
    const place = `near=${site.location.coordinates.join()}&radiusMeters=10000`;
    const ids = ring.map(({ id }) => id).sort();
    const { hubs, partiesCounted } = await ask(ring[0]!, `hubs?${place}`);
    expect(hubs.map(({ key, degree }: Json) => [key, degree]).sort()).toEqual(ids.map((id) => [id, 2]));
    expect(partiesCounted).toBe(3);
    const { parties, links } = await ask(ring[0]!, `export?${place}`);
    expect(parties.map(({ key }: Json) => key)).toEqual(ids);
    expect(links).toHaveLength(3);
    expect((await ask(ring[0]!, `loops?${place}`)).loops).toHaveLength(1);
  });

  it("are given as GraphML that a parser reads: a node for each and an edge for each match", async () => {
    const site = (await succeed(200, "GET", "/v1/sites", { key: ring[0]!.key })).data[0];
    const place = `near=${site.location.coordinates.join()}&radiusMeters=10000`;
    const { headers, text } = await call("GET", `/v1/network/export?format=graphml&${place}`, { key: ring[0]!.key });
    expect(headers.get("content-type")).toBe("application/graphml+xml; charset=utf-8");
    expect(headers.get("content-disposition")).toBe('attachment; filename="network.graphml"');
    expect(XMLValidator.validate(text)).toBe(true);
    const { graphml } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" }).parse(text);
    expect(graphml.graph.node.map(({ id }: Json) => id)).toEqual(ring.map(({ id }) => id).sort());
    expect(graphml.graph.edge.map(({ source, target }: Json) => [source, target]).sort()).toEqual(
      ring.map(({ id }, index) => [id, ring[(index + 1) % 3]!.id]).sort(),
    );
  });
});

describe("organizations that have and need the same", () => {
  it("are similar by the grades that they share", async () => {
    const { seller } = await createPair();
    const site = (await succeed(200, "GET", "/v1/sites", { key: seller.key })).data[0];
    const other = await createTenant({ name: "Another station" });
    const near = await createSite(other, { location: site.location });
    const common = { siteId: near.id, kind: "steam", quantity: { amount: 1_000, unit: "t/a" }, visibility: "public" };
    await createFlow(other, { ...common, direction: "output", grade: "process_steam", title: "Steam" });
    await createFlow(other, { ...common, direction: "input", grade: "process_steam", title: "More steam" });
    const question = `similar?organizationId=${seller.id}&near=${site.location.coordinates.join()}&radiusMeters=5000`;
    const { similar } = await askUntil(seller, question, (answer) => answer.similar[0]?.jaccard === 0.5);
    expect(similar[0]).toEqual({
      key: other.id,
      shared: [{ direction: "output", grade: "process_steam" }],
      jaccard: 0.5,
      weighted: 0.5,
    });
  });
});

describe("a question that is not one", () => {
  it.each([
    ["neighbours", ["/query/organizationId"]],
    ["neighbours?organizationId=org_1&steps=5", ["/query/organizationId", "/query/steps"]],
    ["paths?from=org_1", ["/query/from", "/query/to"]],
    ["hubs?seed=-1&limit=201", ["/query/limit", "/query/seed"]],
    ["hubs?near=11,55", ["/query/radiusMeters"]],
    ["loops?sizes=2,3&minScore=2", ["/query/minScore", "/query/sizes"]],
    ["export?format=gexf&depth=3", ["/query/depth", "/query/format"]],
  ])("is refused with every field that is wrong: %s", async (question, pointers) => {
    const { key } = await createTenant();
    const problem = await refuse(400, "GET", `/v1/network/${question}`, { key });
    expect(pointersOf(problem)).toEqual(pointers);
  });

  it("is refused where a path would lead from an organization to itself", async () => {
    const { id, key } = await createTenant();
    const problem = await refuse(400, "GET", `/v1/network/paths?from=${id}&to=${id}`, { key });
    expect(problem.errors[0]).toMatchObject({ pointer: "/query/to", code: "same_organization" });
  });
});
