import { describe, expect, it, vi } from "vitest";
import { createId } from "../../../src/domain/ids.ts";
import { type Delivering, deliverDue, maximumAtOnce, maximumPerEndpoint } from "../../../src/events/deliver.ts";
import type { Leased, Settlement } from "../../../src/stores/records/webhookQueue.ts";

type Endpoint = { url: string; waiting: number; isLeased: boolean };
type Outcome = { status: number | null };

/** A queue in memory, and receivers that answer when the test says so. */
function createWorld(endpoints: Record<string, number>) {
  /** By the name that is the host. */
  const known = new Map<string, Endpoint>(
    Object.entries(endpoints).map(([name, waiting]) => [name, { url: `https://${name}/`, waiting, isLeased: false }]),
  );
  const open = new Map<string, ((outcome: Outcome) => void)[]>();
  const settled: (Settlement & { name: string })[] = [];
  const disabled: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const names = new Map<string, string>();
  let atOnce = 0;
  let most = 0;
  let failingSince: Date | null = null;
  let clock = Date.parse("2026-11-27T12:00:00Z");
  const delivering: Delivering = {
    queue: {
      async lease(at, { limit, perEndpoint }) {
        const leased: Leased[] = [];
        let left = limit;
        for (const endpoint of known.values()) {
          const count = Math.min(endpoint.waiting, perEndpoint, left);
          if (endpoint.isLeased || count === 0) continue;
          endpoint.isLeased = true;
          endpoint.waiting -= count;
          left -= count;
          const webhookId = createId("webhook");
          names.set(webhookId, new URL(endpoint.url).hostname);
          const deliveries = Array.from({ length: count }, () => ({
            uuid: crypto.randomUUID(),
            eventId: createId("event"),
            body: "{}",
            attempts: 0,
          }));
          leased.push({ webhookId, url: endpoint.url, leasedAt: at, sealedSecrets: [new Uint8Array(32)], deliveries });
        }
        return leased;
      },
      async settle({ webhookId }, settlements) {
        const name = names.get(webhookId)!;
        known.get(name)!.isLeased = false;
        settled.push(...settlements.map((settlement) => ({ ...settlement, name })));
        return { failingSince };
      },
    },
    disable: async (id, reason) => void disabled.push(`${names.get(id)} ${reason}`),
    openSecret: async (_, sealed) => sealed,
    findAddressFault: (url) => (url.startsWith("https://inner") ? { code: "host_refused", message: "is inner" } : null),
    async post(url) {
      most = Math.max(most, ++atOnce);
      const { status } = url.startsWith("https://slow")
        ? await new Promise<Outcome>((resolve) => open.set(url, [...(open.get(url) ?? []), resolve]))
        : { status: url.startsWith("https://gone") ? 410 : 200 };
      atOnce--;
      return { status, durationMs: 1, error: null, excerpt: null };
    },
    now: () => new Date(clock),
    random: () => 0.5,
    log: (line) => lines.push(line),
  };
  return {
    delivering,
    settled,
    disabled,
    lines,
    most: () => most,
    countOf: (name: string) => settled.filter((one) => one.name === name).length,
    answerAll: () => {
      for (const resolve of [...open.values()].flat()) resolve({ status: 500 });
    },
    setFailingSince: (since: Date) => {
      failingSince = since;
    },
    passTime: (milliseconds: number) => {
      clock += milliseconds;
    },
  };
}

/** Signing is done on another thread, which a busy machine lets wait. */
const waiting = { timeout: 15_000, interval: 5 };

describe("sending what is due", () => {
  it("has never more than six under way, and two of one endpoint, and sends all", async () => {
    const world = createWorld({ a: 30, b: 7, c: 1, d: 1, e: 4, f: 2, g: 1, h: 1 });
    expect(await deliverDue(world.delivering)).toBe(47);
    expect(world.most()).toBeLessThanOrEqual(maximumAtOnce);
    expect(world.settled.every(({ status }) => status === "delivered")).toBe(true);
    expect([maximumAtOnce, maximumPerEndpoint]).toEqual([6, 2]);
  });

  it("goes on for all others while two endpoints do not answer, which hold two places each", async () => {
    const world = createWorld({ slow1: 5, slow2: 5, well: 40 });
    const running = deliverDue(world.delivering);
    await vi.waitFor(() => expect(world.countOf("well")).toBe(40), waiting);
    expect(world.countOf("slow1")).toBe(0);
    const answering = setInterval(world.answerAll, 5);
    await running.finally(() => clearInterval(answering));
    expect(world.countOf("slow1")).toBe(5);
    expect(world.settled.filter(({ name }) => name === "slow2").every(({ status }) => status === "pending")).toBe(true);
  });

  it("takes on nothing more once its time is up, and ends what is under way", async () => {
    const world = createWorld({ slow: 4 });
    const running = deliverDue(world.delivering);
    await vi.waitFor(() => expect(world.most()).toBe(2), waiting);
    world.passTime(15_000);
    world.answerAll();
    expect(await running).toBe(2);
    expect(world.countOf("slow")).toBe(2);
  });

  it("posts nothing to an address that is refused by now, and has that as an answer", async () => {
    const world = createWorld({ inner: 1 });
    await deliverDue(world.delivering);
    expect(world.most()).toBe(0);
    expect(world.settled).toMatchObject([{ status: "pending", answer: { status: null, error: "address_refused" } }]);
  });

  it("switches off an endpoint that is gone, or has failed for five days, and no other", async () => {
    const gone = createWorld({ gone: 1, well: 1 });
    await deliverDue(gone.delivering);
    expect(gone.disabled).toEqual(["gone gone"]);
    const failing = createWorld({ inner: 1 });
    failing.setFailingSince(new Date("2026-11-22T12:00:00Z"));
    await deliverDue(failing.delivering);
    expect(failing.disabled).toEqual(["inner failing"]);
  });

  it("ends, and says so in the log, when the database is away", async () => {
    const world = createWorld({ a: 1 });
    const away = async () => Promise.reject(new Error("away"));
    expect(await deliverDue({ ...world.delivering, queue: { lease: away, settle: away } })).toBe(0);
    expect(world.lines).toMatchObject([{ event: "delivering_failed", error: "Error: away" }]);
    const unsettled = createWorld({ a: 1, b: 1 });
    await deliverDue({ ...unsettled.delivering, queue: { ...unsettled.delivering.queue, settle: away } });
    expect(unsettled.lines).toHaveLength(2);
  });
});
