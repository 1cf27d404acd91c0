import type { Actor } from "./domain/actor.ts";
import type { Config } from "./env.ts";
import type { RequestContext, Services } from "./operations/context.ts";
import { continueTrace } from "./platform/telemetry/traceparent.ts";
import { createServices, memoryOf } from "./services.ts";
import type { Database } from "./stores/postgres/client.ts";

/** What work is done in that no request asks for: a consumer's, the schedule's, a room's. It begins a trace of its own. */
export function createOwnContext(
  config: Config,
  actor: Actor,
  database: Database,
  signal: AbortSignal,
  waitUntil: Services["waitUntil"],
): RequestContext {
  const at = new Date();
  const services = createServices(config, memoryOf(config), database, signal, at, waitUntil);
  return {
    actor,
    at,
    requestId: crypto.randomUUID(),
    traceparent: continueTrace(null).traceparent,
    addressHash: null,
    idempotency: null,
    deadline: { signal },
    services: { ...services, admitProbe: async () => {} },
  };
}
