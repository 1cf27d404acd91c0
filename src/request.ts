import { sql } from "drizzle-orm";
import { openRelay } from "./background.ts";
import type { Actor, SignInCredential } from "./domain/actor.ts";
import { unauthenticated } from "./domain/errors.ts";
import { uuidOf } from "./domain/ids.ts";
import type { Config } from "./env.ts";
import { relayInBackground } from "./events/backgroundRelay.ts";
import { createLiveRequest, openOwnDatabase, verifierOf } from "./liveRequest.ts";
import type {
  Dependency,
  KeptAnswers,
  LimitState,
  OpenRequest,
  RequestContext,
  Services,
} from "./operations/context.ts";
import type { LiveRequest } from "./operations/eventStream.ts";
import { signIn } from "./operations/signIn.ts";
import { type Authenticator, authenticate, type Verified } from "./platform/auth/authenticate.ts";
import { computeDigest, computeSha256, toHex } from "./platform/auth/keyDigest.ts";
import { createKeySets } from "./platform/auth/keySets.ts";
import { readPerson } from "./platform/auth/person.ts";
import { readTokenEnd, verifyToken } from "./platform/auth/verifyToken.ts";
import type { IsolateMemory } from "./platform/cache/isolateMemory.ts";
import { redeemTicket } from "./platform/feeds/tickets.ts";
import { configOrThrow, createServices, dayOf, memoryOf } from "./services.ts";
import { createDatabase, type Database } from "./stores/postgres/client.ts";
import { createApiKeyStore } from "./stores/records/apiKeys.ts";
import { readTagVersion } from "./stores/records/cacheTags.ts";
import { createSignInStore, type SignInStore } from "./stores/records/signIns.ts";
import { editionOf } from "./stores/records/taxonomy.ts";

type Arrival = {
  /** The bindings, unchecked. */
  env: object;
  at: Date;
  request: Request;
  requestId: string;
  traceparent: string;
  /** Lets work go on after the answer. */
  waitUntil(work: Promise<unknown>): void;
};

/**
 * The composition root: everything that one request works with, bound to its deadline. Nothing here outlives the request
 * but plain data (the configuration, the taxonomy), for workerd ties connections to the request that opened them.
 *
 * Throws `unavailable` when the Worker is not configured.
 */
export function openRequest(arrival: Arrival): OpenRequest {
  const config = configOrThrow(arrival.env);
  return new ArrivedRequest(config, memoryOf(config), arrival);
}

/**
 * What a request is given, each part made when it is first asked for: one that is answered from memory opens no client and
 * starts no timer. A class because closures made anew for each request were the dearest part of such an answer.
 */
class ArrivedRequest implements OpenRequest {
  readonly at: Date;
  readonly #config: Config;
  readonly #memory: IsolateMemory;
  readonly #arrival: Arrival;
  readonly limits: LimitState[] = [];
  #signal: AbortSignal | null = null;
  #database: Database | null = null;
  #services: Services | null = null;
  #header: string | undefined;

  constructor(config: Config, memory: IsolateMemory, arrival: Arrival) {
    this.#config = config;
    this.#memory = memory;
    this.#arrival = arrival;
    this.at = arrival.at;
  }

  /** Aborted at the request's deadline. */
  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.timeout(this.#config.REQUEST_TIMEOUT_SECONDS * 1_000);
    return this.#signal;
  }

  get services(): Services {
    this.#services ??= {
      ...createServices(
        this.#config,
        this.#memory,
        this.#openDatabase(),
        this.signal,
        this.at,
        this.#arrival.waitUntil,
      ),
      admitProbe: (organizationId) =>
        this.#memory.limiter.admitProbe(this.limits, this.#config, organizationId, this.at),
    };
    return this.#services;
  }

  admit(): Promise<void> | null {
    return this.#memory.limiter.admitAddress(this.limits, this.#config, this.#address(), this.at);
  }

  get answers(): KeptAnswers {
    return this.#memory.answers;
  }

  get searches(): KeptAnswers {
    return this.#memory.searches;
  }

  databaseTrips(): number {
    return this.#database?.trips() ?? 0;
  }

  hasWrittenEvents(): boolean {
    return this.#database?.hasEvents() ?? false;
  }

  taxonomyEdition(): string | null {
    const version = this.#memory.tags.find("taxonomy", this.at);
    return version === null ? null : editionOf(version, dayOf(this.at));
  }

  async readTaxonomyEdition(): Promise<string> {
    const version = await readTagVersion(this.#openDatabase(), "taxonomy");
    this.#memory.tags.note("taxonomy", version, this.at);
    return editionOf(version, dayOf(this.at));
  }

  noteChange(actor: Actor): void {
    if (actor.kind === "operator") this.#memory.tags.forgetAll();
    else this.#memory.tags.forget(`flows:${uuidOf(actor.organizationId)}`);
    const relaying = relayInBackground(openRelay(this.#config, this.#arrival.waitUntil), this.#memory.relayTurn);
    if (relaying) this.#arrival.waitUntil(relaying);
  }

  identify(header: string | undefined): Actor | Promise<Actor> {
    const found = authenticate(
      header,
      this.at,
      this.#authenticator(() => this.#openDatabase()),
    );
    this.#header = header;
    return found instanceof Promise ? found.then((actor) => this.#admitted(actor)) : this.#admitted(found);
  }

  /** An actor that has not had its share. */
  #admitted(actor: Actor): Actor | Promise<Actor> {
    const admission = this.#admitActor(actor);
    return admission ? admission.then(() => actor) : actor;
  }

  #admitActor(actor: Actor): Promise<void> | null {
    if (actor.kind === "operator") return null;
    return this.#memory.limiter.admitActor(this.limits, this.#config, actor, this.at);
  }

  #authenticator(openDatabase: () => Database): Authenticator {
    const { OPERATOR_KEY: operatorKey, KEY_PEPPER: pepper, OIDC_ISSUER: issuer } = this.#config;
    return {
      operatorKey,
      pepper,
      findActor: (digestHex, at) => createApiKeyStore(openDatabase()).findActor(digestHex, at),
      verifySignIn:
        issuer === undefined
          ? null
          : (token, at) => this.#verifySignIn(token, issuer, createSignInStore(openDatabase()), at),
    };
  }

  async #verifySignIn(token: string, issuer: string, signIns: SignInStore, at: Date): Promise<Verified> {
    const { OIDC_AUDIENCE: audience = "", OIDC_ALGORITHMS: algorithms } = this.#config;
    const claims = await verifyToken(token, { issuer, audience, algorithms }, keySets, at);
    const credential: SignInCredential = `sign_in:${toHex(await computeSha256(token)).slice(0, 12)}`;
    const actor = await signIn(signIns, readPerson(issuer, claims), credential, {
      at,
      requestId: this.#arrival.requestId,
      traceparent: this.#arrival.traceparent,
      addressHash: await this.#hashAddress(),
    });
    if (!actor) throw unauthenticated("credential_refused", "Nobody who may come in here is known by this sign-in.");
    return { actor, expiresAt: new Date(claims.exp * 1_000) };
  }

  #hashAddress(): Promise<Uint8Array | null> {
    return hashAddress(this.#config.KEY_PEPPER, this.#address());
  }

  /** The caller's network address as the platform tells it. */
  #address(): string | null {
    return this.#arrival.request.headers.get("cf-connecting-ip");
  }

  async enter(header: string | undefined): Promise<RequestContext> {
    return {
      actor: await this.identify(header),
      at: this.at,
      requestId: this.#arrival.requestId,
      traceparent: this.#arrival.traceparent,
      addressHash: await this.#hashAddress(),
      idempotency: null,
      deadline: this,
      services: this.services,
    };
  }

  async enterLive(header: string | undefined, ticket: string | undefined): Promise<LiveRequest> {
    const byTicket = header === undefined && ticket !== undefined ? await this.#redeem(ticket) : null;
    const verify = byTicket ?? ((anew: boolean) => this.#verifyAgain(header!, anew));
    const actor = byTicket ? await byTicket(true) : await this.identify(header);
    if (byTicket) await this.#admitActor(actor);
    const arrival = { ...this.#arrival, addressHash: await this.#hashAddress() };
    return createLiveRequest({ config: this.#config, memory: this.#memory, arrival, actor, verify });
  }

  async #redeem(ticket: string): Promise<LiveRequest["verify"]> {
    const { FEEDS, KEY_PEPPER } = this.#config;
    return verifierOf(await redeemTicket(FEEDS, KEY_PEPPER, ticket, this.at), this.#config);
  }

  /** Of a stream, whose time goes on beyond the request's; what it asks is counted by nothing. */
  async #verifyAgain(header: string, anew: boolean): Promise<Actor> {
    const authenticator = this.#authenticator(() => openOwnDatabase(this.#config).database);
    const at = new Date();
    return anew ? authenticate.anew(header, at, authenticator) : authenticate(header, at, authenticator);
  }

  credentialEndsAt(): Date | null {
    return readTokenEnd(this.#header);
  }

  dependencies(): Dependency[] {
    const postgresql = {
      name: "postgresql",
      isNeeded: true,
      ping: () => this.#openDatabase().query(sql`SELECT 1`),
    } as const;
    const { graph } = this.services;
    if (graph.kind === "sql") return [postgresql];
    return [postgresql, { name: "neo4j", isNeeded: false, ping: () => graph.generations() }];
  }

  #openDatabase(): Database {
    const { DATABASE_URL: connectionString, DATABASE_FETCH_ENDPOINT: fetchEndpoint } = this.#config;
    this.#database ??= createDatabase({ connectionString, fetchEndpoint, signal: this.signal });
    return this.#database;
  }
}

/** The keys of the sign-in provider, as this isolate remembers them. */
const keySets = createKeySets();

/** An address is personal: only its digest is kept. */
async function hashAddress(pepper: string, address: string | null): Promise<Uint8Array | null> {
  return address === null ? null : computeDigest(pepper, "address", address);
}
