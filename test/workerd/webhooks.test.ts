import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { deliverDueOf } from "../../src/delivering.ts";
import { createId, uuidOf } from "../../src/domain/ids.ts";
import { readConfig } from "../../src/env.ts";
import { toHex } from "../../src/platform/auth/keyDigest.ts";
import { call, type Json, pointersOf, refuse, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { placeOf, receivedAt, waitForMessages } from "./support/receiver.ts";
import { runMinute } from "./support/schedule.ts";
import {
  allScopes,
  createKey,
  createSite,
  createTenant,
  createWebhook,
  insertDelivery,
  insertKey,
  insertMember,
  type Tenant,
} from "./support/tenants.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await createTenant();
});

const path = ({ id }: Json) => `/v1/webhooks/${id}`;
const get = (webhook: Json, owner = tenant) => succeed(200, "GET", path(webhook), { key: owner.key });
const deliveriesOf = async (webhook: Json, filter = "", owner = tenant): Promise<Json[]> =>
  (await succeed(200, "GET", `${path(webhook)}/deliveries?limit=200&${filter}`, { key: owner.key })).data;

/** The deliveries of an endpoint once none waits for its first attempt. */
function waitForAnswers(webhook: Json, owner = tenant): Promise<Json[]> {
  return vi.waitFor(
    async () => {
      const deliveries = await deliveriesOf(webhook, "", owner);
      expect(deliveries.length).toBeGreaterThan(0);
      for (const delivery of deliveries) expect(delivery.answers.length).toBeGreaterThan(0);
      return deliveries;
    },
    { timeout: 25_000, interval: 100 },
  );
}

/** Makes all that an endpoint waits for due now, and sends it. */
async function sendAgain(webhook: Json): Promise<void> {
  const ids = [uuidOf(webhook.id)];
  await query(
    "UPDATE webhook_deliveries SET due_at = now() - interval '1 second' WHERE webhook_id = $1 AND status = 'pending'",
    ...ids,
  );
  await query("UPDATE webhooks SET leased_until = NULL WHERE id = $1", ...ids);
  await deliverDueOf(readConfig(env));
}

describe("an endpoint", () => {
  it("gets the events that it asks for, as CloudEvents that its secret verifies", async () => {
    const url = placeOf("ok");
    const webhook = await createWebhook(tenant, { url, events: ["turash.site.*"] });
    const site = await createSite(tenant);
    const [message] = await waitForMessages(url, 1);
    const event = new Webhook(webhook.secret).verify(message!.body, message!.headers) as Json;
    expect(event).toMatchObject({
      specversion: "1.0",
      type: "turash.site.created",
      subject: site.id,
      source: "urn:turash:api",
      data: { version: 1 },
    });
    expect(message!.headers).toMatchObject({
      "webhook-id": event.id,
      "content-type": "application/cloudevents+json; charset=utf-8",
    });
    const [delivery] = await waitForAnswers(webhook);
    expect(delivery).toMatchObject({
      eventId: event.id,
      type: "turash.site.created",
      status: "delivered",
      attempts: 1,
      nextAttemptAt: null,
      answers: [{ status: 200, error: null, excerpt: "taken", durationMs: expect.any(Number) }],
    });
    expect(await succeed(200, "GET", `${path(webhook)}/deliveries/${delivery.id}`, { key: tenant.key })).toEqual(
      delivery,
    );
  });

  it("shows its secret once, and the same one again to a repeat of the request", async () => {
    const options = {
      key: tenant.key,
      body: { url: placeOf("ok"), events: ["turash.match.*"] },
      headers: { "idempotency-key": crypto.randomUUID() },
    };
    const made = await succeed(201, "POST", "/v1/webhooks", options);
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const again = await call("POST", "/v1/webhooks", options);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.body).toEqual(made);
    expect(await get(made)).not.toHaveProperty("secret");
    const other = await createWebhook(tenant);
    expect(other.secret).not.toBe(made.secret);
    const kept = await query("SELECT to_jsonb(w) AS row FROM webhooks w WHERE organization_id = $1", uuidOf(tenant.id));
    const records = await query("SELECT to_jsonb(i) AS row FROM idempotency_records i WHERE scope = $1", tenant.id);
    const text = JSON.stringify([kept, records]);
    for (const { secret } of [made, other]) {
      const bytes = Uint8Array.from(atob(secret.slice(6)), (character) => character.charCodeAt(0));
      expect(text).not.toContain(secret.slice(6, -1));
      expect(text).not.toContain(toHex(bytes));
    }
  });

  it("is signed for by both secrets while they overlap, and shows the new one again to a repeat", async () => {
    const url = placeOf("ok");
    const webhook = await createWebhook(tenant, { url });
    const rotate = (overlapSeconds: number, headers = {}) =>
      call("POST", `${path(webhook)}/rotate-secret`, { key: tenant.key, body: { overlapSeconds }, headers });
    const headers = { "idempotency-key": crypto.randomUUID() };
    const rotated = (await rotate(3_600, headers)).body;
    expect((await rotate(3_600, headers)).body).toEqual(rotated);
    expect(rotated.secret).not.toBe(webhook.secret);
    expect(new Date(rotated.previousSecretEndsAt).getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    await succeed(202, "POST", `${path(webhook)}/test`, { key: tenant.key });
    const [message] = await waitForMessages(url, 1);
    for (const { secret } of [webhook, rotated])
      expect(() => new Webhook(secret).verify(message!.body, message!.headers)).not.toThrow();
    expect(message!.headers["webhook-signature"]!.split(" ")).toHaveLength(2);

    const last = (await rotate(0)).body;
    await succeed(202, "POST", `${path(webhook)}/test`, { key: tenant.key });
    const later = (await waitForMessages(url, 2))[1]!;
    expect(() => new Webhook(last.secret).verify(later.body, later.headers)).not.toThrow();
    for (const { secret } of [webhook, rotated])
      expect(() => new Webhook(secret).verify(later.body, later.headers)).toThrow();
  });

  it("is tested by an event of its own, also where it asks for others only", async () => {
    const [tested, other] = [placeOf("ok"), placeOf("ok")];
    const webhook = await createWebhook(tenant, { url: tested, events: ["turash.match.*"] });
    const neighbour = await createWebhook(tenant, { url: other, events: ["turash.*"] });
    await succeed(202, "POST", `${path(webhook)}/test`, { key: tenant.key });
    const [message] = await waitForMessages(tested, 1);
    expect(JSON.parse(message!.body)).toMatchObject({ type: "turash.webhook.tested", subject: webhook.id });
    const types = (await waitForAnswers(neighbour)).map(({ type }) => type);
    expect(types).not.toContain("turash.webhook.tested");
    await succeed(204, "DELETE", path(neighbour), { key: tenant.key });
  });

  it("gets the same bytes with the same id at every attempt, until it takes them", async () => {
    const owner = await createTenant();
    const url = placeOf("mending");
    const webhook = await createWebhook(owner, { url });
    await succeed(202, "POST", `${path(webhook)}/test`, { key: owner.key });
    const [failed] = await waitForAnswers(webhook, owner);
    expect(failed).toMatchObject({ status: "pending", attempts: 1, answers: [{ status: 503 }] });
    const wait = new Date(failed.nextAttemptAt).getTime() - new Date(failed.answers[0].at).getTime();
    expect(wait).toBeGreaterThanOrEqual(24_000);
    expect(wait).toBeLessThanOrEqual(37_000);
    expect((await get(webhook, owner)).failingSince).not.toBeNull();
    await sendAgain(webhook);
    await sendAgain(webhook);
    const messages = await waitForMessages(url, 3);
    expect(new Set(messages.map(({ body }) => body)).size).toBe(1);
    expect(new Set(messages.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    for (const { body, headers } of messages)
      expect(() => new Webhook(webhook.secret).verify(body, headers)).not.toThrow();
    const [delivery] = await deliveriesOf(webhook, "", owner);
    expect(delivery).toMatchObject({ status: "delivered", attempts: 3 });
    expect(delivery.answers.map(({ status }: Json) => status)).toEqual([503, 503, 200]);
    expect((await get(webhook, owner)).failingSince).toBeNull();
  });

  it("gets no events that whoever set it up could not read", async () => {
    const owner = await createTenant();
    const narrow = await insertKey(owner, { role: "owner", scopes: ["webhooks:manage", "flows:read"] });
    const [narrowUrl, wideUrl] = [placeOf("ok"), placeOf("ok")];
    const events = ["turash.*"];
    const made = await succeed(201, "POST", "/v1/webhooks", { key: narrow, body: { url: narrowUrl, events } });
    expect(made.scopes).toEqual(["webhooks:manage", "flows:read"]);
    await createWebhook(owner, { url: wideUrl, events });
    await createKey(owner);
    await createSite(owner);
    // Its own creation, that of the other, and of the site; the other has besides it that of the key.
    const typesAt = async (url: string, count: number) =>
      (await waitForMessages(url, count)).map(({ body }) => JSON.parse(body).type).toSorted();
    expect(await typesAt(wideUrl, 3)).toEqual([
      "turash.api_key.created",
      "turash.site.created",
      "turash.webhook.created",
    ]);
    expect(await typesAt(narrowUrl, 3)).toEqual([
      "turash.site.created",
      "turash.webhook.created",
      "turash.webhook.created",
    ]);
    await succeed(200, "PATCH", path(made), { key: owner.key, body: { description: "Taken over" } });
    await createKey(owner);
    expect((await typesAt(narrowUrl, 5)).filter((type) => type === "turash.api_key.created")).toHaveLength(1);
  });

  it("is switched off when whoever set it up is no owner any more, and its organization told", async () => {
    const owner = await createTenant();
    const memberId = await insertMember(owner, { role: "owner" });
    await insertMember(owner, { role: "owner" });
    const key = await insertKey(owner, { role: "owner", scopes: allScopes, memberId });
    const [url, told] = [placeOf("ok"), placeOf("ok")];
    const webhook = await succeed(201, "POST", "/v1/webhooks", { key, body: { url, events: ["turash.site.*"] } });
    expect(webhook.memberId).toBe(memberId);
    await createWebhook(owner, { url: told, events: ["turash.webhook.disabled"] });
    await succeed(200, "PATCH", `/v1/organizations/${owner.id}/members/${memberId}`, {
      key: owner.key,
      body: { role: "editor" },
    });
    await createSite(owner);
    await vi.waitFor(async () => expect(await get(webhook, owner)).toMatchObject({ enabled: false }), {
      timeout: 20_000,
      interval: 100,
    });
    await runMinute();
    const [message] = await waitForMessages(told, 1);
    expect(JSON.parse(message!.body)).toMatchObject({ subject: webhook.id, data: { reason: "maker_left" } });
    expect(await get(webhook, owner)).toMatchObject({ enabled: false, disabledReason: "maker_left" });
    expect((await receivedAt(url)).messages).toEqual([]);
    const taken = await succeed(200, "PATCH", path(webhook), { key: owner.key, body: { enabled: true } });
    expect(taken).toMatchObject({ enabled: true, disabledReason: null, disabledAt: null, memberId: null });
    await createSite(owner);
    await waitForMessages(url, 1);
  });

  it("that is switched off gets nothing, and afterwards what it missed when that is asked for", async () => {
    const owner = await createTenant();
    const url = placeOf("ok");
    const webhook = await createWebhook(owner, { url, events: ["turash.site.*"] });
    const since = new Date(Date.now() - 60_000).toISOString();
    const asOwner = { key: owner.key };
    await succeed(200, "PATCH", path(webhook), { ...asOwner, body: { enabled: false } });
    await refuse(409, "POST", `${path(webhook)}/test`, asOwner);
    await createSite(owner);
    await createSite(owner);
    await vi.waitFor(async () => expect(await deliveriesOf(webhook, "status=skipped", owner)).toHaveLength(2), {
      timeout: 20_000,
      interval: 100,
    });
    const redeliver = (body: object) => call("POST", `${path(webhook)}/redeliver`, { ...asOwner, body });
    expect((await redeliver({ since })).body.reason).toBe("webhook_disabled");
    await succeed(200, "PATCH", path(webhook), { ...asOwner, body: { enabled: true } });
    expect((await redeliver({ since: new Date().toISOString() })).body).toEqual({ deliveries: 0 });
    expect((await redeliver({ since })).body).toEqual({ deliveries: 2 });
    await waitForMessages(url, 2);
    await vi.waitFor(async () => expect(await deliveriesOf(webhook, "status=delivered", owner)).toHaveLength(2));
    expect((await redeliver({ since })).body).toEqual({ deliveries: 0 });
    expect((await redeliver({ since, includeDelivered: true })).body).toEqual({ deliveries: 2 });
    const messages = await waitForMessages(url, 4);
    expect(new Set(messages.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
    for (const wrong of [new Date(Date.now() + 60_000), new Date(Date.now() - 31 * 86_400_000)])
      expect(pointersOf((await redeliver({ since: wrong.toISOString() })).body)).toEqual(["/since"]);
  });

  it("gets one delivery again when that is asked for, whatever became of it", async () => {
    const url = placeOf("accepted");
    const webhook = await createWebhook(tenant, { url });
    const dead = await insertDelivery(webhook.id, "failed");
    const again = `${path(webhook)}/deliveries/${dead}/redeliver`;
    expect(await succeed(202, "POST", again, { key: tenant.key })).toMatchObject({ status: "pending", attempts: 0 });
    await waitForMessages(url, 1);
    await refuse(404, "POST", `${path(webhook)}/deliveries/${createId("delivery")}/redeliver`, { key: tenant.key });
    const stranger = await createTenant();
    await refuse(404, "POST", again, { key: stranger.key });
    const other = await createWebhook(tenant);
    await refuse(404, "GET", `${path(other)}/deliveries/${dead}`, { key: tenant.key });
  });

  it("lists its deliveries by state, type and time, page by page", async () => {
    const webhook = await createWebhook(tenant, { enabled: false });
    const ids: string[] = [];
    for (const status of ["failed", "delivered", "skipped", "failed"])
      ids.unshift(await insertDelivery(webhook.id, status));
    const idsOf = async (filter: string) => (await deliveriesOf(webhook, filter)).map(({ id }) => id);
    expect(await idsOf("")).toEqual(ids);
    expect(await idsOf("status=failed")).toEqual([ids[0], ids[3]]);
    expect(await idsOf("type=turash.flow.created")).toEqual([]);
    expect(await idsOf(`since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
    expect(await idsOf(`until=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual(ids);
    const first = await succeed(200, "GET", `${path(webhook)}/deliveries?limit=3`, { key: tenant.key });
    const rest = await succeed(200, "GET", `${path(webhook)}/deliveries?limit=3&cursor=${first.nextCursor}`, {
      key: tenant.key,
    });
    expect([...first.data, ...rest.data].map(({ id }: Json) => id)).toEqual(ids);
    expect(rest.nextCursor).toBeNull();
  });

  it("ends with its organization, and its secrets with it", async () => {
    const owner = await createTenant();
    const webhook = await createWebhook(owner, { url: placeOf("ok") });
    await succeed(204, "DELETE", `/v1/organizations/${owner.id}`, { key: owner.key });
    const [row] = await query(
      "SELECT secret IS NULL AS forgotten, deleted_at IS NULL AS stands FROM webhooks WHERE id = $1",
      uuidOf(webhook.id),
    );
    expect(row).toEqual({ forgotten: true, stands: false });
  });

  it("is one of twenty at most", async () => {
    const owner = await createTenant();
    for (let made = 0; made < 20; made++) await createWebhook(owner, { enabled: false });
    const body = { url: "https://erp.example/hooks", events: ["turash.*"] };
    expect((await refuse(409, "POST", "/v1/webhooks", { key: owner.key, body })).reason).toBe("webhook_limit");
  });

  it("names what is wrong with it", async () => {
    const wrong = { url: "not a url", events: ["turash.nothing.*"], description: "", colour: "red" };
    const problem = await refuse(400, "POST", "/v1/webhooks", { key: tenant.key, body: wrong });
    expect(pointersOf(problem)).toEqual(["/colour", "/description", "/events/0"]);
    const body = { url: "ftp://erp.example/", events: ["turash.*"] };
    expect(pointersOf(await refuse(400, "POST", "/v1/webhooks", { key: tenant.key, body }))).toEqual(["/url"]);
    const webhook = await createWebhook(tenant);
    expect(pointersOf(await refuse(400, "PATCH", path(webhook), { key: tenant.key, body: { url: "x" } }))).toEqual([
      "/url",
    ]);
    const stale = { key: tenant.key, body: { description: "x" }, headers: { "if-match": '"7"' } };
    await refuse(412, "PATCH", path(webhook), stale);
  });
});
