import { afterEach, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { verificationLifetimeMs } from "../../src/platform/auth/authenticate.ts";
import { call, type Json, refuse, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { createProgramme, inviteTo, joinAs } from "./support/programmes.ts";
import { person, signToken } from "./support/signIns.ts";
import { createPair, createTenant, invite, type Tenant } from "./support/tenants.ts";

afterEach(() => {
  vi.useRealTimers();
});

const eventsOf = async (tenant: Tenant, type: string): Promise<Json[]> =>
  query(
    "SELECT subject_id, data FROM outbox WHERE type = $1 AND organization_ids @> ARRAY[$2::uuid]",
    type,
    uuidOf(tenant.id),
  );

describe("an organization that is closed", () => {
  it("ends whole: its keys, its people's sign-ins and invitations, its flows, matches, programmes, and its counterparts are told", async () => {
    const { seller: closing, buyer, output, matchId } = await createPair();
    await succeed(200, "POST", `/v1/matches/${matchId}/interest`, { key: buyer.key });
    const claims = person();
    await invite(closing, { email: claims.email, role: "owner" });
    const token = await signToken({ claims });
    await succeed(200, "GET", "/v1/me", { key: token });
    const late = person();
    await invite(closing, { email: late.email });

    const facilitator = await createTenant();
    const joined = await createProgramme(facilitator);
    await joinAs(closing, joined, facilitator, { sharesWithFacilitators: true });
    const led = await createProgramme(closing);
    await joinAs(buyer, led, closing);
    const invited = await createTenant();
    await inviteTo(led, closing, invited.id);

    expect((await call("DELETE", `/v1/organizations/${closing.id}`, { key: closing.key })).status).toBe(204);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + verificationLifetimeMs });

    await refuse(401, "GET", "/v1/me", { key: closing.key });
    await refuse(401, "GET", "/v1/me", { key: token });
    await refuse(401, "GET", "/v1/me", { key: await signToken({ claims: late }) });

    const match = await succeed(200, "GET", `/v1/matches/${matchId}`, { key: buyer.key });
    expect(match).toMatchObject({ state: "withdrawn" });
    const [told] = await eventsOf(buyer, "turash.match.withdrawn");
    expect(told!.subject_id).toBe(uuidOf(matchId as never));
    const { data } = await succeed(200, "GET", "/v1/flows?direction=output", { key: buyer.key });
    expect(data.filter(({ id }: Json) => id === output.id).map(({ status }: Json) => status)).toEqual(["withdrawn"]);
    expect((await succeed(200, "GET", `/v1/flows/${match.inputFlowId}/matches`, { key: buyer.key })).data).toEqual([]);
    expect(
      (await refuse(409, "POST", `/v1/matches/${matchId}/decline`, { key: buyer.key, body: { reason: "x" } })).code,
    ).toBe("conflict");

    const participants = await succeed(200, "GET", `/v1/programmes/${joined.id}/participants`, {
      key: facilitator.key,
    });
    expect(participants.data.filter(({ state }: Json) => state !== "left")).toEqual([]);
    expect(await eventsOf(facilitator, "turash.programme.left")).toHaveLength(1);
    await refuse(404, "GET", `/v1/programmes/${led.id}`, { key: buyer.key });
    for (const concerned of [buyer, invited])
      expect(await eventsOf(concerned, "turash.programme.closed")).toHaveLength(1);
  });
});
