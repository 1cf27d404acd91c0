import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { type MatchState, matchStates } from "../../src/domain/match.ts";
import { type Answer, call, type Json, operatorKey, refuse, succeed, withoutRequestId } from "./support/client.ts";
import { query } from "./support/database.ts";
import { createPair, createTenant, type Pair, type Tenant } from "./support/tenants.ts";

let pair: Pair;
let stranger: Tenant;

beforeAll(async () => {
  stranger = await createTenant();
});

beforeEach(async () => {
  pair = await createPair();
});

const path = (move = "") => `/v1/matches/${pair.matchId}${move}`;
const read = (who: Tenant) => succeed(200, "GET", path(), { key: who.key });
const interest = (who: Tenant) => call("POST", path("/interest"), { key: who.key });
const decline = (who: Tenant) => call("POST", path("/decline"), { key: who.key, body: { reason: "Too far" } });

/** Puts the match into a state that only later parts of the system reach, as they will leave it. */
async function force(state: MatchState, interestOf: { output: boolean; input: boolean }): Promise<void> {
  await query(
    "UPDATE matches SET state = $2, output_interested = $3, input_interested = $4 WHERE id = $1",
    uuidOf(pair.matchId as `match_${string}`),
    state,
    interestOf.output,
    interestOf.input,
  );
}

const both = { output: true, input: true };
const none = { output: false, input: false };

/** What the buyer's interest and refusal come to in each state; null where it is a conflict. */
const table: Record<
  MatchState,
  { interest: typeof both; onInterest: MatchState | null; onDecline: MatchState | null }
> = {
  suggested: { interest: none, onInterest: "interested_one", onDecline: "declined" },
  viewed: { interest: none, onInterest: "interested_one", onDecline: "declined" },
  interested_one: { interest: { output: true, input: false }, onInterest: "interested_both", onDecline: "declined" },
  interested_both: { interest: both, onInterest: null, onDecline: "declined" },
  negotiating: { interest: both, onInterest: null, onDecline: "declined" },
  agreed: { interest: both, onInterest: null, onDecline: null },
  declined: { interest: none, onInterest: "interested_one", onDecline: null },
  expired: { interest: none, onInterest: "interested_one", onDecline: null },
  withdrawn: { interest: none, onInterest: null, onDecline: null },
  superseded: { interest: none, onInterest: null, onDecline: null },
};

describe("a match in the state", () => {
  for (const state of matchStates)
    for (const [move, expected] of [
      ["interest", table[state].onInterest],
      ["decline", table[state].onDecline],
    ] as const)
      it(`${state} ${expected ? `becomes ${expected}` : "stays"} by ${move}`, async () => {
        await force(state, table[state].interest);
        const answer = move === "interest" ? await interest(pair.buyer) : await decline(pair.buyer);
        expect(answer.status, answer.text).toBe(expected ? 200 : 409);
        if (expected) expect(answer.body.state).toBe(expected);
        else expect(answer.body.reason).toBe("match_state");
        const rows = await query("SELECT state FROM matches WHERE id = $1", uuidOf(pair.matchId as `match_${string}`));
        expect(rows[0].state).toBe(expected ?? state);
      });
});

describe("a match", () => {
  it("is suggested until a side looks at it, and the operator's look does not count", async () => {
    expect((await succeed(200, "GET", path(), { key: operatorKey })).state).toBe("suggested");
    const { data } = await succeed(200, "GET", "/v1/matches", { key: pair.buyer.key });
    expect(data).toMatchObject([{ id: pair.matchId, state: "suggested", version: 1 }]);
    const viewed = await read(pair.seller);
    expect(viewed).toMatchObject({ state: "viewed", version: 2, round: 1 });
    expect(viewed.history.map(({ state, by }: Json) => [state, by])).toEqual([
      ["suggested", "engine"],
      ["viewed", "output"],
    ]);
    expect(await read(pair.buyer)).toMatchObject({ state: "viewed", version: 2 });
  });

  it("needs the interest of both sides, each of them once", async () => {
    expect((await interest(pair.buyer)).body).toMatchObject({
      state: "interested_one",
      interest: { output: false, input: true },
    });
    const again = await interest(pair.buyer);
    expect(again.status).toBe(409);
    expect(again.body.reason).toBe("already_interested");
    expect((await interest(pair.seller)).body).toMatchObject({ state: "interested_both", interest: both });
  });

  it("counts the interest of both when they show it at the same moment", async () => {
    const answers = await Promise.all([interest(pair.seller), interest(pair.buyer)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ body }) => body.state).sort()).toEqual(["interested_both", "interested_one"]);
    expect(await read(pair.buyer)).toMatchObject({ state: "interested_both", version: 3, interest: both });
  });

  it("is declined by one of two who do so at the same moment; the other learns that it is too late", async () => {
    const answers = await Promise.all([decline(pair.seller), decline(pair.buyer)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.reason).toBe("match_state");
    const { history } = await read(pair.buyer);
    expect(history.filter(({ state }: Json) => state === "declined")).toHaveLength(1);
    expect(history.at(-1)).toMatchObject({ state: "declined", reason: "Too far", round: 1 });
  });

  it("opens its second round by new interest after it was declined", async () => {
    await interest(pair.seller);
    await decline(pair.buyer);
    const reopened = await interest(pair.buyer);
    expect(reopened.body).toMatchObject({
      state: "interested_one",
      round: 2,
      interest: { output: false, input: true },
    });
    expect((await interest(pair.seller)).body).toMatchObject({ state: "interested_both", round: 2 });
  });

  it("is withdrawn with either flow, and no interest brings it back", async () => {
    await interest(pair.buyer);
    await succeed(200, "POST", `/v1/flows/${pair.output.id}/withdraw`, { key: pair.seller.key });
    const match = await succeed(200, "GET", path(), { key: pair.buyer.key });
    expect(match).toMatchObject({ state: "withdrawn" });
    expect(match.history.at(-1)).toMatchObject({ state: "withdrawn", by: "output", reason: "flow_withdrawn" });
    expect((await interest(pair.seller)).status).toBe(409);
    expect((await decline(pair.seller)).status).toBe(409);
  });

  it("is withdrawn when a flow is deleted, and when an organization is closed", async () => {
    await succeed(204, "DELETE", `/v1/flows/${pair.input.id}`, { key: pair.buyer.key });
    expect(await read(pair.seller)).toMatchObject({ state: "withdrawn" });
    pair = await createPair();
    await succeed(204, "DELETE", `/v1/organizations/${pair.buyer.id}`, { key: pair.buyer.key });
    expect(await read(pair.seller)).toMatchObject({ state: "withdrawn" });
  });

  it("takes no interest while one of its flows is paused", async () => {
    await succeed(200, "POST", `/v1/flows/${pair.output.id}/pause`, { key: pair.seller.key });
    expect((await refuse(409, "POST", path("/interest"), { key: pair.buyer.key })).reason).toBe("flow_not_active");
    await succeed(200, "POST", `/v1/flows/${pair.output.id}/activate`, { key: pair.seller.key });
    // The pause may have superseded it; then it is suggested again in some seconds.
    await expect.poll(async () => (await interest(pair.buyer)).status, { timeout: 20_000, interval: 200 }).toBe(200);
  });

  it("is declined with a reason, of which nothing else is asked", async () => {
    for (const body of [{}, { reason: "" }, { reason: "x".repeat(501) }, { reason: "No", why: 1 }, { reason: 7 }])
      await refuse(400, "POST", path("/decline"), { key: pair.buyer.key, body });
    expect(await read(pair.buyer)).toMatchObject({ state: "viewed" });
  });

  it("does not exist for anybody outside the pair", async () => {
    const nothing = "/v1/matches/match_01jd7p3v2fe8k9wx5m7t8q4z6c";
    const asked = async (match: string): Promise<Answer[]> => [
      await call("GET", match, { key: stranger.key }),
      await call("POST", `${match}/interest`, { key: stranger.key }),
      await call("POST", `${match}/decline`, { key: stranger.key, body: { reason: "Mine" } }),
    ];
    const [foreign, missing] = [await asked(path()), await asked(nothing)];
    expect(foreign.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(foreign.map(({ body }) => withoutRequestId(body))).toEqual(
      missing.map(({ body }) => withoutRequestId(body)),
    );
    for (const query of ["", `?flowId=${pair.output.id}`, "?state=suggested", "?minScore=0"])
      expect((await succeed(200, "GET", `/v1/matches${query}`, { key: stranger.key })).data).toEqual([]);
    expect(await succeed(200, "GET", path(), { key: operatorKey })).toMatchObject({ state: "suggested", version: 1 });
  });

  it("hides the organization behind a flow that is not public, until both are interested", async () => {
    await succeed(200, "PATCH", `/v1/flows/${pair.output.id}`, {
      key: pair.seller.key,
      body: { visibility: "private" },
    });
    expect(await read(pair.buyer)).toMatchObject({
      outputOrganizationId: null,
      inputOrganizationId: pair.buyer.id,
      counterpart: { organizationId: null, pseudonym: expect.stringMatching(/^anon_[0-9a-f]{16}$/) },
    });
    await force("interested_both", both);
    expect(await read(pair.buyer)).toMatchObject({
      state: "interested_both",
      outputOrganizationId: pair.seller.id,
      counterpart: { organizationId: pair.seller.id, pseudonym: null, cell: null },
    });
  });
});
