import { beforeAll, describe, expect, it } from "vitest";
import { findCell } from "../../src/domain/cell.ts";
import { uuidOf } from "../../src/domain/ids.ts";
import { type Json, operatorKey, refuse, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { joinProgramme } from "./support/programmes.ts";
import {
  createFlow,
  createPair,
  createSite,
  createTenant,
  randomPlace,
  steamNeed,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

const place = (coordinates: readonly number[]) => ({ location: { type: "Point", coordinates } });

type Scene = { seller: Tenant; buyer: Tenant; hidden: [number, number]; output: Json; input: Json };

/** A supply that is not public, and a need near it. */
async function createScene(visibility: "network" | "private", flow: object = {}): Promise<Scene> {
  const [seller, buyer] = [
    await createTenant({ name: "Hidden works", nace: "20.13" }),
    await createTenant({ name: "Curious works" }),
  ];
  const [longitude, latitude] = randomPlace();
  const site = await createSite(seller, { name: "Secret yard", ...place([longitude, latitude]) });
  const near = await createSite(buyer, place([longitude, latitude + 0.009]));
  const output = await createFlow(
    seller,
    steamSupply(site.id, {
      visibility,
      title: "Secret steam",
      notes: "Behind the silo",
      externalId: "secret-1",
      quantity: { amount: 551_234, unit: "t/a", minimumLot: { amount: 24.3179, unit: "t" } },
      economics: {
        price: { amount: "6.1379", currency: "EUR", per: "t" },
        disposalCost: { amount: "1.1728", currency: "EUR", per: "t" },
      },
      precision: { level: "measured", source: "Meter of the secret works" },
      ...flow,
    }),
  );
  const input = await createFlow(buyer, steamNeed(near.id));
  return { seller, buyer, hidden: [longitude, latitude], output, input };
}

const matchesOf = async ({ input, buyer }: Scene, query = "explain=true") =>
  (await succeed(200, "GET", `/v1/flows/${input.id}/matches?${query}`, { key: buyer.key })).data;

/** Words and figures of the hidden side that no answer to the other may hold. */
function secretsOf({ seller, output, hidden }: Scene): string[] {
  const { siteId } = output;
  return [
    seller.id,
    siteId,
    "Secret",
    "secret",
    "Hidden works",
    "silo",
    "6.1379",
    "1.1728",
    "551234",
    "551,234",
    "24.3179",
    ...hidden.map(String),
  ];
}

function expectNoSecret(scene: Scene, answer: unknown): void {
  const text = JSON.stringify(answer);
  expect(secretsOf(scene).filter((secret) => text.includes(secret))).toEqual([]);
}

describe.each(["network", "private"] as const)("before both sides consent, the owner of a %s flow", (visibility) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await createScene(visibility);
  });

  it("is a pseudonym in a cell, in ranked matches, in stored ones, in previews and in evaluations", async () => {
    const [ranked] = await matchesOf(scene);
    const cell = await findCell(scene.hidden);
    expect(ranked).toMatchObject({
      outputFlowId: scene.output.id,
      counterpart: {
        organizationId: null,
        pseudonym: expect.stringMatching(/^anon_[0-9a-f]{16}$/),
        cell: cell.id,
        position: [expect.closeTo(cell.center[0], 9), expect.closeTo(cell.center[1], 9)],
        industry: "C",
      },
    });
    const { key } = scene.buyer;
    const stored = await succeed(200, "GET", `/v1/matches/${ranked.matchId}`, { key });
    const body = steamNeed(scene.input.siteId);
    const preview = await succeed(200, "POST", "/v1/matches/preview", { key, body });
    const evaluated = await succeed(200, "POST", "/v1/matches/evaluate", {
      key,
      body: { outputFlowId: scene.output.id, inputFlowId: scene.input.id },
    });
    for (const seen of [stored, preview.matches[0], evaluated])
      expect(seen).toMatchObject({ counterpart: ranked.counterpart, score: ranked.score });
    expect(stored).toMatchObject({ outputOrganizationId: null, inputOrganizationId: scene.buyer.id });
    for (const answer of [ranked, stored, preview, evaluated]) expectNoSecret(scene, answer);
  });

  it("is told as an interval of distance, a score and economics in steps of 0.05, and no price", async () => {
    const [ranked] = await matchesOf(scene);
    const { radiusMeters } = await findCell(scene.hidden);
    expect(ranked.distanceHighMeters - ranked.distanceLowMeters).toBeGreaterThan(radiusMeters);
    for (const figure of [ranked.score, ranked.low, ranked.high]) expect((figure * 20) % 1).toBeCloseTo(0, 6);
    const economics = ranked.terms.find(({ term }: Json) => term === "economics");
    for (const figure of [economics.value, economics.low, economics.high]) expect((figure * 20) % 1).toBeCloseTo(0, 6);
    expect(ranked.money).toMatchObject({ low: null, high: null, price: null, perYear: { joint: null, seller: null } });
  });

  it("shows its own flow to nobody by its id, and itself neither by its site nor by its organization", async () => {
    const { key } = scene.buyer;
    await refuse(404, "GET", `/v1/flows/${scene.output.id}`, { key });
    await refuse(404, "GET", `/v1/sites/${scene.output.siteId}`, { key });
    await refuse(404, "GET", `/v1/organizations/${scene.seller.id}`, { key });
    const { data } = await succeed(200, "GET", `/v1/flows?organizationId=${scene.seller.id}`, { key });
    expect(data).toEqual([]);
  });

  it("opens with mutual interest, and that enters the audit logs of both", async () => {
    const opened = await createScene(visibility);
    const [ranked] = await matchesOf(opened);
    const path = `/v1/matches/${ranked.matchId}`;
    const first = await succeed(200, "POST", `${path}/interest`, { key: opened.buyer.key });
    expectNoSecret(opened, first);
    const second = await succeed(200, "POST", `${path}/interest`, {
      key: opened.seller.key,
      headers: { "x-request-id": "call-me" },
    });
    expect(second).toMatchObject({
      state: "interested_both",
      counterpart: { organizationId: opened.buyer.id, pseudonym: null },
    });

    const { key } = opened.buyer;
    const stored = await succeed(200, "GET", path, { key });
    expect(stored).toMatchObject({
      outputOrganizationId: opened.seller.id,
      counterpart: { organizationId: opened.seller.id, pseudonym: null, cell: null },
    });
    expect(stored.distanceLowMeters).toBe(stored.distanceHighMeters);
    expect(stored.money.perYear).toMatchObject({ joint: null, seller: null });
    const flow = await succeed(200, "GET", `/v1/flows/${opened.output.id}`, { key });
    expect(flow).toMatchObject({
      title: "Secret steam",
      notes: "Behind the silo",
      organizationId: opened.seller.id,
      owner: null,
    });
    expect(flow.economics).toMatchObject({ disposalCost: null });
    expect(await succeed(200, "GET", `/v1/sites/${opened.output.siteId}`, { key })).toMatchObject({
      name: "Secret yard",
    });
    expect(await succeed(200, "GET", `/v1/organizations/${opened.seller.id}`, { key })).toMatchObject({
      name: "Hidden works",
    });
    const evaluated = await succeed(200, "POST", "/v1/matches/evaluate", {
      key,
      body: { outputFlowId: opened.output.id, inputFlowId: opened.input.id },
    });
    expect(evaluated.distanceLowMeters).toBe(evaluated.distanceHighMeters);
    const entries = await query(
      "SELECT organization_id, credential, request_id FROM audit_entries WHERE action = 'match.open' AND subject_id = (SELECT id FROM matches WHERE output_flow_id = $1)",
      uuidOf(opened.output.id),
    );
    expect(entries).toHaveLength(2);
    const entryOf = ({ id }: Tenant) => entries.find(({ organization_id }) => organization_id === uuidOf(id));
    expect(entryOf(opened.seller)).toMatchObject({
      credential: expect.stringMatching(/^key_/),
      request_id: "call-me",
    });
    expect(entryOf(opened.buyer)).toMatchObject({ credential: "counterpart", request_id: "counterpart" });

    await succeed(200, "POST", `${path}/decline`, { key: opened.seller.key, body: { reason: "No longer" } });
    await refuse(404, "GET", `/v1/flows/${opened.output.id}`, { key });
    expectNoSecret(opened, { ...(await succeed(200, "GET", path, { key })), history: [] });
  });

  it("is known to the operator", async () => {
    const evaluated = await succeed(200, "POST", "/v1/matches/evaluate", {
      key: operatorKey,
      body: { outputFlowId: scene.output.id, inputFlowId: scene.input.id },
    });
    expect(evaluated).toMatchObject({ counterpart: null, money: { perYear: { joint: expect.any(String) } } });
    expect(evaluated.distanceLowMeters).toBe(evaluated.distanceHighMeters);
  });
});

describe("a network flow", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await createScene("network");
    await joinProgramme(scene.seller, scene.buyer);
  });

  it("is shown to its programme without owner, place, words and prices, and its quantity in two digits", async () => {
    const { key } = scene.buyer;
    const flow = await succeed(200, "GET", `/v1/flows/${scene.output.id}`, { key });
    expect(flow).toMatchObject({
      organizationId: null,
      siteId: null,
      externalId: null,
      title: null,
      notes: null,
      quantity: { amount: 550_000, minimumLot: { amount: 24 } },
      economics: { price: null, disposalCost: null },
      owner: { organizationId: null, cell: (await findCell(scene.hidden)).id },
    });
    const { data } = await succeed(200, "GET", "/v1/flows?visibility=network".replace("?visibility=network", ""), {
      key,
    });
    const listed = data.find(({ id }: Json) => id === scene.output.id);
    expect(listed).toEqual(flow);
    for (const answer of [flow, listed]) expectNoSecret(scene, answer);
  });

  it("is where its cell is for every filter, and not to be found by its owner or site", async () => {
    const { key } = scene.buyer;
    const found = async (filter: string) =>
      (await succeed(200, "GET", `/v1/flows?${filter}`, { key })).data.some(({ id }: Json) => id === scene.output.id);
    const { center } = await findCell(scene.hidden);
    expect(await found(`near=${center.join(",")}&radiusMeters=1`)).toBe(true);
    expect(await found(`near=${scene.hidden.join(",")}&radiusMeters=1`)).toBe(false);
    const around = ([longitude, latitude]: readonly number[]) =>
      [longitude! - 1e-4, latitude! - 1e-4, longitude! + 1e-4, latitude! + 1e-4].join(",");
    expect(await found(`bbox=${around(center)}`)).toBe(true);
    expect(await found(`bbox=${around(scene.hidden)}`)).toBe(false);
    expect(await found(`organizationId=${scene.seller.id}`)).toBe(false);
    expect(await found(`siteId=${scene.output.siteId}`)).toBe(false);
    expect(await found("externalId=secret-1")).toBe(false);
  });

  it("lets members of a programme know each other's organizations, and strangers not", async () => {
    const stranger = await createTenant();
    expect(await succeed(200, "GET", `/v1/organizations/${scene.seller.id}`, { key: scene.buyer.key })).toMatchObject({
      name: "Hidden works",
      externalId: null,
    });
    await refuse(404, "GET", `/v1/organizations/${scene.seller.id}`, { key: stranger.key });
    await refuse(404, "GET", `/v1/flows/${scene.output.id}`, { key: stranger.key });
    await refuse(404, "GET", `/v1/sites/${scene.output.siteId}`, { key: scene.buyer.key });
  });
});

describe("a public flow's externalId", () => {
  it("is its organization's own: in no answer to a stranger, and shown to the side to whom a match has opened it", async () => {
    const { seller, buyer, output, input, matchId } = await createPair(
      { externalId: "heat-7f3a" },
      { externalId: null },
    );
    const stranger = await createTenant();
    const filter = `/v1/flows?organizationId=${seller.id}`;
    const externalIdFor = async (key: string) => {
      const flow = await succeed(200, "GET", `/v1/flows/${output.id}`, { key });
      const { data } = await succeed(200, "GET", filter, { key });
      expect(data[0].externalId).toBe(flow.externalId);
      return flow.externalId;
    };
    expect(await externalIdFor(seller.key)).toBe("heat-7f3a");
    expect(await externalIdFor(operatorKey)).toBe("heat-7f3a");
    for (const { key } of [buyer, stranger]) {
      expect(await externalIdFor(key)).toBeNull();
      expect((await succeed(200, "GET", "/v1/flows?externalId=heat-7f3a", { key })).data).toEqual([]);
    }
    const { key } = buyer;
    const pair = { outputFlowId: output.id, inputFlowId: input.id };
    for (const answer of [
      await succeed(200, "GET", `/v1/flows/${input.id}/matches?explain=true`, { key }),
      await succeed(200, "GET", `/v1/matches/${matchId}`, { key }),
      await succeed(200, "POST", "/v1/matches/evaluate", { key, body: pair }),
    ])
      expect(JSON.stringify(answer)).not.toContain("heat-7f3a");

    for (const side of [seller, buyer])
      await succeed(200, "POST", `/v1/matches/${matchId}/interest`, { key: side.key });
    expect(await externalIdFor(key)).toBe("heat-7f3a");
    expect(await externalIdFor(stranger.key)).toBeNull();
    expect((await succeed(200, "GET", "/v1/flows?externalId=heat-7f3a", { key })).data).toEqual([]);
    await succeed(200, "POST", `/v1/matches/${matchId}/decline`, { key, body: { reason: "Too far" } });
    expect(await externalIdFor(key)).toBeNull();
  });
});

describe("a pseudonym", () => {
  it("is the same for one organization in all that one caller sees, and another for every caller", async () => {
    const scene = await createScene("private");
    const second = await createFlow(scene.seller, steamSupply(scene.output.siteId, { visibility: "private" }));
    const other = await createTenant();
    const site = await createSite(other, place([scene.hidden[0], scene.hidden[1] + 0.008]));
    const theirs = await createFlow(other, steamNeed(site.id));
    const seen = await matchesOf(scene);
    expect(seen.map(({ outputFlowId }: Json) => outputFlowId).sort()).toEqual([scene.output.id, second.id].sort());
    expect(new Set(seen.map(({ counterpart }: Json) => counterpart.pseudonym)).size).toBe(1);
    const [elsewhere] = (await succeed(200, "GET", `/v1/flows/${theirs.id}/matches`, { key: other.key })).data;
    expect(elsewhere.counterpart.pseudonym).not.toBe(seen[0].counterpart.pseudonym);
  });

  it("comes with the industry's division where five organizations share it, else with its section", async () => {
    const division = `0${1 + Math.floor(Math.random() * 2)}`;
    const scene = await createScene("private");
    await query(
      "UPDATE organizations SET nace = $1 WHERE id = (SELECT organization_id FROM flows WHERE id = $2)",
      division,
      uuidOf(scene.output.id),
    );
    await query(
      "UPDATE organizations SET nace = NULL WHERE left(nace, 2) = $1 AND id <> (SELECT organization_id FROM flows WHERE id = $2)",
      division,
      uuidOf(scene.output.id),
    );
    const industry = async () => (await matchesOf(scene))[0].counterpart.industry;
    for (let others = 0; others < 4; others++) {
      expect(await industry()).toBe("A");
      await createTenant({ nace: division });
    }
    expect(await industry()).toBe(division);
  });
});
