import { beforeAll, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { type Json, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { placeOf, receivedAt, waitForMessages } from "./support/receiver.ts";
import { runMinute } from "./support/schedule.ts";
import { createSite, createTenant, createWebhook, type Tenant } from "./support/tenants.ts";

const path = ({ id }: Json) => `/v1/webhooks/${id}`;
const events = ["turash.site.created"];

async function firstAnswer(owner: Tenant, webhook: Json): Promise<Json> {
  return vi.waitFor(
    async () => {
      const { data } = await succeed(200, "GET", `${path(webhook)}/deliveries`, { key: owner.key });
      expect(data.at(-1)?.answers.length).toBeGreaterThan(0);
      return data.at(-1);
    },
    { timeout: 30_000, interval: 100 },
  );
}

/** The milliseconds until ten events, written one after the other, have all come to a place. */
async function timeTenEvents(owner: Tenant, place: string): Promise<number> {
  const before = (await receivedAt(place)).messages.length;
  const startedAt = Date.now();
  for (let written = 0; written < 10; written++) await createSite(owner);
  const messages = await waitForMessages(place, before + 10, 60_000);
  return messages.at(-1)!.at - startedAt;
}

describe("a receiver that", () => {
  let owner: Tenant;
  beforeAll(async () => {
    owner = await createTenant();
  });
  const make = async (behaviour: string) => {
    const url = placeOf(behaviour);
    const webhook = await createWebhook(owner, { url, events });
    await succeed(202, "POST", `${path(webhook)}/test`, { key: owner.key });
    return { url, webhook };
  };

  it("answers 500 is tried again, and the beginning of what it says is shown", async () => {
    const { webhook } = await make("broken");
    const delivery = await firstAnswer(owner, webhook);
    expect(delivery).toMatchObject({ status: "pending", answers: [{ status: 500, error: null }] });
    expect(delivery.answers[0].excerpt).toMatch(/it is broken/);
  });

  it("closes the connection is tried again", async () => {
    const delivery = await firstAnswer(owner, (await make("closing")).webhook);
    expect(delivery).toMatchObject({
      status: "pending",
      answers: [{ status: null, error: "connection_failed", excerpt: null }],
    });
  });

  it("is slow is given up after ten seconds and tried again", async () => {
    const delivery = await firstAnswer(owner, (await make("slow")).webhook);
    expect(delivery).toMatchObject({ status: "pending", answers: [{ status: null, error: "deadline_exceeded" }] });
    expect(delivery.answers[0].durationMs).toBeGreaterThan(9_500);
    expect(delivery.answers[0].durationMs).toBeLessThan(12_000);
  });

  it("never ends its answer has taken the delivery by its status, and is left after ten seconds", async () => {
    const delivery = await firstAnswer(owner, (await make("dripping")).webhook);
    expect(delivery).toMatchObject({ status: "delivered", answers: [{ status: 200 }] });
    expect(delivery.answers[0].durationMs).toBeLessThan(12_000);
  });

  it("redirects is not followed", async () => {
    const { url, webhook } = await make("redirecting");
    const delivery = await firstAnswer(owner, webhook);
    expect(delivery).toMatchObject({ status: "pending", answers: [{ status: 307, error: "redirected" }] });
    const target = new URL("/ok/redirected", url).href;
    expect((await receivedAt(target)).messages).toEqual([]);
  });

  it("sends 100 MB back is cut off, and not much of it taken", async () => {
    const { url, webhook } = await make("huge");
    const delivery = await firstAnswer(owner, webhook);
    expect(delivery).toMatchObject({ status: "delivered", answers: [{ status: 200 }] });
    expect(delivery.answers[0].excerpt).toHaveLength(1_000);
    expect((await receivedAt(url)).sentBytes).toBeLessThan(30_000_000);
  });

  it("answers 410 is switched off at once, and the organization told", async () => {
    const told = placeOf("ok");
    await createWebhook(owner, { url: told, events: ["turash.webhook.disabled"] });
    const { webhook } = await make("gone");
    await firstAnswer(owner, webhook);
    // Its event is written behind everything, where nothing sends it on but the schedule.
    await vi.waitFor(async () =>
      expect(await succeed(200, "GET", path(webhook), { key: owner.key })).toMatchObject({ enabled: false }),
    );
    await runMinute();
    const [message] = await waitForMessages(told, 1);
    expect(JSON.parse(message!.body)).toMatchObject({
      type: "turash.webhook.disabled",
      subject: webhook.id,
      data: { reason: "gone" },
    });
    expect(await succeed(200, "GET", path(webhook), { key: owner.key })).toMatchObject({
      enabled: false,
      disabledReason: "gone",
    });
    expect(await firstAnswer(owner, webhook)).toMatchObject({ status: "failed", answers: [{ status: 410 }] });
    const [entry] = (await succeed(200, "GET", "/v1/audit-entries?limit=1", { key: owner.key })).data;
    expect(entry).toMatchObject({ action: "webhook.disable", subjectId: webhook.id });
  });

  it("has failed for five days is switched off with all that waits for it", async () => {
    const { webhook } = await make("broken");
    await firstAnswer(owner, webhook);
    await query("UPDATE webhooks SET failing_since = now() - interval '5 days' WHERE id = $1", uuidOf(webhook.id));
    await succeed(202, "POST", `${path(webhook)}/test`, { key: owner.key });
    await vi.waitFor(
      async () =>
        expect(await succeed(200, "GET", path(webhook), { key: owner.key })).toMatchObject({
          enabled: false,
          disabledReason: "failing",
        }),
      { timeout: 20_000, interval: 100 },
    );
    const { data } = await succeed(200, "GET", `${path(webhook)}/deliveries`, { key: owner.key });
    expect(data.map(({ status }: Json) => status)).toEqual(["skipped", "skipped"]);
  });
});

describe("a receiver that is well", () => {
  it("waits for none that is slow, broken, closing, redirecting or sends too much, of its own organization and of others", async () => {
    const well = await createTenant();
    const place = placeOf("ok");
    await createWebhook(well, { url: place, events });
    await timeTenEvents(well, place);
    const alone = Math.min(await timeTenEvents(well, place), await timeTenEvents(well, place));

    const others = await createTenant();
    for (const owner of [well, others])
      for (const behaviour of ["slow", "broken", "closing", "redirecting", "huge"])
        await createWebhook(owner, { url: placeOf(behaviour), events });
    await Promise.all(Array.from({ length: 5 }, () => createSite(others)));
    const amongOthers = await timeTenEvents(well, place);
    console.log(`Ten events: ${alone} ms alone, ${amongOthers} ms among ten bad receivers`);
    expect(amongOthers / alone).toBeLessThan(5);
    // A slow one holds its places for ten seconds; whoever waited for it would take longer than that.
    expect(amongOthers).toBeLessThan(9_000);
  });
});
