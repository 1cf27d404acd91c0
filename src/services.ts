import { sql } from "drizzle-orm";
import * as z from "zod";
import type { Actor, SignInCredential } from "./domain/actor.ts";
import { AppError, unauthenticated } from "./domain/errors.ts";
import { createId, idFromDigest, type OrganizationId, uuidOf } from "./domain/ids.ts";
import { type Config, ConfigError, readConfig } from "./env.ts";
import { createMatcher, type Matcher } from "./matching/matcher.ts";
import { type MatchingTables, parseTables } from "./matching/tables.ts";
import type { KeptAnswers, LimitState, OpenRequest, RequestContext, Services } from "./operations/context.ts";
import type { Schedule } from "./operations/schedule.ts";
import { signIn } from "./operations/signIn.ts";
import { createApiKeyText } from "./platform/auth/apiKeyText.ts";
import { authenticate, type Verified } from "./platform/auth/authenticate.ts";
import { computeDigest, computeSha256, toHex } from "./platform/auth/keyDigest.ts";
import { createKeySets } from "./platform/auth/keySets.ts";
import { readPerson } from "./platform/auth/person.ts";
import { computePseudonym } from "./platform/auth/pseudonym.ts";
import { verifyToken } from "./platform/auth/verifyToken.ts";
import { createIsolateMemory, type IsolateMemory } from "./platform/cache/isolateMemory.ts";
import { continueTrace } from "./platform/telemetry/traceparent.ts";
import { createDatabase, type Database } from "./stores/postgres/client.ts";
import { createApiKeyStore } from "./stores/records/apiKeys.ts";
import { createAuditChainStore, sealingBatch } from "./stores/records/auditChain.ts";
import { createAuditEntryStore } from "./stores/records/auditEntries.ts";
import { readTagVersion } from "./stores/records/cacheTags.ts";
import { createFlowStore } from "./stores/records/flows.ts";
import { createIntroductionStore } from "./stores/records/introductions.ts";
import { createInvitationStore } from "./stores/records/invitations.ts";
import { createMatchStore } from "./stores/records/matches.ts";
import { createMemberStore } from "./stores/records/members.ts";
import { createOrganizationStore } from "./stores/records/organizations.ts";
import { createParticipantStore } from "./stores/records/participants.ts";
import { createParticipationStore } from "./stores/records/participations.ts";
import { createProgrammeStore } from "./stores/records/programmes.ts";
import { createRetentionStore, deletedKinds, retentionBatch } from "./stores/records/retention.ts";
import { createSignInStore } from "./stores/records/signIns.ts";
import { createSiteStore } from "./stores/records/sites.ts";
import { editionOf, readTaxonomy, type StoredTaxonomy } from "./stores/records/taxonomy.ts";
import { createCandidateStore } from "./stores/spatial/candidates.ts";

type Arrival = {
  /** The bindings, unchecked. */
  env: object;
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
export function openRequest({ env, ...arrival }: Arrival): OpenRequest {
  const config = configOrThrow(env);
  return new ArrivedRequest(config, memoryOf(config), arrival);
}

/**
 * What a request is given, each part made when it is first asked for: one that is answered from memory opens no client and
 * starts no timer. A class because closures made anew for each request were the dearest part of such an answer.
 */
class ArrivedRequest implements OpenRequest {
  readonly at = new Date();
  readonly #config: Config;
  readonly #memory: IsolateMemory;
  readonly #arrival: Omit<Arrival, "env">;
  readonly limits: LimitState[] = [];
  #signal: AbortSignal | null = null;
  #database: Database | null = null;
  #services: Services | null = null;

  constructor(config: Config, memory: IsolateMemory, arrival: Omit<Arrival, "env">) {
    this.#config = config;
    this.#memory = memory;
    this.#arrival = arrival;
  }

  /** Aborted at the request's deadline. */
  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.timeout(this.#config.REQUEST_TIMEOUT_SECONDS * 1_000);
    return this.#signal;
  }

  get services(): Services {
    this.#services ??= {
      ...createServices(this.#config, this.#memory, this.#openDatabase(), this.at, this.#arrival.waitUntil),
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

  databaseTrips(): number {
    return this.#database?.trips() ?? 0;
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

  forgetChanged(actor: Actor): void {
    if (actor.kind === "operator") this.#memory.tags.forgetAll();
    else this.#memory.tags.forget(`flows:${uuidOf(actor.organizationId)}`);
  }

  async identify(header: string | undefined): Promise<Actor> {
    const found = this.#authenticate(header);
    const actor = found instanceof Promise ? await found : found;
    if (actor.kind === "operator") return actor;
    const admission = this.#memory.limiter.admitActor(this.limits, this.#config, actor, this.at);
    if (admission) await admission;
    return actor;
  }

  #authenticate(header: string | undefined): Actor | Promise<Actor> {
    const { OPERATOR_KEY: operatorKey, KEY_PEPPER: pepper, OIDC_ISSUER: issuer } = this.#config;
    return authenticate(header, this.at, {
      operatorKey,
      pepper,
      findActor: (digestHex, at) => createApiKeyStore(this.#openDatabase()).findActor(digestHex, at),
      verifySignIn: issuer === undefined ? null : (token) => this.#verifySignIn(token, issuer),
    });
  }

  async #verifySignIn(token: string, issuer: string): Promise<Verified> {
    const { OIDC_AUDIENCE: audience = "", OIDC_ALGORITHMS: algorithms } = this.#config;
    const claims = await verifyToken(token, { issuer, audience, algorithms }, keySets, this.at);
    const credential: SignInCredential = `sign_in:${toHex(await computeSha256(token)).slice(0, 12)}`;
    const actor = await signIn(createSignInStore(this.#openDatabase()), readPerson(issuer, claims), credential, {
      at: this.at,
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

  async pingDatabase(): Promise<number> {
    const before = performance.now();
    await this.#openDatabase().query(sql`SELECT 1`);
    return performance.now() - before;
  }

  #openDatabase(): Database {
    const { DATABASE_URL: connectionString, DATABASE_FETCH_ENDPOINT: fetchEndpoint } = this.#config;
    this.#database ??= createDatabase({ connectionString, fetchEndpoint, signal: this.signal });
    return this.#database;
  }
}

/** What scheduled work is done with, bound to a deadline of its own. Throws `unavailable` when the Worker is not configured. */
export function openSchedule(env: object, at: Date): Schedule {
  const { DATABASE_URL: connectionString, DATABASE_FETCH_ENDPOINT: fetchEndpoint } = configOrThrow(env);
  const signal = AbortSignal.timeout(scheduleTimeoutMs);
  const database = createDatabase({ connectionString, fetchEndpoint, signal });
  return {
    at,
    traceparent: continueTrace(null).traceparent,
    auditChain: createAuditChainStore(database),
    retention: createRetentionStore(database),
    members: createMemberStore(database),
    deletedKinds,
    batches: { sealing: sealingBatch, retention: retentionBatch },
  };
}

const millisecondsPerDay = 86_400_000;

/** Less than the minute after which the next call comes. */
const scheduleTimeoutMs = 50_000;

/** The keys of the sign-in provider, as this isolate remembers them. */
const keySets = createKeySets();

const memories = new WeakMap<Config, IsolateMemory>();

/** What this isolate remembers under a configuration; the platform hands the same bindings to all its requests. */
function memoryOf(config: Config): IsolateMemory {
  let memory = memories.get(config);
  if (!memory) {
    memory = createIsolateMemory(config.CF_VERSION_METADATA?.id || null, config.LIMITS);
    memories.set(config, memory);
  }
  return memory;
}

function createServices(
  config: Config,
  memory: IsolateMemory,
  database: Database,
  at: Date,
  waitUntil: Services["waitUntil"],
): Omit<Services, "admitProbe"> {
  return {
    organizations: createOrganizationStore(database),
    apiKeys: createApiKeyStore(database),
    auditEntries: createAuditEntryStore(database),
    members: createMemberStore(database),
    invitations: createInvitationStore(database),
    programmes: createProgrammeStore(database),
    participants: createParticipantStore(database),
    participations: createParticipationStore(database),
    introductions: createIntroductionStore(database),
    sites: createSiteStore(database),
    flows: createFlowStore(database),
    matches: createMatchStore(database),
    candidates: createCandidateStore(database),
    publicFlows: createPublicFlows(memory, at, waitUntil),
    readTaxonomy: () => rememberTaxonomy(database, at, memory),
    readMatcher: async () => rememberMatcher(await rememberTaxonomy(database, at, memory), config, at),
    issueKey: (seed) => issueKey(config.KEY_PEPPER, seed),
    pseudonymOf: (viewer, organization) => computePseudonym(config.KEY_PEPPER, viewer, organization),
    waitUntil,
  };
}

function configOrThrow(env: object): Config {
  try {
    const config = readConfig(env);
    tablesOf(config);
    return config;
  } catch (error) {
    if (error instanceof ConfigError)
      throw new AppError("unavailable", error.message, { reason: "misconfigured" }, error);
    throw error;
  }
}

const tablesByConfig = new WeakMap<Config, MatchingTables>();

/** The engine's tables with the deployment's overrides, checked once; `ConfigError` names each that is wrong. */
function tablesOf(config: Config): MatchingTables {
  let tables = tablesByConfig.get(config);
  if (!tables) {
    try {
      tables = parseTables(config.MATCHING_TABLES);
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      const faults = error.issues.map(({ path, message }) => `MATCHING_TABLES ${path.join(".")} ${message}`);
      throw new ConfigError(`Wrong configuration: ${faults.join("; ")}. See docs/matching.md.`);
    }
    tablesByConfig.set(config, tables);
  }
  return tables;
}

let rememberedMatcher: { taxonomy: StoredTaxonomy; config: Config; day: string; matcher: Matcher } | null = null;

/** The engine for a taxonomy, a configuration and a day: the year over which hours are shared begins with the day. */
function rememberMatcher(taxonomy: StoredTaxonomy, config: Config, at: Date): Matcher {
  const day = dayOf(at);
  if (rememberedMatcher?.taxonomy === taxonomy && rememberedMatcher.config === config && rememberedMatcher.day === day)
    return rememberedMatcher.matcher;
  const matcher = createMatcher({ taxonomy, tables: tablesOf(config), asOf: new Date(day) });
  rememberedMatcher = { taxonomy, config, day, matcher };
  return matcher;
}

function createPublicFlows(memory: IsolateMemory, at: Date, waitUntil: Services["waitUntil"]): Services["publicFlows"] {
  const tagOf = (organizationId: OrganizationId) => `flows:${uuidOf(organizationId)}` as const;
  return {
    find: (id) =>
      memory.flows.find(id, ({ version, value }) => version === memory.tags.find(tagOf(value.organizationId), at)),
    keep(flow, tagVersion) {
      memory.tags.note(tagOf(flow.organizationId), tagVersion, at);
      waitUntil(memory.flows.keep(flow.id, tagVersion, flow));
    },
  };
}

/**
 * The taxonomy, read anew when it is another: its version is asked for once in five seconds and isolate. Two requests may both
 * ask, for neither may wait for the other's I/O.
 */
async function rememberTaxonomy(database: Database, at: Date, memory: IsolateMemory): Promise<StoredTaxonomy> {
  const day = dayOf(at);
  const known = memory.taxonomy;
  if (known) {
    const version = memory.tags.find("taxonomy", at) ?? (await readTagVersion(database, "taxonomy"));
    memory.tags.note("taxonomy", version, at);
    if (known.edition === editionOf(version, day)) return known;
  }
  const taxonomy = await readTaxonomy(database, day);
  memory.tags.note("taxonomy", taxonomy.version, at);
  memory.taxonomy = taxonomy;
  return taxonomy;
}

let lastDay = { number: -1, text: "" };

/** ISO date in UTC, remembered for the day: every request asks for it. */
function dayOf(at: Date): string {
  const number = Math.floor(at.getTime() / millisecondsPerDay);
  if (lastDay.number !== number) lastDay = { number, text: at.toISOString().slice(0, 10) };
  return lastDay.text;
}

/**
 * A new key and what is stored of it. With a seed its secret is derived from that under the pepper, so that a
 * repeated request shows the same key again though nothing keeps its text.
 */
async function issueKey(pepper: string, seed: string | null): ReturnType<Services["issueKey"]> {
  const secret = seed === null ? undefined : await computeDigest(pepper, "api-key-secret", seed);
  const text = createApiKeyText("live", secret);
  const digest = await computeDigest(pepper, "api-key", text);
  const id = seed === null ? createId("apiKey") : idFromDigest("apiKey", digest);
  return { text, record: { id, digestHex: toHex(digest), hint: text.slice(-4) } };
}

/** An address is personal: only its digest is kept. */
async function hashAddress(pepper: string, address: string | null): Promise<Uint8Array | null> {
  return address === null ? null : computeDigest(pepper, "address", address);
}
