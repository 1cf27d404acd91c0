import { beforeAll, describe, expect, it } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, pointersOf, refuse, succeed, withoutRequestId } from "./support/client.ts";
import { query } from "./support/database.ts";
import { putExchange } from "./support/exchanges.ts";
import { createProgramme, joinAs, joinProgramme } from "./support/programmes.ts";
import {
  createFlow,
  createPair,
  createSite,
  createTenant,
  type Pair,
  steamNeed,
  type Tenant,
} from "./support/tenants.ts";

let stranger: Tenant;

beforeAll(async () => {
  stranger = await createTenant({ name: "Stranger" });
});

const flowsOf = ({ output, input }: Pair) => ({ outputFlowId: output.id, inputFlowId: input.id });
const read = (id: string, key: string) => succeed(200, "GET", `/v1/exchanges/${id}`, { key });
const remaining = async (pair: Pair) => {
  const amountOf = async (id: string, { key }: Tenant) =>
    (await succeed(200, "GET", `/v1/flows/${id}`, { key })).remaining.amount;
  return [await amountOf(pair.output.id, pair.seller), await amountOf(pair.input.id, pair.buyer)];
};
const advance = (id: string, key: string, body: Json, headers: Record<string, string> = {}) =>
  call("POST", `/v1/exchanges/${id}/advance`, { key, body, headers });

/** An exchange that the operator has recorded between the two of a pair. */
async function recordForBoth(pair: Pair, content: Json = {}): Promise<Json> {
  const { status, body, text } = await putExchange(operatorKey, crypto.randomUUID(), { ...flowsOf(pair), ...content });
  expect(status, text).toBe(201);
  return body;
}

/** One that both sides have recorded. */
async function recordByBoth(pair: Pair, content: Json = {}): Promise<Json> {
  for (const { key } of [pair.seller, pair.buyer])
    await putExchange(key, "contract-7", { ...flowsOf(pair), ...content });
  const { data } = await succeed(200, "GET", "/v1/exchanges?confirmed=true", { key: pair.seller.key });
  return data[0];
}

describe("an exchange that the operator records", () => {
  it("stands at once, is both sides' to see, each by a key of its own, and takes its quantity from what remains", async () => {
    const pair = await createPair();
    const first = await putExchange(operatorKey, "op-1", {
      ...flowsOf(pair),
      quantity: { amount: 200_000_000, unit: "kg/a" },
    });
    expect(first.status).toBe(201);
    expect(first.headers.get("location")).toBe(`/v1/exchanges/${first.body.id}`);
    expect(first.headers.get("etag")).toBe('"1"');
    expect(first.body).toMatchObject({
      externalId: "op-1",
      origin: "recorded",
      state: "agreed",
      recordedBy: "operator",
      confirmedBy: { output: true, input: true },
      outputOrganizationId: pair.seller.id,
      inputOrganizationId: pair.buyer.id,
      quantity: { amount: 200_000_000, unit: "kg/a" },
    });
    expect(await remaining(pair)).toEqual([350_000, 15_000]);
    for (const { key } of [pair.seller, pair.buyer])
      expect(await read(first.body.id, key)).toEqual({ ...first.body, externalId: null });
    await putExchange(operatorKey, "op-1", { ...flowsOf(pair), quantity: { amount: 200_000_000, unit: "kg/a" } });
    const adopted = await putExchange(pair.buyer.key, "their-1", {
      ...flowsOf(pair),
      quantity: { amount: 200_000_000, unit: "kg/a" },
    });
    expect([adopted.status, adopted.body.id, adopted.body.externalId]).toEqual([200, first.body.id, "their-1"]);
    expect((await read(first.body.id, operatorKey)).externalId).toBe("op-1");
    expect(await remaining(pair)).toEqual([350_000, 15_000]);
  });

  it("is the same however often it is recorded, and is corrected by the operator alone", async () => {
    const pair = await createPair();
    const put = (amount: number, headers = {}) =>
      putExchange(
        operatorKey,
        `op-${pair.output.id}`,
        { ...flowsOf(pair), quantity: { amount, unit: "t/a" } },
        { headers },
      );
    const first = await put(100_000);
    const again = await put(100_000);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await put(100_000, { "if-none-match": "*" })).status).toBe(412);
    expect((await put(150_000, { "if-match": '"2"' })).status).toBe(412);
    const corrected = await put(150_000, { "if-match": '"1"' });
    expect([corrected.status, corrected.body.version, corrected.body.quantity.amount]).toEqual([200, 2, 150_000]);
    expect(await remaining(pair)).toEqual([400_000, 65_000]);
    const tooMuch = await put(215_001);
    expect([tooMuch.status, tooMuch.body.reason, pointersOf(tooMuch.body)]).toEqual([
      409,
      "quantity_taken",
      ["/quantity/amount"],
    ]);
    expect((await put(215_000)).status).toBe(200);
    expect(await succeed(200, "GET", `/v1/flows/${pair.input.id}`, { key: pair.buyer.key })).toMatchObject({
      status: "fulfilled",
      remaining: { amount: 0 },
    });
    expect((await put(1, { "if-match": '"3"' })).status).toBe(200);
    expect(await succeed(200, "GET", `/v1/flows/${pair.input.id}`, { key: pair.buyer.key })).toMatchObject({
      status: "active",
    });
  });

  it("takes nothing where it is told not to", async () => {
    const pair = await createPair();
    await recordForBoth(pair, { quantity: { amount: 900_000, unit: "t/a" }, reserves: false });
    expect(await remaining(pair)).toEqual([550_000, 215_000]);
  });

  it("has two sides, of units that lead to each other, and flows that are there", async () => {
    const pair = await createPair();
    const fault = async (content: Json, status = 400) => {
      const answer = await putExchange(operatorKey, crypto.randomUUID(), { ...flowsOf(pair), ...content });
      expect(answer.status, answer.text).toBe(status);
      return [answer.body.reason, ...pointersOf(answer.body)];
    };
    const swapped = { outputFlowId: pair.input.id, inputFlowId: pair.output.id };
    expect(await fault(swapped)).toEqual(["invalid_fields", "/outputFlowId"]);
    expect(await fault({ inputFlowId: pair.output.id })).toEqual(["invalid_fields", "/inputFlowId"]);
    expect(await fault({ quantity: { amount: 1, unit: "t" } })).toEqual(["invalid_fields", "/quantity/unit"]);
    expect(await fault({ quantity: { amount: 1, unit: "K" } })).toEqual(["invalid_fields", "/quantity/unit"]);
    expect(await fault({ externalId: "another" })).toEqual(["invalid_fields", "/externalId"]);
    expect(await fault({ state: "failed", colour: "red" })).toEqual(["invalid_fields", "/colour", "/state"]);
    await succeed(200, "POST", `/v1/flows/${pair.input.id}/withdraw`, { key: pair.buyer.key });
    expect(await fault({}, 409)).toEqual(["flow_not_active"]);
    expect((await call("DELETE", `/v1/flows/${pair.input.id}`, { key: pair.buyer.key })).status).toBe(204);
    expect(await fault({}, 404)).toEqual(["flow_not_found"]);
  });
});

describe("an exchange that a side records", () => {
  it("is a proposal that the other side sees, and stands when that records the same", async () => {
    const pair = await createPair();
    const terms = { ...flowsOf(pair), price: { amount: "6.00", currency: "EUR", per: "t" }, from: "2020-01-01" };
    const proposal = await putExchange(pair.seller.key, "7", terms);
    expect([proposal.status, proposal.body.confirmedBy]).toEqual([201, { output: true, input: false }]);
    expect(await remaining(pair)).toEqual([550_000, 215_000]);
    const { data } = await succeed(200, "GET", "/v1/exchanges?confirmed=false", { key: pair.buyer.key });
    expect(data).toMatchObject([{ id: proposal.body.id, externalId: null, outputOrganizationId: pair.seller.id }]);

    const differing = await putExchange(pair.buyer.key, "A-7", { ...terms, from: "2021-01-01", price: null });
    expect([differing.status, differing.body.reason, pointersOf(differing.body)]).toEqual([
      409,
      "terms_differ",
      ["/from", "/price"],
    ]);
    const confirmed = await putExchange(pair.buyer.key, "A-7", terms);
    expect(confirmed.status).toBe(200);
    expect(confirmed.body).toMatchObject({
      id: proposal.body.id,
      externalId: "A-7",
      confirmedBy: { output: true, input: true },
      version: 2,
    });
    expect(await remaining(pair)).toEqual([549_000, 214_000]);
    expect((await putExchange(pair.buyer.key, "A-7", terms)).body).toEqual(confirmed.body);
    expect((await putExchange(pair.seller.key, "7", terms)).body).toMatchObject({ version: 2, externalId: "7" });
    const changed = await putExchange(pair.seller.key, "7", { ...terms, quantity: { amount: 2, unit: "t/a" } });
    expect([changed.status, changed.body.reason, pointersOf(changed.body)]).toEqual([
      409,
      "terms_agreed",
      ["/quantity"],
    ]);
    const events = await query(
      "SELECT type FROM outbox WHERE subject_id = $1 ORDER BY sequence",
      uuidOf(proposal.body.id),
    );
    expect(events.map(({ type }: Json) => type)).toEqual(["turash.exchange.recorded", "turash.exchange.confirmed"]);
  });

  it("can be changed until the other side confirms it, and be let fail by either", async () => {
    const pair = await createPair();
    const put = (key: string, amount: number) =>
      putExchange(key, "8", { ...flowsOf(pair), quantity: { amount, unit: "t/a" } });
    const { body } = await put(pair.seller.key, 10);
    expect((await put(pair.seller.key, 20)).body).toMatchObject({ id: body.id, version: 2, quantity: { amount: 20 } });
    expect((await put(pair.buyer.key, 10)).body.reason).toBe("terms_differ");
    const early = await advance(body.id, pair.buyer.key, { to: "active" });
    expect([early.status, early.body.reason]).toEqual([409, "not_confirmed"]);
    const refused = await advance(body.id, pair.buyer.key, { to: "failed", reason: "There is no such contract" });
    expect(refused.body).toMatchObject({
      state: "failed",
      history: [{}, {}, { by: "input", reason: "There is no such contract" }],
    });
    expect((await put(pair.buyer.key, 10)).status).toBe(201);
    expect((await put(pair.seller.key, 21)).body.reason).toBe("exchange_state");
    expect(await remaining(pair)).toEqual([550_000, 215_000]);
  });

  it("is confirmed only while both flows have as much left", async () => {
    const pair = await createPair();
    const terms = { ...flowsOf(pair), quantity: { amount: 200_000, unit: "t/a" } };
    const proposal = await putExchange(pair.seller.key, "9", terms);
    await recordForBoth(pair, { quantity: { amount: 100_000, unit: "t/a" } });
    const late = await putExchange(pair.buyer.key, "9", terms);
    expect([late.status, late.body.reason]).toEqual([409, "quantity_taken"]);
    expect((await read(proposal.body.id, pair.buyer.key)).confirmedBy).toEqual({ output: true, input: false });
    expect(await remaining(pair)).toEqual([450_000, 115_000]);
  });

  it("names flows that its organization sees, one of them its own, and none whose owner has blocked it", async () => {
    const pair = await createPair();
    const { id } = await createSite(stranger);
    const own = await createFlow(stranger, steamNeed(id));
    const nothing = await putExchange(stranger.key, "n", {
      outputFlowId: "flow_01jd7p3v2fe1k9wx5m7t8q4z6c",
      inputFlowId: own.id,
    });
    expect(nothing.status).toBe(404);
    const foreign = await putExchange(stranger.key, "n", flowsOf(pair));
    expect(withoutRequestId(foreign.body)).toEqual(withoutRequestId(nothing.body));
    const named = { outputFlowId: pair.output.id, inputFlowId: own.id };
    const change = (body: Json) => succeed(200, "PATCH", `/v1/flows/${pair.output.id}`, { key: pair.seller.key, body });
    await change({ visibility: "private" });
    expect(withoutRequestId((await putExchange(stranger.key, "n", named)).body)).toEqual(
      withoutRequestId(nothing.body),
    );
    await change({ visibility: "public", constraints: { blockedOrganizationIds: [stranger.id] } });
    expect((await putExchange(stranger.key, "n", named)).status).toBe(404);
    await change({ constraints: { blockedOrganizationIds: [] } });
    expect((await putExchange(stranger.key, "n", named)).status).toBe(201);
  });

  it("tells of a flow that is shown coarsely no more than the flow does, until its owner confirms", async () => {
    const pair = await createPair({ visibility: "network" });
    await joinProgramme(pair.seller, pair.buyer);
    const { body } = await putExchange(pair.seller.key, "10", flowsOf(pair));
    expect(body).toMatchObject({ outputOrganizationId: pair.seller.id, inputOrganizationId: null });
    const byOwner = (id: string) =>
      succeed(200, "GET", `/v1/exchanges?organizationId=${id}`, { key: pair.seller.key }).then(
        ({ data }) => data.length,
      );
    expect([await byOwner(pair.seller.id), await byOwner(pair.buyer.id)]).toEqual([1, 0]);
    expect((await succeed(200, "GET", `/v1/flows/${pair.input.id}`, { key: pair.seller.key })).title).toBeNull();
    await putExchange(pair.buyer.key, "10", flowsOf(pair));
    expect(await read(body.id, pair.seller.key)).toMatchObject({ inputOrganizationId: pair.buyer.id });
    expect([await byOwner(pair.seller.id), await byOwner(pair.buyer.id)]).toEqual([1, 1]);
    expect((await succeed(200, "GET", `/v1/flows/${pair.input.id}`, { key: pair.seller.key })).title).toBe(
      "Steam for the fermenters",
    );
  });

  it("comes to one exchange and one reservation when both sides record it again and again at once", async () => {
    const pair = await createPair();
    const before = await putExchange(pair.seller.key, "11", flowsOf(pair));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        putExchange((index % 2 ? pair.seller : pair.buyer).key, "11", flowsOf(pair)),
      ),
    );
    expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([before.body.id]));
    expect(await remaining(pair)).toEqual([549_000, 214_000]);
  });
});

describe("who may know of an exchange", () => {
  const isSeen = async (id: string, { key }: Tenant) => {
    const { status } = await call("GET", `/v1/exchanges/${id}`, { key });
    const { data } = await succeed(200, "GET", "/v1/exchanges?limit=200", { key });
    expect(data.some((each: Json) => each.id === id)).toBe(status === 200);
    return status === 200;
  };
  const show = (id: string, { key }: Tenant, visibility: string, headers = {}) =>
    call("PATCH", `/v1/exchanges/${id}`, { key, body: { visibility }, headers });

  it("is decided by both sides, the narrower word holding", async () => {
    const pair = await createPair();
    const peer = await createTenant();
    await joinProgramme(pair.seller, pair.buyer, peer);
    const { id } = await recordForBoth(pair);
    expect([await isSeen(id, peer), await isSeen(id, stranger), await isSeen(id, pair.buyer)]).toEqual([
      false,
      false,
      true,
    ]);
    const first = await show(id, pair.seller, "public");
    expect(first.body).toMatchObject({
      visibility: "private",
      visibilityBy: { output: "public", input: "private" },
      version: 2,
    });
    expect(await isSeen(id, peer)).toBe(false);
    expect((await show(id, pair.buyer, "network", { "if-match": '"1"' })).status).toBe(412);
    expect((await show(id, pair.buyer, "network", { "if-match": '"2"' })).body.visibility).toBe("network");
    expect([await isSeen(id, peer), await isSeen(id, stranger)]).toEqual([true, false]);
    await show(id, pair.buyer, "public");
    expect([await isSeen(id, peer), await isSeen(id, stranger)]).toEqual([true, true]);
    const seen = await read(id, stranger.key);
    expect(seen).toMatchObject({
      outputOrganizationId: pair.seller.id,
      inputOrganizationId: pair.buyer.id,
      price: null,
      history: null,
      visibilityBy: null,
      externalId: null,
    });
    for (const answer of [
      await show(id, stranger, "private"),
      await advance(id, stranger.key, { to: "failed", reason: "I say so" }),
    ])
      expect([answer.status, answer.body.reason]).toEqual([409, "not_a_party"]);
    await show(id, pair.seller, "private");
    expect(await isSeen(id, stranger)).toBe(false);
    const { status, body } = await call("PATCH", `/v1/exchanges/${id}`, {
      key: pair.seller.key,
      body: { state: "active" },
    });
    expect([status, pointersOf(body)]).toEqual([400, ["/state"]]);
  });

  it("is a facilitator whom both sides let, and not one whom only one does", async () => {
    const pair = await createPair();
    const facilitator = await createTenant();
    const programme = await createProgramme(facilitator);
    await joinAs(pair.seller, programme, facilitator, { sharesWithFacilitators: true });
    const { id } = await recordForBoth(pair);
    expect(await isSeen(id, facilitator)).toBe(false);
    await joinAs(pair.buyer, programme, facilitator, { sharesWithFacilitators: true });
    expect(await isSeen(id, facilitator)).toBe(true);
    expect((await read(id, facilitator.key)).history).toBeNull();
  });

  it("is nobody else while it is a proposal, whatever its recorder lets be shown", async () => {
    const pair = await createPair();
    const { body } = await putExchange(pair.seller.key, "12", { ...flowsOf(pair), visibility: "public" });
    expect(body).toMatchObject({ visibility: "private", visibilityBy: { output: "public", input: "private" } });
    expect(await isSeen(body.id, stranger)).toBe(false);
  });

  it("is the operator, whose looks enter both sides' audit logs with what it does", async () => {
    const pair = await createPair();
    const { id } = await recordForBoth(pair);
    await advance(id, operatorKey, { to: "active" });
    for (const { key } of [pair.seller, pair.buyer]) {
      const { data } = await succeed(200, "GET", `/v1/audit-entries?subjectId=${id}`, { key });
      expect(data.map(({ action, actor }: Json) => [action, actor])).toEqual([
        ["exchange.advance", "operator"],
        ["exchange.record", "operator"],
      ]);
    }
  });
});

describe("an exchange that goes on", () => {
  it("is moved on by either side, a step may be skipped, and none is gone back", async () => {
    const pair = await createPair();
    const { id } = await recordByBoth(pair);
    const moved = await advance(id, pair.buyer.key, { to: "implementing" });
    expect([moved.status, moved.body.state, moved.headers.get("etag")]).toEqual([200, "implementing", '"3"']);
    const back = await advance(id, pair.seller.key, { to: "permitting" });
    expect([back.status, back.body.reason]).toEqual([409, "exchange_state"]);
    expect((await advance(id, pair.seller.key, { to: "completed" })).status).toBe(409);
    expect((await advance(id, pair.seller.key, { to: "active" }, { "if-match": '"2"' })).status).toBe(412);
    expect((await advance(id, pair.seller.key, { to: "active" }, { "if-match": '"3"' })).body.state).toBe("active");
    const unsaid = await advance(id, pair.seller.key, { to: "failed" });
    expect([unsaid.status, pointersOf(unsaid.body)]).toEqual([400, ["/reason"]]);
    const done = await advance(id, pair.seller.key, { to: "completed" });
    expect(done.body.history.map(({ state, by }: Json) => [state, by])).toEqual([
      ["agreed", "output"],
      ["agreed", "input"],
      ["implementing", "input"],
      ["active", "output"],
      ["completed", "output"],
    ]);
    expect((await advance(id, pair.buyer.key, { to: "failed", reason: "Late" })).status).toBe(409);
    expect(await remaining(pair)).toEqual([550_000, 215_000]);
  });

  it("is moved on once by a request that is repeated under its key", async () => {
    const pair = await createPair();
    const { id } = await recordForBoth(pair);
    const once = { "idempotency-key": crypto.randomUUID() };
    const first = await advance(id, pair.buyer.key, { to: "active" }, once);
    const again = await advance(id, pair.buyer.key, { to: "active" }, once);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await advance(id, pair.buyer.key, { to: "failed", reason: "x" }, once)).status).toBe(422);
  });

  it("is the operator's to move on only where it recorded it", async () => {
    const pair = await createPair();
    const { id } = await recordByBoth(pair);
    const answer = await advance(id, operatorKey, { to: "active" });
    expect([answer.status, answer.body.reason]).toEqual([409, "not_a_party"]);
  });

  it("keeps its flows: not deleted, in their unit, and with as much as it takes", async () => {
    const pair = await createPair();
    const { id } = await recordForBoth(pair, { quantity: { amount: 200_000, unit: "t/a" } });
    const path = `/v1/flows/${pair.input.id}`;
    const { key } = pair.buyer;
    expect((await refuse(409, "DELETE", path, { key })).reason).toBe("quantity_reserved");
    for (const quantity of [{ amount: 215_000_000, unit: "kg/a" }, { amount: 199_999 }])
      expect((await refuse(409, "PATCH", path, { key, body: { quantity } })).reason).toBe("quantity_reserved");
    await succeed(200, "PATCH", path, { key, body: { quantity: { amount: 200_000 } } });
    expect((await succeed(200, "GET", path, { key })).status).toBe("fulfilled");
    await succeed(200, "POST", `${path}/withdraw`, { key });
    expect((await read(id, key)).state).toBe("agreed");
    await advance(id, key, { to: "failed", reason: "We close the line" });
    expect((await call("DELETE", path, { key })).status).toBe(204);
  });

  it("fails with an organization that closes, and the other side has its quantity again", async () => {
    const pair = await createPair();
    const { id } = await recordForBoth(pair);
    expect((await call("DELETE", `/v1/organizations/${pair.seller.id}`, { key: pair.seller.key })).status).toBe(204);
    const failed = await read(id, pair.buyer.key);
    expect(failed).toMatchObject({ state: "failed", outputOrganizationId: pair.seller.id });
    expect(failed.history.at(-1)).toMatchObject({ state: "failed", by: "output", reason: "organization_closed" });
    const { amount } = (await succeed(200, "GET", `/v1/flows/${pair.input.id}`, { key: pair.buyer.key })).remaining;
    expect(amount).toBe(215_000);
  });
});

describe("the list of exchanges", () => {
  it("is filtered by state, flow, organization and confirmation, and goes page by page", async () => {
    const pair = await createPair();
    const made: Json[] = [];
    for (const state of ["agreed", "active", "active"]) made.unshift(await recordForBoth(pair, { state }));
    await putExchange(pair.buyer.key, "13", { ...flowsOf(pair), quantity: { amount: 2, unit: "t/a" } });
    const list = async (filter: string) =>
      (await succeed(200, "GET", `/v1/exchanges?${filter}`, { key: pair.seller.key })).data.map(({ id }: Json) => id);
    const ids = made.map(({ id }) => id);
    expect(await list("confirmed=true")).toEqual(ids);
    expect(await list("confirmed=false")).toHaveLength(1);
    expect(await list("state=active")).toEqual(ids.slice(0, 2));
    expect(await list(`flowId=${pair.input.id}&confirmed=true`)).toEqual(ids);
    expect(await list(`organizationId=${pair.buyer.id}&state=active`)).toEqual(ids.slice(0, 2));
    expect(await list(`organizationId=${stranger.id}`)).toEqual([]);
    const page = await succeed(200, "GET", "/v1/exchanges?confirmed=true&limit=2", { key: pair.seller.key });
    expect(page.data.map(({ id }: Json) => id)).toEqual(ids.slice(0, 2));
    expect(await list(`confirmed=true&cursor=${page.nextCursor}`)).toEqual(ids.slice(2));
  });

  it("tells by 304 that an exchange is as it was", async () => {
    const pair = await createPair();
    const { id } = await recordForBoth(pair);
    const ask = (etag: string) =>
      call("GET", `/v1/exchanges/${id}`, { key: pair.seller.key, headers: { "if-none-match": etag } });
    expect((await ask('"1"')).status).toBe(304);
    expect((await ask('"2"')).status).toBe(200);
  });
});

describe("a match whose exchange is over", () => {
  it("is opened again by new interest, and not before", async () => {
    const pair = await createPair();
    const exchange = await recordForBoth(pair);
    // As the room will leave the two.
    const match = uuidOf(pair.matchId as `match_${string}`);
    await query(
      "UPDATE matches SET state = 'agreed', output_interested = true, input_interested = true WHERE id = $1",
      match,
    );
    await query(
      "UPDATE exchanges SET origin = 'agreed', recorded_by = NULL, match_id = $2, round = 1 WHERE id = $1",
      uuidOf(exchange.id),
      match,
    );
    const interest = () => call("POST", `/v1/matches/${pair.matchId}/interest`, { key: pair.buyer.key });
    expect((await interest()).body.reason).toBe("match_state");
    await advance(exchange.id, pair.seller.key, { to: "failed", reason: "The boiler broke" });
    expect((await interest()).body).toMatchObject({
      state: "interested_one",
      round: 2,
      interest: { output: false, input: true },
    });
  });
});
