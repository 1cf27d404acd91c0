import { beforeAll, describe, expect, it } from "vitest";
import { createId, uuidOf } from "../../src/domain/ids.ts";
import { call, type Json, pointersOf, refuse, succeed } from "./support/client.ts";
import { countRows, query } from "./support/database.ts";
import { createIntroducedPair, createProgramme, type IntroducedPair, joinAs } from "./support/programmes.ts";
import { createFlow, createKey, createSite, createTenant, steamNeed, steamSupply } from "./support/tenants.ts";

const introduce = (
  { programme, facilitator, introduction }: IntroducedPair,
  change: object = {},
  key = facilitator.key,
) => call("POST", `/v1/programmes/${programme.id}/introductions`, { key, body: { ...introduction, ...change } });

const matchUuid = ({ matchId }: Json) => uuidOf(matchId);

/** Runs what must be refused: its status and reason, with every table as it was. */
async function refused(work: () => ReturnType<typeof introduce>): Promise<[number, string]> {
  const before = await countRows();
  const { status, body } = await work();
  expect(await countRows()).toEqual(before);
  return [status, body.reason];
}

describe("an introduction", () => {
  let pair: IntroducedPair;
  let answer: Json;
  beforeAll(async () => {
    pair = await createIntroducedPair();
    answer = (await introduce(pair)).body;
  });

  it("tells both sides what the facilitator has to say, and shows no interest for either", async () => {
    expect(answer).toEqual({ ...pair.introduction, programmeId: pair.programme.id, matchId: pair.matchId });
    for (const { key } of [pair.seller, pair.buyer]) {
      const match = await succeed(200, "GET", `/v1/matches/${pair.matchId}`, { key });
      expect(match.interest).toEqual({ output: false, input: false });
      expect(match.history).toContainEqual({
        state: "suggested",
        round: 1,
        at: expect.any(String),
        by: "facilitator",
        reason: "You share a fence",
      });
    }
    const events = await query(
      "SELECT organization_ids, data FROM outbox WHERE subject_id = $1 AND type = 'turash.match.introduced'",
      matchUuid(answer),
    );
    expect(events).toMatchObject([{ data: { programmeId: pair.programme.id, note: "You share a fence" } }]);
    expect([...events[0].organization_ids].sort()).toEqual(
      [pair.seller, pair.buyer].map(({ id }) => uuidOf(id)).sort(),
    );
  });

  it("leaves the match the two sides' own: the facilitator neither sees it nor shows interest in it", async () => {
    await refuse(404, "GET", `/v1/matches/${pair.matchId}`, { key: pair.facilitator.key });
    await refuse(404, "POST", `/v1/matches/${pair.matchId}/interest`, { key: pair.facilitator.key });
  });

  it("enters the facilitators' audit log with who it was, and those of the two sides without", async () => {
    const entries = await query(
      "SELECT organization_id, credential, request_id, patch FROM audit_entries WHERE subject_id = $1 AND action = 'match.introduce'",
      matchUuid(answer),
    );
    const byOrganization = new Map(entries.map((entry) => [entry.organization_id, entry]));
    expect(byOrganization.size).toBe(3);
    expect(byOrganization.get(uuidOf(pair.facilitator.id))).toMatchObject({
      credential: expect.stringMatching(/^key_/),
      patch: [
        { op: "add", path: "/introduction", value: { programmeId: pair.programme.id, note: "You share a fence" } },
      ],
    });
    for (const { id } of [pair.seller, pair.buyer])
      expect(byOrganization.get(uuidOf(id))).toMatchObject({ credential: "facilitator", request_id: "facilitator" });
  });

  it("is made once a round, of several at once too", async () => {
    expect(await refused(() => introduce(pair))).toEqual([409, "already_introduced"]);
    const fresh = await createIntroducedPair();
    const statuses = (await Promise.all([introduce(fresh), introduce(fresh), introduce(fresh)])).map(
      ({ status }) => status,
    );
    expect(statuses.sort()).toEqual([201, 409, 409]);
    const path = `/v1/matches/${fresh.matchId}`;
    await succeed(200, "POST", `${path}/decline`, { key: fresh.buyer.key, body: { reason: "Not now" } });
    expect(await refused(() => introduce(fresh))).toEqual([409, "already_introduced"]);
    await succeed(200, "POST", `${path}/interest`, { key: fresh.seller.key });
    expect((await introduce(fresh, { note: null })).status).toBe(201);
  });

  it("gives a pair that nobody has found yet its record, with what each side may know of the other", async () => {
    const near = await createIntroducedPair({ quality: { temperature: { minimum: 205, unit: "Cel" } } });
    expect(near.matchId).toBeUndefined();
    const { status, body } = await introduce(near);
    expect([status, body.matchId]).toEqual([201, expect.stringMatching(/^match_/)]);
    const match = await succeed(200, "GET", `/v1/matches/${body.matchId}`, { key: near.buyer.key });
    expect(match).toMatchObject({ verdict: "near_miss", outputOrganizationId: null });
    const suggested = await query(
      "SELECT organization_id FROM audit_entries WHERE subject_id = $1 AND action = 'match.suggest'",
      matchUuid(body),
    );
    expect(suggested).toEqual([{ organization_id: uuidOf(near.facilitator.id) }]);
  });
});

describe("an introduction is refused, and nothing is written,", () => {
  let pair: IntroducedPair;
  beforeAll(async () => {
    pair = await createIntroducedPair();
  });

  const consent = (sharesWithFacilitators: boolean, { programme, seller }: IntroducedPair = pair) =>
    succeed(200, "PATCH", `/v1/programmes/${programme.id}/participation`, {
      key: seller.key,
      body: { sharesWithFacilitators },
    });

  it("where one side does not let facilitators introduce it", async () => {
    await consent(false);
    expect(await refused(() => introduce(pair))).toEqual([404, "flow_not_found"]);
    const open = await succeed(200, "PATCH", `/v1/flows/${pair.output.id}`, {
      key: pair.seller.key,
      body: { visibility: "public" },
    });
    expect(await refused(() => introduce(pair, { outputFlowId: open.id }))).toEqual([409, "consent_missing"]);
    await consent(true);
    const other = await createProgramme(pair.facilitator);
    expect(await refused(() => introduce({ ...pair, programme: other }))).toEqual([409, "consent_missing"]);
  });

  it("by anyone but an editor of the facilitating organization", async () => {
    const viewer = await createKey(pair.facilitator, { role: "viewer" });
    expect(await refused(() => introduce(pair, {}, viewer.key))).toEqual([403, "role_too_small"]);
    expect(await refused(() => introduce(pair, {}, pair.seller.key))).toEqual([404, "programme_not_found"]);
    const stranger = await createTenant();
    expect(await refused(() => introduce(pair, {}, stranger.key))).toEqual([404, "programme_not_found"]);
  });

  it("where a flow is not there, not the facilitator's to see, or on the wrong side", async () => {
    expect(await refused(() => introduce(pair, { inputFlowId: createId("flow") }))).toEqual([404, "flow_not_found"]);
    const { id: siteId } = await createSite(pair.seller);
    const secret = await createFlow(pair.seller, steamSupply(siteId, { visibility: "private" }));
    expect(await refused(() => introduce(pair, { outputFlowId: secret.id }))).toEqual([404, "flow_not_found"]);
    const { output, input } = pair;
    const swapped = await introduce(pair, { outputFlowId: input.id, inputFlowId: output.id });
    expect([swapped.status, pointersOf(swapped.body)]).toEqual([400, ["/outputFlowId"]]);
    const twice = await introduce(pair, { inputFlowId: output.id });
    expect([twice.status, pointersOf(twice.body)]).toEqual([400, ["/inputFlowId"]]);
    const own = await createFlow(pair.seller, steamNeed(output.siteId, { visibility: "network" }));
    const same = await introduce(pair, { inputFlowId: own.id });
    expect([same.status, pointersOf(same.body)]).toEqual([400, ["/inputFlowId"]]);
    const faulty = await introduce(pair, { outputFlowId: "x", note: "", to: "all" });
    expect([faulty.status, pointersOf(faulty.body)]).toEqual([400, ["/note", "/outputFlowId", "/to"]]);
  });

  it("where the two do not match, as when one has blocked the other", async () => {
    const { programme, facilitator, seller } = pair;
    const blocker = await createTenant();
    await joinAs(blocker, programme, facilitator, { sharesWithFacilitators: true });
    const site = await createSite(blocker, { location: { type: "Point", coordinates: [11.1, 55.6] } });
    const content = { visibility: "network", constraints: { blockedOrganizationIds: [seller.id] } };
    const { id } = await createFlow(blocker, steamNeed(site.id, content));
    expect(await refused(() => introduce(pair, { inputFlowId: id }))).toEqual([409, "no_match"]);
  });

  it("where a flow is not active, or the two know each other already", async () => {
    const { buyer, seller, input, matchId } = pair;
    await succeed(200, "POST", `/v1/flows/${input.id}/pause`, { key: buyer.key });
    expect(await refused(() => introduce(pair))).toEqual([409, "flow_not_active"]);
    await succeed(200, "POST", `/v1/flows/${input.id}/activate`, { key: buyer.key });
    // A list suggests again what a pause has superseded.
    await succeed(200, "GET", `/v1/flows/${input.id}/matches`, { key: buyer.key });
    for (const { key } of [buyer, seller]) await succeed(200, "POST", `/v1/matches/${matchId}/interest`, { key });
    expect(await refused(() => introduce(pair))).toEqual([409, "match_state"]);
  });
});
