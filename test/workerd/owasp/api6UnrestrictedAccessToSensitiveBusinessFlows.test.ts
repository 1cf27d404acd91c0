import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../../src/domain/ids.ts";
import { call, type Json, refuse, succeed } from "../support/client.ts";
import { countRows, query } from "../support/database.ts";
import { createWorker, type Question } from "../support/ownWorker.ts";
import { createIntroducedPair, createProgramme, inviteTo } from "../support/programmes.ts";
import { person, signToken } from "../support/signIns.ts";
import { createKey, createPair, createTenant, insertKey, invite, steamNeed, type Tenant } from "../support/tenants.ts";

beforeEach(() => {
  // In the middle of a minute, which then does not end while a test counts.
  const minuteMs = 60_000;
  vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / minuteMs) * minuteMs + minuteMs / 2 });
});
afterEach(() => {
  vi.useRealTimers();
});

const limitedTo = (limits: object) =>
  createWorker({
    LIMITS: JSON.stringify({
      addressPerMinute: null,
      credentialPerMinute: null,
      probesPerMinute: null,
      probesPerDay: null,
      requestsPerDay: null,
      ...limits,
    }),
  });

const stateOf = async (matchId: string, tenant: Tenant): Promise<string> =>
  (await succeed(200, "GET", `/v1/matches/${matchId}`, { key: tenant.key })).state;

describe("API6:2023 Unrestricted Access to Sensitive Business Flows", () => {
  it("counts previews and evaluations of an organization together, whichever of its keys and people ask, and from wherever", async () => {
    const { seller, buyer, output, input } = await createPair();
    const claims = person();
    await invite(buyer, { email: claims.email });
    const keys = [
      buyer.key,
      (await createKey(buyer)).key,
      await insertKey(buyer, { role: "viewer", scopes: ["matches:read"] }),
      await signToken({ claims }),
      await signToken({ claims, expiresIn: 301 }),
    ];
    const evaluation: Question = {
      method: "POST",
      path: "/v1/matches/evaluate",
      body: { outputFlowId: output.id, inputFlowId: input.id },
    };
    const preview: Question = { method: "POST", path: "/v1/matches/preview", body: steamNeed(input.siteId) };
    for (const limits of [{ probesPerMinute: 4 }, { probesPerDay: 4 }]) {
      const isolates = "probesPerDay" in limits ? [limitedTo(limits), limitedTo(limits)] : [limitedTo(limits)];
      const statuses: number[] = [];
      for (const [turn, key] of [...keys, buyer.key].entries()) {
        const question = turn % 2 === 0 ? evaluation : preview;
        const ask = isolates[turn % isolates.length]!;
        statuses.push((await ask({ ...question, key, address: `203.0.113.${turn}` })).status);
      }
      expect(statuses, JSON.stringify(limits)).toEqual([200, 200, 200, 200, 429, 429]);
      expect((await isolates[0]!({ ...evaluation, key: seller.key })).status).toBe(200);
    }
  });

  it("counts a probe that is refused, and one that repeats another by its Idempotency-Key", async () => {
    const { buyer, output, input } = await createPair();
    const ask = limitedTo({ probesPerDay: 3 });
    const body = { outputFlowId: output.id, inputFlowId: input.id };
    const headers = { "idempotency-key": crypto.randomUUID() };
    const probe = (content: object) =>
      ask({ method: "POST", path: "/v1/matches/evaluate", key: buyer.key, body: content, headers });
    const swapped = { outputFlowId: input.id, inputFlowId: output.id };
    const statuses: number[] = [];
    for (const content of [body, swapped, body, body]) statuses.push((await probe(content)).status);
    expect(statuses).toEqual([200, 400, 200, 429]);
  });

  it("lets an organization make keys, invitations and programmes by the hundred only as far as its day goes, whichever key asks", async () => {
    const tenant = await createTenant();
    const ask = limitedTo({ requestsPerDay: 12 });
    const doors: [string, () => object][] = [
      ["/v1/api-keys", () => ({ name: "Bulk", role: "owner", scopes: ["keys:manage", "members:manage"] })],
      [
        `/v1/organizations/${tenant.id}/invitations`,
        () => ({ name: "Bulk", email: `${crypto.randomUUID()}@example.org` }),
      ],
      ["/v1/programmes", () => ({ name: "Bulk" })],
    ];
    let { key } = tenant;
    const made: number[] = [];
    for (let turn = 0; turn < 40; turn++) {
      const [path, content] = doors[turn % doors.length]!;
      const answer = await ask({ method: "POST", path, key, body: content() });
      if (answer.status === 201) made.push(turn);
      else expect([answer.status, answer.body.reason]).toEqual([429, "daily_limit_reached"]);
      // The next request comes by the key that was made last.
      key = answer.body.key ?? key;
    }
    expect(made).toHaveLength(12);
  });

  it("lets nobody but the operator make an organization, by which every limit would begin anew", async () => {
    const tenant = await createTenant();
    const before = await countRows();
    const claims = person();
    for (const key of [tenant.key, (await createKey(tenant)).key]) {
      const body = { name: "Twin", country: "DK", owner: { name: "Kim", email: claims.email } };
      expect((await refuse(403, "POST", "/v1/organizations", { key, body })).reason).toBe("operator_needed");
    }
    // Nobody comes in by a sign-in alone either: an invitation must be there.
    await refuse(401, "GET", "/v1/me", { key: await signToken({ claims }) });
    expect((await countRows()).organizations).toBe(before.organizations);
    expect((await countRows()).members).toBe(before.members);
  });

  it("does not take one side's interest for both, by however many of its keys and people, at once, again or by one that is made anew", async () => {
    const { seller, buyer, matchId, output, input } = await createPair({ visibility: "private" });
    const keys = [seller.key, (await createKey(seller)).key, (await createKey(seller, { role: "editor" })).key];
    const claims = person();
    await invite(seller, { email: claims.email, role: "editor" });
    keys.push(await signToken({ claims }));
    const path = `/v1/matches/${matchId}/interest`;
    const answers = await Promise.all(keys.map((key) => call("POST", path, { key })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    for (const key of keys) await refuse(409, "POST", path, { key });
    expect(await stateOf(matchId, seller)).toBe("interested_one");
    for (const body of [{ side: "input" }, { organizationId: buyer.id }, { state: "interested_both" }])
      expect([400, 409]).toContain((await call("POST", path, { key: seller.key, body })).status);
    await succeed(200, "POST", `/v1/flows/${output.id}/pause`, { key: seller.key });
    await succeed(200, "POST", `/v1/flows/${output.id}/activate`, { key: seller.key });
    await call("GET", `/v1/flows/${output.id}/matches`, { key: seller.key });
    const { counterpart, state } = await succeed(200, "GET", `/v1/matches/${matchId}`, { key: seller.key });
    expect(state).not.toBe("interested_both");
    expect(counterpart.organizationId).toBeNull();
    await refuse(404, "GET", `/v1/flows/${input.id}`, { key: seller.key });
    await refuse(404, "GET", `/v1/organizations/${buyer.id}`, { key: seller.key });
  });

  it("does not take for the other side's interest an Idempotency-Key that the other side has used", async () => {
    const { seller, buyer, matchId } = await createPair();
    const headers = { "idempotency-key": crypto.randomUUID() };
    const path = `/v1/matches/${matchId}/interest`;
    await succeed(200, "POST", path, { key: seller.key, headers });
    await succeed(200, "POST", path, { key: seller.key, headers });
    expect(await stateOf(matchId, buyer)).toBe("interested_one");
    expect(await succeed(200, "POST", path, { key: buyer.key, headers })).toMatchObject({ state: "interested_both" });
  });

  it("lets no facilitator make two known to each other: neither by introducing, again and again, nor by joining in", async () => {
    const { seller, buyer, facilitator, programme, introduction } = await createIntroducedPair();
    const { matchId } = await succeed(201, "POST", `/v1/programmes/${programme.id}/introductions`, {
      key: facilitator.key,
      body: introduction,
    });
    await refuse(409, "POST", `/v1/programmes/${programme.id}/introductions`, {
      key: facilitator.key,
      body: introduction,
    });
    for (const move of ["interest", "decline"])
      await refuse(404, "POST", `/v1/matches/${matchId}/${move}`, {
        key: facilitator.key,
        ...(move === "decline" && { body: { reason: "x" } }),
      });
    for (const side of [seller, buyer]) {
      const match = await succeed(200, "GET", `/v1/matches/${matchId}`, { key: side.key });
      expect(match.state).not.toMatch(/^interested/);
    }
  });

  it("shows a programme's office nothing of whom it has only invited, and joins nobody for them", async () => {
    const [office, invited] = [await createTenant(), await createTenant()];
    const programme = await createProgramme(office);
    await inviteTo(programme, office, invited.id);
    const path = `/v1/programmes/${programme.id}`;
    for (const [method, door, body] of [
      ["POST", `${path}/join`, { sharesWithFacilitators: true, organizationId: invited.id }],
      ["PATCH", `${path}/participation`, { organizationId: invited.id, state: "joined" }],
    ] as const)
      expect([400, 404, 409], door).toContain((await call(method, door, { key: office.key, body })).status);
    const { data } = await succeed(200, "GET", `${path}/participants`, { key: office.key });
    expect(data.map(({ state }: Json) => state)).toEqual(["invited"]);
    const [joined] = await query(
      "SELECT count(*)::integer AS count FROM programme_participants WHERE organization_id = $1 AND state = 'joined'",
      uuidOf(invited.id),
    );
    expect(joined.count).toBe(0);
    await refuse(404, "GET", `/v1/organizations/${invited.id}`, { key: office.key });
  });
});
