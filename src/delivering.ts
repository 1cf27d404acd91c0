import { findAddressFault } from "./domain/webhookAddress.ts";
import type { Config } from "./env.ts";
import { type Delivering, deliverDue } from "./events/deliver.ts";
import { continueTrace } from "./platform/telemetry/traceparent.ts";
import { createPost } from "./platform/webhooks/post.ts";
import { createSecretBox } from "./platform/webhooks/secretBox.ts";
import { createDatabase } from "./stores/postgres/client.ts";
import { createWebhookQueue } from "./stores/records/webhookQueue.ts";
import { createWebhookStore } from "./stores/records/webhooks.ts";

/** The platform ends what goes on after an answer in 30 seconds. */
const timeoutMs = 28_000;

/** Posts what is due to endpoints of webhooks, bound to a deadline of its own; how many attempts that made. */
export function deliverDueOf(config: Config): Promise<number> {
  return deliverDue(openDelivering(config));
}

function openDelivering(config: Config): Delivering {
  const { DATABASE_URL: connectionString, DATABASE_FETCH_ENDPOINT: fetchEndpoint } = config;
  const signal = AbortSignal.timeout(timeoutMs);
  const database = createDatabase({ connectionString, fetchEndpoint, signal });
  const isLocal = config.WEBHOOKS_LOCAL === "on";
  return {
    queue: createWebhookQueue(database),
    async disable(id, reason) {
      const { traceparent } = continueTrace(null);
      const actor = { kind: "operator", credential: "webhooks" } as const;
      const stamp = { actor, at: new Date(), requestId: crypto.randomUUID(), traceparent };
      await createWebhookStore(database).disable({ ...stamp, addressHash: null, idempotency: null }, id, reason);
    },
    openSecret: createSecretBox(config.KEY_PEPPER).open,
    findAddressFault: (url) => findAddressFault(url, { isLocal }),
    // What is local is not reached by way of a service that allows public addresses only.
    post: createPost({ egressUrl: isLocal ? null : (config.WEBHOOK_EGRESS_URL ?? null) }),
    now: () => new Date(),
    random: Math.random,
    log: (line) => (line.level === "error" ? console.error : console.log)(JSON.stringify(line)),
  };
}
