import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../src/domain/actor.ts";
import type { ChangeStamp } from "../../src/domain/change.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { ExchangeRecord, ExchangeState } from "../../src/domain/exchange.ts";
import { createId, type FlowId, idFromUuid, matchIdOf, type OrganizationId, uuidOf } from "../../src/domain/ids.ts";
import type { MatchSide } from "../../src/domain/match.ts";
import { createAgreementStore } from "../../src/stores/records/agreements.ts";
import { createExchangeChangeStore } from "../../src/stores/records/exchangeChanges.ts";
import { createExchangeStore, type NewExchange } from "../../src/stores/records/exchanges.ts";
import { createFlowStore } from "../../src/stores/records/flows.ts";
import { createMatchStore } from "../../src/stores/records/matches.ts";
import { createOrganizationStore } from "../../src/stores/records/organizations.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { insertSample, type SampleRow, sampleIds, writeSamples } from "../support/sampleRows.ts";
import { openStoresUnderTest, type StoresUnderTest } from "../support/storesUnderTest.ts";

const at = new Date("2027-03-01T10:00:00.000Z");
const text = (value: string) => `'${value}'`;
const stampOf = (actor: Actor): ChangeStamp => ({
  actor,
  at,
  requestId: "r",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  addressHash: null,
  idempotency: null,
});
const operator = stampOf({ kind: "operator", credential: "op_1" });
const schedule = stampOf({ kind: "operator", credential: "schedule" });
const ownerOf = (organizationId: OrganizationId) =>
  stampOf({
    kind: "member",
    organizationId,
    memberId: null,
    role: "owner",
    scopes: [],
    credential: idFromUuid("apiKey", sampleIds.acmeKey),
  });

/** Two organizations with a flow each, which nobody else names. */
type Pair = { output: FlowId; input: FlowId; seller: OrganizationId; buyer: OrganizationId };

describe.each(enginesUnderTest)("exchanges on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    await writeSamples(stores);
  });
  afterAll(() => stores?.close());

  const exchanges = () => createExchangeStore(stores.connect());
  const changes = () => createExchangeChangeStore(stores.connect());

  async function makePair(output: SampleRow = {}, input: SampleRow = {}): Promise<Pair> {
    const make = async (flow: SampleRow) => {
      const [organization, site, id] = [createId("organization"), createId("site"), createId("flow")];
      const owned = { organization_id: text(uuidOf(organization)) };
      await stores.run(insertSample("organizations", { id: text(uuidOf(organization)) }));
      await stores.run(insertSample("sites", { id: text(uuidOf(site)), ...owned }));
      await stores.run(insertSample("flows", { id: text(uuidOf(id)), site_id: text(uuidOf(site)), ...owned, ...flow }));
      return { organization, id };
    };
    const [supply, need] = [await make(output), await make({ direction: "'input'", ...input })];
    return { output: supply.id, input: need.id, seller: supply.organization, buyer: need.organization };
  }

  const holdsOf = (pair: Pair, amount: number, unit = "t/a") => ({
    output: { flowId: pair.output, amount, unit },
    input: { flowId: pair.input, amount, unit },
  });

  const newExchange = (pair: Pair, amount: number, content: Partial<NewExchange> = {}): NewExchange => ({
    id: createId("exchange"),
    externalId: crypto.randomUUID(),
    outputFlowId: pair.output,
    inputFlowId: pair.input,
    outputOrganizationId: pair.seller,
    inputOrganizationId: pair.buyer,
    state: "active",
    quantity: { amount, unit: "t/a" },
    price: null,
    from: null,
    until: null,
    reserves: true,
    recordedBy: "operator",
    sides: ["output", "input"],
    visibility: "private",
    ...content,
  });

  const record = (pair: Pair, amount: number, content: Partial<NewExchange> = {}, stamp = operator) =>
    exchanges().record(stamp, newExchange(pair, amount, content), holdsOf(pair, amount), []);

  const propose = (pair: Pair, amount: number, side: MatchSide = "output") =>
    record(pair, amount, { recordedBy: side, sides: [side] }, ownerOf(side === "output" ? pair.seller : pair.buyer));

  const confirm = (pair: Pair, exchange: ExchangeRecord, amount: number) =>
    changes().confirm(ownerOf(pair.buyer), exchange, "input", {
      externalId: crypto.randomUUID(),
      visibility: "private",
      holds: holdsOf(pair, amount),
    });

  const advance = async (exchange: ExchangeRecord, to: ExchangeState, stamp = operator) =>
    changes().advance(stamp, exchange.id, to, to === "failed" ? "It broke" : null, null);

  async function flowsOf(...ids: FlowId[]) {
    const rows = await stores.run(
      `SELECT id, reserved_amount AS reserved, status, version FROM flows WHERE id = ANY (ARRAY[${ids.map((id) => text(uuidOf(id))).join(", ")}]::uuid[])`,
    );
    return ids.map((id) => {
      const { reserved, status, version } = rows.find((row) => row.id === uuidOf(id))!;
      return { reserved: Number(reserved), status, version: Number(version) };
    });
  }

  const reservedOf = async (pair: Pair) =>
    (await flowsOf(pair.output, pair.input)).map(({ reserved }) => Number(reserved.toFixed(6)));

  const eventsOf = async (id: ExchangeRecord["id"] | FlowId) =>
    (
      await stores.run(
        "SELECT type, data, cardinality(organization_ids) AS n FROM outbox WHERE subject_id = $1 ORDER BY xid, sequence",
        [uuidOf(id)],
      )
    ).map(({ type, data, n }) => [type!.replace("turash.", ""), JSON.parse(data!), Number(n)]);

  /** That what flows have reserved is what the exchanges of them hold. */
  async function expectBalance(): Promise<void> {
    const off = await stores.run(`SELECT f.id, f.reserved_amount, h.held FROM flows f JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN e.output_flow_id = f.id THEN e.output_reserved ELSE e.input_reserved END), 0) AS held
        FROM exchanges e WHERE f.id IN (e.output_flow_id, e.input_flow_id)) h ON true
      WHERE abs(f.reserved_amount - h.held) > 1e-6`);
    expect(off).toEqual([]);
  }

  it("take their quantity from both flows with the record, its key, its events and its audit entries; in one round trip", async () => {
    const pair = await makePair();
    const before = stores.server.trips();
    const exchange = (await record(pair, 40, { externalId: "contract-1" }))!;
    expect(stores.server.trips() - before).toBe(1);
    expect(exchange).toMatchObject({
      externalId: "contract-1",
      origin: "recorded",
      confirmedBy: { output: true, input: true },
      outputOrganizationId: pair.seller,
      visibility: "private",
      history: [{ state: "active", by: "operator", reason: null, at: at.toISOString() }],
      version: 1,
    });
    expect(await reservedOf(pair)).toEqual([40, 40]);
    expect(await eventsOf(exchange.id)).toEqual([
      ["exchange.recorded", { version: 1, state: "active", isConfirmed: true }, 2],
    ]);
    expect(await eventsOf(pair.output)).toEqual([["flow.updated", { version: 2 }, 1]]);
    const entries = await stores.run("SELECT organization_id, action FROM audit_entries WHERE subject_id = $1", [
      uuidOf(exchange.id),
    ]);
    expect(entries.map(({ organization_id: id, action }) => [id, action]).sort()).toEqual(
      [pair.seller, pair.buyer].map((id) => [uuidOf(id), "exchange.record"]).sort(),
    );
    await expectBalance();
  });

  it("give the last 100 t to ten of fifty lots of 10 t that are recorded at once", async () => {
    const pair = await makePair({ quantity_amount: "1000", reserved_amount: "900" }, { quantity_amount: "5000" });
    const lots = await Promise.all(Array.from({ length: 50 }, () => record(pair, 10)));
    expect(lots.filter((lot) => lot !== null)).toHaveLength(10);
    const [output, input] = await flowsOf(pair.output, pair.input);
    expect([output!.reserved, input!.reserved]).toEqual([1_000, 100]);
    expect([output!.status, input!.status]).toEqual(["fulfilled", "active"]);
    const [count] = await stores.run("SELECT count(*) AS n FROM exchanges WHERE output_flow_id = $1", [
      uuidOf(pair.output),
    ]);
    expect(count).toEqual({ n: "10" });
    // What was reserved before is nobody's, and would be found out of balance.
    await stores.run("UPDATE flows SET reserved_amount = 100 WHERE id = $1", [uuidOf(pair.output)]);
  });

  it("give each of two supplies to needs that cross at once, and none in part", async () => {
    const [one, other] = [await makePair(), await makePair()];
    const crossed: Pair[] = [
      one,
      other,
      { ...one, input: other.input, buyer: other.buyer },
      { ...other, input: one.input, buyer: one.buyer },
    ];
    const made = await Promise.all(Array.from({ length: 24 }, (_, index) => record(crossed[index % 4]!, 30)));
    const count = made.filter((each) => each !== null).length;
    expect(count).toBeGreaterThanOrEqual(4);
    for (const { reserved } of await flowsOf(one.output, one.input, other.output, other.input))
      expect(reserved).toBeLessThanOrEqual(100);
    await expectBalance();
  });

  it("leave everything as it was where too little remains of either flow, or one is not as it was reckoned with", async () => {
    const pair = await makePair({ quantity_amount: "100" }, { quantity_amount: "50" });
    expect(await record(pair, 60)).toBeNull();
    const inOtherUnit = exchanges().record(operator, newExchange(pair, 1), holdsOf(pair, 1, "kg/a"), []);
    expect(await inOtherUnit).toBeNull();
    await stores.run("UPDATE flows SET status = 'withdrawn' WHERE id = $1", [uuidOf(pair.input)]);
    expect(await record(pair, 10)).toBeNull();
    expect(await record(pair, 10, { reserves: false })).toBeNull();
    await stores.run("UPDATE flows SET status = 'active', deleted_at = now() WHERE id = $1", [uuidOf(pair.input)]);
    expect(await record(pair, 10)).toBeNull();
    expect((await flowsOf(pair.output, pair.input)).map(({ reserved, version }) => [reserved, version])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const rows = await stores.run("SELECT 1 FROM exchanges WHERE output_flow_id = $1", [uuidOf(pair.output)]);
    expect(rows).toEqual([]);
  });

  it("take nothing where they are not to reserve", async () => {
    const pair = await makePair();
    const exchange = (await record(pair, 500, { reserves: false }))!;
    expect(await reservedOf(pair)).toEqual([0, 0]);
    expect(await eventsOf(pair.output)).toEqual([]);
    expect((await advance(exchange, "failed")).kind).toBe("written");
    expect(await reservedOf(pair)).toEqual([0, 0]);
  });

  it("are by one key only once, also when it comes twice at once", async () => {
    const pair = await makePair();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, () => record(pair, 10, { externalId: "contract-2" })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") {
        expect(outcome.reason).toBeInstanceOf(AppError);
        expect(outcome.reason.details.reason).toBe("external_id_taken");
      }
    expect(await reservedOf(pair)).toEqual([10, 10]);
  });

  it("are of no organization that stands on neither side", async () => {
    const [pair, stranger] = [await makePair(), await makePair()];
    expect(await record(pair, 10, {}, ownerOf(stranger.seller))).toBeNull();
    const exchange = (await record(pair, 10))!;
    expect(await exchanges().find(ownerOf(stranger.seller), exchange.id)).toBeNull();
    expect(await advance(exchange, "failed", ownerOf(stranger.seller))).toEqual({ kind: "missing" });
    expect(await changes().show(ownerOf(stranger.seller), exchange, "public")).toBeNull();
    expect(await reservedOf(pair)).toEqual([10, 10]);
  });

  it("of which one side speaks hold nothing and are seen by the two sides alone, until the other stands by them too", async () => {
    const [pair, stranger] = [await makePair(), await makePair()];
    await stores.run("UPDATE flows SET visibility = 'private' WHERE id = $1", [uuidOf(pair.input)]);
    const exchange = (await propose(pair, 30))!;
    expect(exchange).toMatchObject({
      outputOrganizationId: pair.seller,
      inputOrganizationId: null,
      confirmedBy: { output: true, input: false },
    });
    expect(await reservedOf(pair)).toEqual([0, 0]);
    const seen = await exchanges().find(ownerOf(pair.buyer), exchange.id);
    expect(seen).toMatchObject({
      outputOrganizationId: pair.seller,
      inputOrganizationId: pair.buyer,
      externalId: null,
    });
    await stores.run("UPDATE exchanges SET output_visibility = 'public', input_visibility = 'public' WHERE id = $1", [
      uuidOf(exchange.id),
    ]);
    expect(await exchanges().find(ownerOf(stranger.buyer), exchange.id)).toBeNull();
    for (const to of ["permitting", "completed"] as const)
      expect((await advance(exchange, to, ownerOf(pair.seller))).kind).toBe("refused");
    const confirmed = (await confirm(pair, exchange, 30))!;
    expect(confirmed).toMatchObject({ confirmedBy: { output: true, input: true }, version: 2 });
    expect(await reservedOf(pair)).toEqual([30, 30]);
    expect(await exchanges().find(ownerOf(pair.seller), exchange.id)).toMatchObject({
      inputOrganizationId: pair.buyer,
    });
    // Both sides' flows are now open to each other, the private one too.
    const flows = createFlowStore(stores.connect());
    expect(await flows.find(ownerOf(pair.seller), pair.input)).toMatchObject({ hidden: null });
    expect(await flows.find(ownerOf(stranger.seller), pair.input)).toBeNull();
    await stores.run("UPDATE exchanges SET input_visibility = 'public' WHERE id = $1", [uuidOf(exchange.id)]);
    expect(await exchanges().find(ownerOf(stranger.buyer), exchange.id)).toMatchObject({
      outputOrganizationId: pair.seller,
      price: null,
      history: null,
      visibilityBy: null,
    });
    expect((await eventsOf(exchange.id)).map(([type]) => type)).toEqual(["exchange.recorded", "exchange.confirmed"]);
  });

  it("are confirmed once of ten times at once, and not at all where too little remains", async () => {
    const pair = await makePair();
    const exchange = (await propose(pair, 60))!;
    const confirmed = await Promise.all(Array.from({ length: 10 }, () => confirm(pair, exchange, 60)));
    expect(confirmed.filter((each) => each !== null)).toHaveLength(1);
    const another = (await propose(pair, 60))!;
    expect(await confirm(pair, another, 60)).toBeNull();
    expect(await reservedOf(pair)).toEqual([60, 60]);
    expect(await exchanges().find(ownerOf(pair.buyer), another.id)).toMatchObject({ version: 1, externalId: null });
  });

  it("either stand or have failed when one side confirms while the other lets them fail, and the flows say the same", async () => {
    for (let round = 0; round < 5; round++) {
      const pair = await makePair();
      const exchange = (await propose(pair, 30))!;
      await Promise.all([
        confirm(pair, exchange, 30),
        advance(exchange, "failed", ownerOf(pair.seller)),
        advance(exchange, "failed", ownerOf(pair.buyer)),
      ]);
      const { state } = (await exchanges().find(ownerOf(pair.seller), exchange.id))!;
      expect(state).toBe("failed");
      expect(await reservedOf(pair)).toEqual([0, 0]);
    }
  });

  it("take or give back the difference when the operator corrects them", async () => {
    const pair = await makePair();
    const exchange = (await record(pair, 30))!;
    const replace = (of: ExchangeRecord, amount: number) =>
      changes().replace(
        operator,
        of,
        { ...of, quantity: { amount, unit: "t/a" } },
        { visibility: "private", holds: holdsOf(pair, amount), patch: [] },
      );
    const more = (await replace(exchange, 90))!;
    expect(await reservedOf(pair)).toEqual([90, 90]);
    expect(await replace(more, 101)).toBeNull();
    expect(await replace(exchange, 10)).toBeNull();
    const less = (await replace(more, 20))!;
    expect(less).toMatchObject({ quantity: { amount: 20 }, version: 3 });
    expect(await reservedOf(pair)).toEqual([20, 20]);
  });

  it("give back all when they fail, once however many let them fail, and no step is gone back", async () => {
    const pair = await makePair();
    const exchange = (await record(pair, 100, { state: "agreed" }))!;
    expect((await flowsOf(pair.output))[0]).toMatchObject({ reserved: 100, status: "fulfilled" });
    expect((await advance(exchange, "implementing", ownerOf(pair.buyer))).kind).toBe("written");
    expect((await advance(exchange, "permitting", ownerOf(pair.buyer))).kind).toBe("refused");
    const failed = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        advance(exchange, "failed", ownerOf(index % 2 ? pair.seller : pair.buyer)),
      ),
    );
    expect(failed.filter(({ kind }) => kind === "written")).toHaveLength(1);
    expect((await flowsOf(pair.output))[0]).toMatchObject({ reserved: 0, status: "active" });
    const { history } = (await exchanges().find(operator, exchange.id))!;
    expect(history!.map(({ state, by }) => [state, by])).toMatchObject([
      ["agreed", "operator"],
      ["implementing", "input"],
      ["failed", expect.stringMatching(/^(out|in)put$/)],
    ]);
    expect(history!.at(-1)!.reason).toBe("It broke");
  });

  it("that are completed give back what is there anew each year, and keep what was there once", async () => {
    const yearly = await makePair();
    const once = await makePair(
      { quantity_basis: "'one_off'", quantity_unit: "'t'" },
      { quantity_basis: "'one_off'", quantity_unit: "'t'" },
    );
    const flowing = (await record(yearly, 40))!;
    const lot = (await exchanges().record(operator, newExchange(once, 40), holdsOf(once, 40, "t"), []))!;
    for (const exchange of [flowing, lot]) expect((await advance(exchange, "completed")).kind).toBe("written");
    expect(await reservedOf(yearly)).toEqual([0, 0]);
    expect(await reservedOf(once)).toEqual([40, 40]);
    const completed = async (id: OrganizationId) =>
      (await stores.run("SELECT exchanges_completed AS n FROM organizations WHERE id = $1", [uuidOf(id)]))[0]!.n;
    expect([await completed(yearly.seller), await completed(yearly.buyer)]).toEqual(["1", "1"]);
    expect((await advance(flowing, "failed")).kind).toBe("refused");
    await expectBalance();
  });

  it("that two organizations only say they had are not counted for them", async () => {
    const pair = await makePair();
    const exchange = (await propose(pair, 30))!;
    const confirmed = (await confirm(pair, exchange, 30))!;
    expect((await advance(confirmed, "completed", ownerOf(pair.seller))).kind).toBe("written");
    const [row] = await stores.run("SELECT exchanges_completed AS n FROM organizations WHERE id = $1", [
      uuidOf(pair.seller),
    ]);
    expect(row).toEqual({ n: "0" });
  });

  it("are completed by the schedule on the day after their last, the active ones that both sides stand by", async () => {
    const pair = await makePair();
    const until = { until: "2027-02-28" };
    const over = [(await record(pair, 10, until))!, (await record(pair, 10, until))!];
    const others = [
      (await record(pair, 10, { until: "2027-03-01" }))!,
      (await record(pair, 10, { ...until, state: "implementing" }))!,
      (await record(pair, 10, { ...until, recordedBy: "output", sides: ["output"] }, ownerOf(pair.seller)))!,
    ];
    expect(await changes().completeDue(schedule, "2027-03-01")).toBe(2);
    expect(await changes().completeDue(schedule, "2027-03-01")).toBe(0);
    for (const { id } of over)
      expect(await exchanges().find(operator, id)).toMatchObject({
        state: "completed",
        history: [{}, { state: "completed", by: "schedule", reason: "end_date" }],
      });
    for (const { id, state } of others) expect((await exchanges().find(operator, id))!.state).toBe(state);
    expect(await reservedOf(pair)).toEqual([20, 20]);
    await expectBalance();
  });

  it("fail with an organization that closes, which gives back what they held of its counterparts' flows", async () => {
    const pair = await makePair();
    const other = await makePair();
    const exchange = (await record(pair, 70))!;
    const crossed: Pair = { ...pair, input: other.input, buyer: other.buyer };
    await record(crossed, 20);
    const untouched = (await record(other, 5))!;
    const closed = await createOrganizationStore(stores.connect()).close(operator, pair.seller, null);
    expect(closed.kind).toBe("written");
    expect(await exchanges().find(ownerOf(pair.buyer), exchange.id)).toMatchObject({
      state: "failed",
      history: [{}, { state: "failed", reason: "organization_closed" }],
    });
    expect(await exchanges().find(operator, untouched.id)).toMatchObject({ state: "active" });
    expect(await reservedOf(pair)).toEqual([0, 0]);
    expect(await reservedOf(other)).toEqual([5, 5]);
    expect((await flowsOf(pair.output))[0]).toMatchObject({ status: "withdrawn" });
    expect((await eventsOf(exchange.id)).map(([type]) => type)).toEqual(["exchange.recorded", "exchange.failed"]);
    await expectBalance();
  });

  it("keep a flow from being deleted while they go on, and go on when it is withdrawn; proposals end with it", async () => {
    const pair = await makePair();
    const flows = () => createFlowStore(stores.connect());
    const exchange = (await record(pair, 10, { reserves: false }))!;
    const proposal = (await propose(pair, 10, "input"))!;
    expect((await flows().delete(ownerOf(pair.seller), pair.output, null)).kind).toBe("refused");
    const withdraw = {
      name: "withdraw",
      from: ["active"],
      to: "withdrawn",
      eventType: "turash.flow.withdrawn",
    } as const;
    expect((await flows().move(ownerOf(pair.seller), pair.output, withdraw, null)).kind).toBe("written");
    expect(await exchanges().find(operator, exchange.id)).toMatchObject({ state: "active" });
    expect(await exchanges().find(operator, proposal.id)).toMatchObject({
      state: "failed",
      history: [{}, { reason: "flow_withdrawn", by: "output" }],
    });
    await advance(exchange, "failed");
    expect((await flows().delete(ownerOf(pair.seller), pair.output, null)).kind).toBe("written");
  });

  /** The recorded match of a pair, which its two sides are bargaining over. */
  async function negotiate(pair: Pair, changes: SampleRow = {}) {
    const id = matchIdOf(pair.output, pair.input);
    await stores.run(
      insertSample("matches", {
        id: text(uuidOf(id)),
        output_flow_id: text(uuidOf(pair.output)),
        input_flow_id: text(uuidOf(pair.input)),
        output_organization_id: text(uuidOf(pair.seller)),
        input_organization_id: text(uuidOf(pair.buyer)),
        state: "'negotiating'",
        output_interested: "true",
        input_interested: "true",
        ...changes,
      }),
    );
    return id;
  }

  const agree = (pair: Pair, amount: number, round = 1) =>
    createAgreementStore(stores.connect()).agree(ownerOf(pair.buyer), {
      id: createId("exchange"),
      matchId: matchIdOf(pair.output, pair.input),
      round,
      quantity: { amount, unit: "t/a" },
      price: null,
      from: null,
      until: null,
      holds: holdsOf(pair, amount),
    });

  const stateOf = async (id: ReturnType<typeof matchIdOf>) =>
    (await stores.run("SELECT state, round FROM matches WHERE id = $1", [uuidOf(id)]))[0];

  it("come from a match with its agreement, once however often that is said; a used up flow ends its other matches", async () => {
    const pair = await makePair();
    const rival = await makePair();
    const id = await negotiate(pair);
    const other = await negotiate({ ...pair, input: rival.input, buyer: rival.buyer });
    const agreed = await Promise.all(Array.from({ length: 5 }, () => agree(pair, 100)));
    const [written, more] = agreed.filter((outcome) => outcome.kind === "written");
    expect(more).toBeUndefined();
    if (written?.kind !== "written") throw new Error("nothing was agreed");
    expect(written.value).toMatchObject({ origin: "agreed", matchId: id, round: 1, state: "agreed", recordedBy: null });
    expect(await stateOf(id)).toEqual({ state: "agreed", round: "1" });
    expect(await stateOf(other)).toEqual({ state: "withdrawn", round: "1" });
    expect(await reservedOf(pair)).toEqual([100, 100]);
    expect((await agree(pair, 1, 2)).kind).toBe("refused");

    const matches = createMatchStore(stores.connect());
    expect((await matches.showInterest(ownerOf(pair.buyer), id)).kind).toBe("refused");
    await advance(written.value, "failed", ownerOf(pair.seller));
    const again = await matches.showInterest(ownerOf(pair.buyer), id);
    expect(again).toMatchObject({
      value: { state: "interested_one", round: 2, interest: { output: false, input: true } },
    });
    // The other one of what was used up can be taken up again too.
    expect(await matches.showInterest(ownerOf(rival.buyer), other)).toMatchObject({
      value: { state: "interested_one", round: 2 },
    });
  });

  it("do not come from a match where too little remains, which stays as it was", async () => {
    const pair = await makePair();
    const id = await negotiate(pair);
    await record(pair, 60);
    expect(await agree(pair, 60)).toMatchObject({ kind: "refused", current: { state: "negotiating", round: 1 } });
    expect(await stateOf(id)).toEqual({ state: "negotiating", round: "1" });
    expect(await reservedOf(pair)).toEqual([60, 60]);
  });

  it("of one flow are given to one of two matches that agree on it at once", async () => {
    const pair = await makePair();
    const rival = await makePair();
    const crossed: Pair = { ...pair, input: rival.input, buyer: rival.buyer };
    await negotiate(pair);
    await negotiate(crossed);
    const outcomes = await Promise.all([agree(pair, 100), agree(crossed, 100)]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["refused", "written"]);
    expect((await flowsOf(pair.output))[0]!.reserved).toBe(100);
    await expectBalance();
  });
});
