import { beforeAll, describe, expect, it } from "vitest";
import { createId } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, pointersOf, refuse, succeed, withoutRequestId } from "./support/client.ts";
import { countRows } from "./support/database.ts";
import { runMinute } from "./support/schedule.ts";
import {
  createFlow,
  createPair,
  createSite,
  createTenant,
  type Pair,
  steamNeed,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let pair: Pair;
let stranger: Tenant;

beforeAll(async () => {
  pair = await createPair();
  stranger = await createTenant();
});

const list = (flow: Json, what: string, key: string) => succeed(200, "GET", `/v1/flows/${flow.id}/${what}`, { key });

describe("the matches of a flow", () => {
  it("are the same pair with the same score from either side, under one id for ever", async () => {
    const [fromNeed] = (await list(pair.input, "matches", pair.buyer.key)).data;
    const [fromSupply] = (await list(pair.output, "matches", pair.seller.key)).data;
    for (const name of ["matchId", "outputFlowId", "inputFlowId", "score", "low", "high", "distanceMeters", "quantity"])
      expect(fromSupply[name], name).toEqual(fromNeed[name]);
    expect(fromNeed).toMatchObject({
      matchId: pair.matchId,
      outputFlowId: pair.output.id,
      inputFlowId: pair.input.id,
      verdict: "match",
    });
    expect(fromNeed.distanceMeters).toBeGreaterThan(990);
    expect(fromNeed.distanceMeters).toBeLessThan(1_010);
  });

  it("tell gates and terms when they are to be explained, and the terms sum to the score exactly", async () => {
    const [brief] = (await list(pair.input, "matches", pair.buyer.key)).data;
    expect(brief).not.toHaveProperty("gates");
    expect(brief).not.toHaveProperty("terms");
    const [explained] = (await list(pair.input, "matches?explain=true", pair.buyer.key)).data;
    const { gates, terms, ...rest } = explained;
    expect(rest).toEqual(brief);
    expect(gates.map(({ gate }: Json) => gate)).toContain("quality.temperature");
    expect(gates.every(({ verdict }: Json) => verdict !== "fail" && verdict !== "near")).toBe(true);
    expect(terms.reduce((sum: number, { contribution }: Json) => sum + contribution, 0)).toBe(brief.score);
    for (const { sentence } of terms) expect(sentence.length).toBeGreaterThan(10);
  });

  it("show each side its own gain only, and the operator all of it", async () => {
    const [seller] = (await list(pair.output, "matches", pair.seller.key)).data;
    const [buyer] = (await list(pair.input, "matches", pair.buyer.key)).data;
    const [operator] = (await list(pair.input, "matches", operatorKey)).data;
    expect(seller.money.perYear).toMatchObject({ joint: null, buyer: null, seller: expect.any(String) });
    expect(buyer.money.perYear).toMatchObject({ joint: null, seller: null, buyer: expect.any(String) });
    expect(seller.money.parts.every(({ side }: Json) => side === "seller")).toBe(true);
    const { joint, seller: sold, buyer: bought } = operator.money.perYear;
    expect([sold, bought]).toEqual([seller.money.perYear.seller, buyer.money.perYear.buyer]);
    expect(Number(sold) + Number(bought)).toBeCloseTo(Number(joint), 1);
  });

  it("are cut by limit and by the least score, and nothing else is asked for", async () => {
    const site = await succeed(200, "GET", `/v1/sites/${pair.output.siteId}`, { key: pair.seller.key });
    await createFlow(pair.seller, steamSupply(site.id, { title: "Second boiler" }));
    const all = (await list(pair.input, "matches", pair.buyer.key)).data;
    expect(all.length).toBe(2);
    expect(all[0].score).toBeGreaterThanOrEqual(all[1].score);
    expect((await list(pair.input, "matches?limit=1", pair.buyer.key)).data).toEqual([all[0]]);
    const best = all[0].score;
    expect((await list(pair.input, `matches?minScore=${best}`, pair.buyer.key)).data[0]).toEqual(all[0]);
    expect((await list(pair.input, "matches?minScore=1", pair.buyer.key)).data).toEqual([]);
    for (const [query, pointer] of [
      ["limit=0", "/query/limit"],
      ["limit=201", "/query/limit"],
      ["minScore=1.1", "/query/minScore"],
      ["minScore=high", "/query/minScore"],
      ["explain=perhaps", "/query/explain"],
    ])
      expect(
        pointersOf(await refuse(400, "GET", `/v1/flows/${pair.input.id}/matches?${query}`, { key: pair.buyer.key })),
      ).toEqual([pointer]);
  });

  it("are none of another's, though the flow is public", async () => {
    for (const what of ["matches", "near-misses"]) {
      const foreign = await refuse(404, "GET", `/v1/flows/${pair.output.id}/${what}`, { key: stranger.key });
      const missing = await refuse(404, "GET", `/v1/flows/${createId("flow")}/${what}`, { key: stranger.key });
      expect(withoutRequestId(foreign)).toEqual(withoutRequestId(missing));
    }
  });

  it("are recorded when a flow is published, without anybody asking", async () => {
    const { seller, input } = pair;
    const made = await createFlow(seller, steamSupply(pair.output.siteId, { title: "Third boiler" }));
    const find = async () =>
      (await succeed(200, "GET", `/v1/matches?flowId=${made.id}`, { key: seller.key })).data.map(
        (each: Json) => each.inputFlowId,
      );
    // Behind the answer, or by the minute's schedule where that was cut off, which first does what other tests have left to it.
    await expect.poll(() => runMinute().then(find), { timeout: 80_000 }).toEqual([input.id]);
  }, 90_000);

  it("leave out flows that are paused, that are drafts and whose owner has blocked the caller", async () => {
    const fresh = await createPair();
    await succeed(200, "POST", `/v1/flows/${fresh.output.id}/pause`, { key: fresh.seller.key });
    expect((await list(fresh.input, "matches", fresh.buyer.key)).data).toEqual([]);
    await createFlow(fresh.seller, steamSupply(fresh.output.siteId, { status: "draft" }));
    await createFlow(
      fresh.seller,
      steamSupply(fresh.output.siteId, { constraints: { blockedOrganizationIds: [fresh.buyer.id] } }),
    );
    expect((await list(fresh.input, "matches", fresh.buyer.key)).data).toEqual([]);
  });
});

describe("the near misses of a flow", () => {
  it("name the one gate that fails narrowly, by how much, and what would close it", async () => {
    const cooler = { quality: { temperature: { value: 125, unit: "Cel" }, pressure: { value: 14, unit: "bar" } } };
    const { seller, output, input, buyer } = await createPair();
    const cold = await createFlow(seller, steamSupply(output.siteId, cooler));
    const { data } = await list(input, "near-misses?explain=true", buyer.key);
    const miss = data.find(({ outputFlowId }: Json) => outputFlowId === cold.id);
    expect(miss).toMatchObject({ verdict: "near_miss", near: { gate: "quality.temperature", verdict: "near" } });
    expect(miss.near.short.amount).toBeGreaterThan(0);
    expect(miss.near.closes).toMatch(/\w+ \w+/);
    expect(data.some(({ outputFlowId }: Json) => outputFlowId === output.id)).toBe(false);
  });
});

describe("a preview", () => {
  it("finds what the stored flow would find, and stores nothing", async () => {
    const fresh = await createPair();
    const body = steamNeed(fresh.input.siteId, { title: "Not yet" });
    const before = await countRows();
    const { matches, nearMisses } = await succeed(200, "POST", "/v1/matches/preview", { key: fresh.buyer.key, body });
    expect(await countRows()).toEqual(before);
    expect(matches.map(({ outputFlowId }: Json) => outputFlowId)).toEqual([fresh.output.id]);
    expect(nearMisses).toEqual([]);
    const [stored] = (await list(fresh.input, "matches", fresh.buyer.key)).data;
    expect(matches[0].score).toBe(stored.score);
    const nowhere = { ...body, siteId: fresh.output.siteId };
    const problem = await refuse(400, "POST", "/v1/matches/preview", { key: fresh.buyer.key, body: nowhere });
    expect(pointersOf(problem)).toEqual(["/siteId"]);
    const path = "/v1/matches/preview?minScore=1";
    expect((await succeed(200, "POST", path, { key: fresh.buyer.key, body })).matches).toEqual([]);
  });
});

describe("one pair, evaluated", () => {
  const evaluate = (outputFlowId: string, inputFlowId: string, key: string) =>
    call("POST", "/v1/matches/evaluate", { key, body: { outputFlowId, inputFlowId } });

  it("is told with every gate and term, also when it fails", async () => {
    const { body } = await evaluate(pair.output.id, pair.input.id, pair.seller.key);
    expect(body).toMatchObject({ matchId: pair.matchId, verdict: "match" });
    expect(body.terms.map(({ term }: Json) => term).sort()).toEqual([
      "economics",
      "proximity",
      "quality",
      "quantity",
      "temporal",
      "trust",
    ]);
    const far = await createSite(pair.seller, { location: { type: "Point", coordinates: [0, 89] } });
    const distant = await createFlow(pair.seller, steamSupply(far.id));
    const failed = (await evaluate(distant.id, pair.input.id, pair.seller.key)).body;
    expect(failed.verdict).toBe("no_match");
    expect(failed.gates.find(({ gate }: Json) => gate === "distance").verdict).toBe("fail");
  });

  it("needs an output and an input, of which one is the caller's", async () => {
    const swapped = await evaluate(pair.input.id, pair.output.id, pair.seller.key);
    expect([swapped.status, pointersOf(swapped.body)]).toEqual([400, ["/outputFlowId"]]);
    const twice = await evaluate(pair.output.id, pair.output.id, pair.seller.key);
    expect([twice.status, pointersOf(twice.body)]).toEqual([400, ["/inputFlowId"]]);
    const missing = await evaluate(createId("flow"), pair.input.id, stranger.key);
    const foreign = await evaluate(pair.output.id, pair.input.id, stranger.key);
    expect(foreign.status).toBe(404);
    expect(withoutRequestId(foreign.body)).toEqual(withoutRequestId(missing.body));
    expect((await evaluate(pair.output.id, pair.input.id, operatorKey)).status).toBe(200);
  });
});

describe("the list of matches", () => {
  it("has the caller's own, narrowed by state, flow and score", async () => {
    const { seller, buyer, output, input, matchId } = await createPair();
    const found = async (query: string, key = buyer.key) =>
      (await succeed(200, "GET", `/v1/matches?${query}`, { key })).data.map(({ id }: Json) => id);
    for (const key of [seller.key, buyer.key]) expect(await found("", key)).toEqual([matchId]);
    for (const query of ["state=suggested", `flowId=${output.id}`, `flowId=${input.id}`, "minScore=0"])
      expect(await found(query), query).toEqual([matchId]);
    for (const query of ["state=declined", `flowId=${createId("flow")}`, "minScore=1"])
      expect(await found(query), query).toEqual([]);
    const problem = await refuse(400, "GET", "/v1/matches?state=open&flowId=x&minScore=2", { key: buyer.key });
    expect(pointersOf(problem)).toEqual(["/query/flowId", "/query/minScore", "/query/state"]);
  });
});
