import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createId, idFromUuid, type OrganizationId, uuidOf, type WebhookId } from "../../src/domain/ids.ts";
import type { DeliveryAnswer } from "../../src/domain/webhookDelivery.ts";
import { type AddressedEvent, createWebhookQueue, type Leased } from "../../src/stores/records/webhookQueue.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { insertSample, type SampleRow, sampleIds, writeSamples } from "../support/sampleRows.ts";
import { openStoresUnderTest, type StoresUnderTest } from "../support/storesUnderTest.ts";

const at = new Date("2036-11-27T12:00:00Z");
const later = (seconds: number) => new Date(at.getTime() + seconds * 1_000);
const text = (value: string) => `'${value}'`;
const six = { limit: 6, perEndpoint: 2, leaseSeconds: 30 };

describe.each(enginesUnderTest)("the queue of webhooks on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    await writeSamples(stores);
  });
  afterAll(() => stores?.close());

  const queue = () => createWebhookQueue(stores.connect());

  async function createOrganization(): Promise<OrganizationId> {
    const id = createId("organization");
    await stores.run(insertSample("organizations", { id: text(uuidOf(id)) }));
    return id;
  }

  async function createEndpoint(organization: OrganizationId, changes: SampleRow = {}): Promise<WebhookId> {
    const id = createId("webhook");
    await stores.run(
      insertSample("webhooks", { id: text(uuidOf(id)), organization_id: text(uuidOf(organization)), ...changes }),
    );
    return id;
  }

  const event = (organization: OrganizationId, changes: Partial<AddressedEvent> = {}): AddressedEvent => ({
    id: createId("event"),
    type: "turash.flow.created",
    onlyTo: null,
    time: at.toISOString(),
    organizationIds: [organization],
    filters: ["turash.flow.created", "turash.flow.*", "turash.*"],
    scope: "flows:read",
    body: '{"specversion":"1.0"}',
    ...changes,
  });

  const deliveriesOf = (webhook: WebhookId) =>
    stores.run(
      "SELECT status, attempts, due_at IS NULL AS is_settled, jsonb_array_length(answers) AS answers FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY event_id",
      [uuidOf(webhook)],
    );
  const leasedOf = (leased: readonly Leased[], webhook: WebhookId) =>
    leased.find(({ webhookId }) => webhookId === webhook)?.deliveries ?? [];
  /** What others' tests have left is not to be leased here. */
  const forgetRest = () =>
    stores.run("UPDATE webhook_deliveries SET status = 'skipped', due_at = NULL WHERE status = 'pending'");
  const answer = (status: number | null): DeliveryAnswer => ({
    at: at.toISOString(),
    status,
    durationMs: 5,
    error: null,
    excerpt: null,
  });

  it("has an event once for each endpoint, however often it comes and also by two at once", async () => {
    const organization = await createOrganization();
    const endpoints = [await createEndpoint(organization), await createEndpoint(organization)];
    const events = Array.from({ length: 10 }, () => event(organization));
    const outcomes = await Promise.all([
      queue().enqueue(events, at),
      queue().enqueue(events.toReversed(), at),
      queue().enqueue(events.slice(5), at),
    ]);
    expect(outcomes.reduce((sum, { due }) => sum + due, 0)).toBe(20);
    for (const endpoint of endpoints) expect(await deliveriesOf(endpoint)).toHaveLength(10);
    expect(await queue().enqueue(events, later(60))).toEqual({ due: 0, orphans: [] });
  });

  it("has an event for the endpoints of those who may see it, that want it and may read it, and were there", async () => {
    const [mine, other] = [await createOrganization(), await createOrganization()];
    const made = "'2036-11-27T12:00:00.001Z'";
    const wanted = [
      await createEndpoint(mine),
      await createEndpoint(mine, { events: "'{turash.flow.*}'", scopes: "'{keys:manage,flows:read}'" }),
      await createEndpoint(mine, { events: "'{turash.site.*,turash.flow.created}'" }),
    ];
    const unwanted = [
      await createEndpoint(mine, { events: "'{turash.match.*,turash.flow.updated}'" }),
      await createEndpoint(mine, { scopes: "'{webhooks:manage}'" }),
      await createEndpoint(mine, { created_at: made }),
      await createEndpoint(mine, { deleted_at: "now()", secret: "NULL" }),
      await createEndpoint(other),
    ];
    expect(await queue().enqueue([event(mine)], at)).toEqual({ due: 3, orphans: [] });
    for (const endpoint of wanted) expect(await deliveriesOf(endpoint)).toHaveLength(1);
    for (const endpoint of unwanted) expect(await deliveriesOf(endpoint)).toEqual([]);
    const both = event(mine, { organizationIds: [mine, other] });
    expect((await queue().enqueue([both], at)).due).toBe(4);
  });

  it("has a test for the endpoint alone that it is of, whatever its filters", async () => {
    const organization = await createOrganization();
    const tested = await createEndpoint(organization, { events: "'{turash.match.*}'" });
    const other = await createEndpoint(organization);
    const test = event(organization, { type: "turash.webhook.tested", onlyTo: tested, scope: "webhooks:manage" });
    expect((await queue().enqueue([test], at)).due).toBe(1);
    expect(await deliveriesOf(tested)).toHaveLength(1);
    expect(await deliveriesOf(other)).toEqual([]);
  });

  it("keeps what came while an endpoint was switched off, for thirty days, and sends none of it", async () => {
    const organization = await createOrganization();
    const off = (days: number): SampleRow => ({
      enabled: "false",
      disabled_reason: "'owner'",
      disabled_at: text(later(-days * 86_400).toISOString()),
    });
    const [recent, long] = [await createEndpoint(organization, off(29)), await createEndpoint(organization, off(31))];
    expect((await queue().enqueue([event(organization)], at)).due).toBe(0);
    expect(await deliveriesOf(recent)).toMatchObject([{ status: "skipped", is_settled: "t" }]);
    expect(await deliveriesOf(long)).toEqual([]);
  });

  it("tells which endpoints had an event to get whose maker has left or is no owner any more, and gives them none", async () => {
    const acme = idFromUuid("organization", sampleIds.acme);
    const [owner, left] = [crypto.randomUUID(), crypto.randomUUID()];
    await stores.run(insertSample("members", { id: text(owner), role: "'owner'" }));
    await stores.run(insertSample("members", { id: text(left), role: "'owner'", deleted_at: "now()" }));
    const standing = await createEndpoint(acme, { member_id: text(owner) });
    const orphans = [
      await createEndpoint(acme, { member_id: text(left) }),
      await createEndpoint(acme, { member_id: text(sampleIds.acmeMember) }),
    ];
    const told = (await queue().enqueue([event(acme)], at)).orphans;
    expect(told.toSorted()).toEqual(orphans.toSorted());
    expect(await deliveriesOf(standing)).toHaveLength(1);
    for (const orphan of orphans) expect(await deliveriesOf(orphan)).toEqual([]);
  });

  it("gives six deliveries at most, two of an endpoint, and every endpoint one before any gets two", async () => {
    await forgetRest();
    const organization = await createOrganization();
    const crowded = await createEndpoint(organization);
    await queue().enqueue(
      Array.from({ length: 50 }, () => event(organization)),
      at,
    );
    const others = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const own = await createOrganization();
        const endpoint = await createEndpoint(own);
        await queue().enqueue([event(own), event(own), event(own)], later(1));
        return endpoint;
      }),
    );
    const leased = await queue().lease(later(2), six);
    expect(leased.flatMap(({ deliveries }) => deliveries)).toHaveLength(6);
    for (const endpoint of [crowded, ...others]) {
      const { length } = leasedOf(leased, endpoint);
      expect(length).toBeGreaterThanOrEqual(1);
      expect(length).toBeLessThanOrEqual(2);
    }
    expect(await queue().lease(later(2), six)).toEqual([]);
  });

  it("gives an endpoint to one of many senders at once, and again when the lease ends or what was leased is settled", async () => {
    await forgetRest();
    const organization = await createOrganization();
    const endpoints = await Promise.all(Array.from({ length: 8 }, () => createEndpoint(organization)));
    await queue().enqueue([event(organization), event(organization)], at);
    const turns = await Promise.all(Array.from({ length: 6 }, () => queue().lease(at, six)));
    const served = turns.flat().map(({ webhookId }) => webhookId);
    expect(new Set(served).size).toBe(served.length);
    const rest = await queue().lease(at, { ...six, limit: 100 });
    expect([...served, ...rest.map(({ webhookId }) => webhookId)].toSorted()).toEqual(endpoints.toSorted());

    expect(await queue().lease(later(29), six)).toEqual([]);
    const again = await queue().lease(later(30), { ...six, limit: 100 });
    expect(again).toHaveLength(8);
    const [first] = again;
    await queue().settle(
      first!,
      first!.deliveries.map(({ uuid }) => ({ deliveryUuid: uuid, answer: answer(500), status: "pending", dueAt: at })),
      later(31),
    );
    expect((await queue().lease(later(31), six)).map(({ webhookId }) => webhookId)).toEqual([first!.webhookId]);
  });

  it("serves first who was served longest ago, and one that is failing a minute later than its turn", async () => {
    await forgetRest();
    const organization = await createOrganization();
    const [early, failing, late] = [
      await createEndpoint(organization, { leased_at: text(later(-50).toISOString()) }),
      await createEndpoint(organization, { leased_at: text(later(-90).toISOString()), failing_since: "now()" }),
      await createEndpoint(organization, { leased_at: text(later(-10).toISOString()) }),
    ];
    await queue().enqueue([event(organization)], at);
    const order: WebhookId[] = [];
    for (let turn = 0; turn < 3; turn++) order.push((await queue().lease(at, { ...six, limit: 1 }))[0]!.webhookId);
    expect(order).toEqual([early, failing, late]);
  });

  it("settles a lease in one statement: delivered, tried again later, or given up, with the answers", async () => {
    await forgetRest();
    const organization = await createOrganization();
    const endpoint = await createEndpoint(organization);
    await queue().enqueue([event(organization), event(organization)], at);
    const [leased] = await queue().lease(at, six);
    const [one, two] = leased!.deliveries;
    const failed = await queue().settle(
      leased!,
      [
        { deliveryUuid: one!.uuid, answer: answer(500), status: "pending", dueAt: later(30) },
        { deliveryUuid: two!.uuid, answer: answer(null), status: "failed", dueAt: null },
      ],
      later(1),
    );
    expect(failed).toEqual({ failingSince: later(1) });
    expect((await deliveriesOf(endpoint)).map(({ status }) => status).toSorted()).toEqual(["failed", "pending"]);
    expect(await queue().lease(later(29), six)).toEqual([]);
    const [next] = await queue().lease(later(30), six);
    expect(next!.deliveries).toMatchObject([{ uuid: one!.uuid, attempts: 1, body: '{"specversion":"1.0"}' }]);
    const settle = (status: number, outcome: "pending" | "delivered", when: Date) =>
      queue().settle(
        next!,
        [
          {
            deliveryUuid: one!.uuid,
            answer: answer(status),
            status: outcome,
            dueAt: outcome === "pending" ? when : null,
          },
        ],
        when,
      );
    expect(await settle(500, "pending", later(40))).toEqual({ failingSince: later(1) });
    expect(await settle(200, "delivered", later(50))).toEqual({ failingSince: null });
  });

  it("keeps the last twenty answers, and one that was skipped meanwhile stays so unless it came through", async () => {
    await forgetRest();
    const organization = await createOrganization();
    const endpoint = await createEndpoint(organization);
    await queue().enqueue([event(organization)], at);
    const [leased] = await queue().lease(at, six);
    const { uuid } = leased!.deliveries[0]!;
    const settle = (status: number, outcome: "pending" | "failed" | "delivered") =>
      queue().settle(
        leased!,
        [{ deliveryUuid: uuid, answer: answer(status), status: outcome, dueAt: outcome === "pending" ? at : null }],
        at,
      );
    for (let status = 501; status <= 525; status++) await settle(status, "pending");
    expect(await deliveriesOf(endpoint)).toMatchObject([{ attempts: "25", answers: "20" }]);
    const [row] = await stores.run("SELECT answers -> 0 ->> 'status' AS first FROM webhook_deliveries WHERE id = $1", [
      uuid,
    ]);
    expect(row).toEqual({ first: "506" });
    await stores.run("UPDATE webhook_deliveries SET status = 'skipped', due_at = NULL WHERE id = $1", [uuid]);
    await settle(500, "pending");
    expect(await deliveriesOf(endpoint)).toMatchObject([{ status: "skipped", is_settled: "t" }]);
    await settle(200, "delivered");
    expect(await deliveriesOf(endpoint)).toMatchObject([{ status: "delivered", is_settled: "t" }]);
  });

  it("leaves the lease of the next sender to it when an earlier one settles late", async () => {
    await forgetRest();
    const organization = await createOrganization();
    await createEndpoint(organization);
    await queue().enqueue([event(organization)], at);
    const [slow] = await queue().lease(at, six);
    const [next] = await queue().lease(later(30), six);
    const settlement = {
      deliveryUuid: slow!.deliveries[0]!.uuid,
      answer: answer(500),
      status: "pending",
      dueAt: at,
    } as const;
    await queue().settle(slow!, [settlement], later(31));
    expect(await queue().lease(later(31), six)).toEqual([]);
    await queue().settle(next!, [settlement], later(32));
    expect(await queue().lease(later(32), six)).toHaveLength(1);
  });

  it("gives the secret that was rotated away with the new one until the overlap ends", async () => {
    await forgetRest();
    const organization = await createOrganization();
    await createEndpoint(organization, {
      previous_secret: "decode(repeat('6', 120), 'hex')",
      previous_secret_ends_at: text(later(60).toISOString()),
    });
    await queue().enqueue([event(organization)], at);
    const [leased] = await queue().lease(at, six);
    expect(leased!.sealedSecrets.map((sealed) => Buffer.from(sealed).toString("hex"))).toEqual([
      "5".repeat(120),
      "6".repeat(120),
    ]);
    expect((await queue().lease(later(60), six))[0]!.sealedSecrets).toHaveLength(1);
  });

  it("finds what is due without reading what is not, among twenty thousand deliveries", async () => {
    await forgetRest();
    const organization = await createOrganization();
    const endpoint = await createEndpoint(organization);
    await stores.run(`INSERT INTO webhook_deliveries (id, webhook_id, event_id, type, body, status, due_at, created_at)
      SELECT gen_random_uuid(), ${text(uuidOf(endpoint))}, gen_random_uuid(), 'turash.flow.created', '{}', 'pending', now(), now() FROM generate_series(1, 20000)`);
    await stores.script("ANALYZE webhook_deliveries");
    const quiet = await createOrganization();
    const other = await createEndpoint(quiet);
    await queue().enqueue([event(quiet)], at);
    const started = performance.now();
    const leased = await queue().lease(at, six);
    expect(performance.now() - started).toBeLessThan(500);
    expect(leasedOf(leased, endpoint)).toHaveLength(2);
    expect(leasedOf(leased, other)).toHaveLength(1);
  });
});
