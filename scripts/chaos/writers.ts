import { setTimeout as sleep } from "node:timers/promises";

/** A change that was answered: the resource and its version after it. */
export type Acknowledged = { id: string; version: number };

export type Writers = {
  acknowledged: readonly Acknowledged[];
  /** Requests that were not answered or not in time. */
  unanswered(): number;
  stop(): Promise<void>;
};

const answerDeadlineMs = 3_000;
const restMs = 100;

/**
 * Changes organizations, sites and flows without pause, some at once. A request that is not answered is repeated with its
 * Idempotency-Key until it is, as a good client does. A refusal is a fault of the trial and ends it.
 */
export function startWriters(url: string, operatorKey: string, count: number): Writers {
  const acknowledged: Acknowledged[] = [];
  let unanswered = 0;
  let isStopped = false;

  async function send(method: string, path: string, key: string, body: unknown): Promise<Answer | null> {
    const idempotencyKey = crypto.randomUUID();
    while (!isStopped) {
      try {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${key}`,
            "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
            ...(method === "POST" && { "idempotency-key": idempotencyKey }),
          },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(answerDeadlineMs),
        });
        const text = await response.text();
        if (response.ok) {
          const answer = JSON.parse(text) as Answer;
          acknowledged.push({ id: answer.id, version: answer.version });
          return answer;
        }
        if (response.status < 500 && response.status !== 409 && response.status !== 412)
          throw new Refusal(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
        // What was done and not answered may stand in the way of its own repetition, or the Worker or the database is away.
        if (response.status < 500) return null;
      } catch (failure) {
        if (failure instanceof Refusal) throw failure;
      }
      unanswered++;
      await sleep(restMs);
    }
    return null;
  }

  async function writeForOne(number: number): Promise<void> {
    const organization = await send("POST", "/v1/organizations", operatorKey, {
      name: `Works ${number}`,
      country: "DK",
    });
    const key = organization?.apiKey?.key;
    if (!key) return;
    const site = await send("POST", "/v1/sites", key, {
      name: "Works",
      location: { type: "Point", coordinates: [11 + number / 1_000, 55.6] },
      timeZone: "Europe/Copenhagen",
      country: "DK",
    });
    for (let made = 0; site && made < 4 && !isStopped; made++) {
      const direction = made % 2 === 0 ? "output" : "input";
      const temperature = direction === "output" ? { value: 200, unit: "Cel" } : { minimum: 140, unit: "Cel" };
      const flow = await send("POST", "/v1/flows", key, {
        siteId: site.id,
        direction,
        kind: "steam",
        title: `Steam ${made}`,
        quantity: { amount: 10_000 + made, unit: "t/a" },
        quality: { temperature },
        visibility: "public",
      });
      if (!flow) continue;
      await send("PATCH", `/v1/flows/${flow.id}`, key, { title: `Steam ${made}, again` });
      await send("POST", `/v1/flows/${flow.id}/pause`, key, {});
      if (made % 3 === 0) await send("POST", `/v1/flows/${flow.id}/withdraw`, key, {});
    }
  }

  const writing = Array.from({ length: count }, async (_, writer) => {
    for (let number = writer; !isStopped; number += count) await writeForOne(number);
  });
  const failed = Promise.all(writing);
  failed.catch(() => {
    isStopped = true;
  });
  return {
    acknowledged,
    unanswered: () => unanswered,
    async stop() {
      isStopped = true;
      await failed;
    },
  };
}

type Answer = Acknowledged & { apiKey?: { key: string } };

class Refusal extends Error {}
