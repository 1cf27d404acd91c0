import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Egress, startEgress } from "../../scripts/egress/startEgress.ts";
import { createId } from "../../src/domain/ids.ts";
import { type Delivering, deliverDue } from "../../src/events/deliver.ts";
import { createPost, type Post } from "../../src/platform/webhooks/post.ts";
import type { Leased, Settlement } from "../../src/stores/records/webhookQueue.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../support/webhookReceiver.ts";

let folder: string;
let receiver: WebhookReceiver;
let port: string;
/** The service as `npm start` has it, and one that differs in that private addresses are let through. */
let egress: Egress;
let open: Egress;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "turash-egress-"));
  receiver = await startWebhookReceiver();
  port = new URL(receiver.url).port;
  egress = await startEgress({ folder: join(folder, "public") });
  open = await startEgress({ folder: join(folder, "open"), networks: ["public", "private"] });
});
afterAll(async () => {
  await egress?.stop();
  await open?.stop();
  await receiver?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const messagesAt = async (place: string) =>
  (
    (await (await fetch(`${receiver.url}${place}`)).json()) as {
      messages: { headers: Record<string, string>; body: string }[];
    }
  ).messages;
const send = (post: Post, url: string) => post(url, { "webhook-id": "evt_1" }, '{"a":1}');

/** Names and numbers that lead to this machine. */
const inward = [
  "127.0.0.1",
  "localhost",
  hostname(),
  "2130706433",
  "0x7f000001",
  "017700000001",
  "127.1",
  "[::ffff:127.0.0.1]",
  "0.0.0.0",
];

describe("the egress service of webhooks", () => {
  it.each(inward)("connects to no private address, whatever leads to it: %s", async (host) => {
    const place = `/ok/${crypto.randomUUID()}`;
    const answer = await send(createPost({ egressUrl: egress.url }), `http://${host}:${port}${place}`);
    expect(answer).toMatchObject({ status: null, error: "connection_failed", excerpt: null });
    expect(await messagesAt(place)).toEqual([]);
  });

  it.each(["127.0.0.1", "localhost", hostname()])(
    "is what refuses them: one that lets private addresses through reaches %s",
    async (host) => {
      const place = `/ok/${crypto.randomUUID()}`;
      const answer = await send(createPost({ egressUrl: open.url }), `http://${host}:${port}${place}`);
      expect(answer).toMatchObject({ status: 200, error: null, excerpt: "taken" });
      const [message] = await messagesAt(place);
      expect(message).toMatchObject({ body: '{"a":1}', headers: { "webhook-id": "evt_1", host: `${host}:${port}` } });
      expect(message!.headers).not.toHaveProperty("x-egress-target");
    },
  );

  it("does not follow where it is sent on", async () => {
    const answer = await send(
      createPost({ egressUrl: open.url }),
      `${receiver.url}/redirecting/${crypto.randomUUID()}`,
    );
    expect(answer).toMatchObject({ status: 307, error: "redirected" });
  });

  it("hands on what is slow, closes or sends too much as it is", async () => {
    const post = createPost({ egressUrl: open.url, deadlineMs: 1_000 });
    const ask = (behaviour: string) => send(post, `${receiver.url}/${behaviour}/${crypto.randomUUID()}`);
    expect(await ask("slow")).toMatchObject({ status: null, error: "deadline_exceeded" });
    expect(await ask("closing")).toMatchObject({ status: null, error: "connection_failed" });
    expect((await ask("huge")).excerpt).toHaveLength(1_000);
    expect(await ask("broken")).toMatchObject({ status: 500, error: null });
  });

  it("stops a delivery to a name that the rules for addresses let through", async () => {
    const place = `/ok/${crypto.randomUUID()}`;
    const settled: Settlement[] = [];
    const leases: Leased[][] = [
      [
        {
          webhookId: createId("webhook"),
          url: `http://${hostname()}:${port}${place}`,
          leasedAt: new Date(),
          sealedSecrets: [new Uint8Array(32)],
          deliveries: [{ uuid: crypto.randomUUID(), eventId: createId("event"), body: "{}", attempts: 0 }],
        },
      ],
    ];
    const delivering: Delivering = {
      queue: {
        lease: async () => leases.pop() ?? [],
        settle: async (_, settlements) => {
          settled.push(...settlements);
          return { failingSince: new Date() };
        },
      },
      disable: async () => {},
      openSecret: async (_, sealed) => sealed,
      findAddressFault: () => null,
      post: createPost({ egressUrl: egress.url }),
      now: () => new Date(),
      random: () => 0.5,
      log: () => {},
    };
    expect(await deliverDue(delivering)).toBe(1);
    expect(settled).toMatchObject([{ status: "pending", answer: { status: null, error: "connection_failed" } }]);
    expect(await messagesAt(place)).toEqual([]);
    expect(await deliverDue({ ...delivering, post: createPost({ egressUrl: null }) })).toBe(0);
  });

  it("ends with the process that started it, however that ends", async () => {
    const script = `
      const { startEgress } = await import(${JSON.stringify(join(import.meta.dirname, "../../scripts/egress/startEgress.ts"))});
      const { url } = await startEgress({ folder: ${JSON.stringify(join(folder, "orphan"))} });
      console.log(url);
      setInterval(() => {}, 1000);`;
    const { spawn } = await import("node:child_process");
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const url = await new Promise<string>((resolve) =>
      parent.stdout.once("data", (data) => resolve(String(data).trim())),
    );
    const isThere = () =>
      fetch(url).then(
        () => true,
        () => false,
      );
    expect(await isThere()).toBe(true);
    parent.kill("SIGKILL");
    for (let tries = 0; tries < 50 && (await isThere()); tries++) await sleep(100);
    expect(await isThere()).toBe(false);
  });
});
