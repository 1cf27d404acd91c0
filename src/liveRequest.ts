import type { Actor } from "./domain/actor.ts";
import { unauthenticated } from "./domain/errors.ts";
import { isId } from "./domain/ids.ts";
import type { Config } from "./env.ts";
import type { RequestContext } from "./operations/context.ts";
import type { LiveRequest } from "./operations/eventStream.ts";
import { signInAgain } from "./operations/signIn.ts";
import { verificationLifetimeMs } from "./platform/auth/authenticate.ts";
import type { IsolateMemory } from "./platform/cache/isolateMemory.ts";
import { holderOf, type TicketGrant } from "./platform/feeds/feedObjects.ts";
import { joinFeed } from "./platform/feeds/joinFeed.ts";
import { createServices } from "./services.ts";
import { createDatabase, type Database } from "./stores/postgres/client.ts";
import { createApiKeyStore } from "./stores/records/apiKeys.ts";
import { createSignInStore } from "./stores/records/signIns.ts";

type Opening = {
  config: Config;
  memory: IsolateMemory;
  arrival: Pick<RequestContext, "requestId" | "traceparent" | "addressHash"> & {
    waitUntil(work: Promise<unknown>): void;
  };
  actor: Actor;
  verify: LiveRequest["verify"];
};

/** What a stream works with: each read and each verification has a client and a deadline of its own. */
export function createLiveRequest({ config, memory, arrival, actor, verify }: Opening): LiveRequest {
  const { requestId, traceparent, addressHash, waitUntil } = arrival;
  return {
    settings: config.LIVE_EVENTS,
    actor,
    verify,
    openContext(reader) {
      const at = new Date();
      const { database, signal } = openOwnDatabase(config);
      return {
        actor: reader,
        at,
        requestId,
        traceparent,
        addressHash,
        idempotency: null,
        deadline: { signal },
        services: { ...createServices(config, memory, database, signal, at, waitUntil), admitProbe: async () => {} },
      };
    },
    log(line) {
      if (config.LOG_REQUESTS === "all") console.log(JSON.stringify({ level: "info", requestId, ...line }));
    },
    join: () => joinFeed(config.FEEDS, holderOf(actor), config.LIVE_EVENTS.maximumListeners),
  };
}

export function openOwnDatabase(
  config: Config,
  signal: AbortSignal = AbortSignal.timeout(config.REQUEST_TIMEOUT_SECONDS * 1_000),
): { database: Database; signal: AbortSignal } {
  const { DATABASE_URL: connectionString, DATABASE_FETCH_ENDPOINT: fetchEndpoint } = config;
  return { database: createDatabase({ connectionString, fetchEndpoint, signal }), signal };
}

/**
 * Whom a ticket still lets in: the credential that it was given for is looked for by its id, remembered as long as any other is.
 * Throws `unauthenticated` where that holds no more.
 */
export function verifierOf(grant: TicketGrant, config: Config): LiveRequest["verify"] {
  let known: { actor: Actor; until: number } | null = null;
  return async (anew) => {
    const at = new Date();
    if (known && !anew && known.until > at.getTime()) return known.actor;
    const actor =
      grant.endsAt !== null && grant.endsAt <= at.getTime() ? null : await findAgain(grant.actor, config, at);
    if (!actor) throw unauthenticated("credential_refused", "The credential that this ticket was given for has ended.");
    known = { actor, until: at.getTime() + verificationLifetimeMs };
    return actor;
  };
}

/** Whoever was verified before, asked for by the id of its credential; null where that holds no more. */
export async function findAgain(
  actor: Actor,
  config: Config,
  at: Date,
  database = openOwnDatabase(config).database,
): Promise<Actor | null> {
  if (actor.kind === "operator") return actor.credential === `operator:${config.OPERATOR_KEY.slice(-4)}` ? actor : null;
  const { credential } = actor;
  if (isId("apiKey", credential)) return (await createApiKeyStore(database).findActorOf(credential, at))?.actor ?? null;
  return actor.kind === "member" ? signInAgain(createSignInStore(database), actor) : null;
}
