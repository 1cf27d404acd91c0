import * as z from "zod";
import { deliverDueOf } from "./delivering.ts";
import { AppError } from "./domain/errors.ts";
import { createId, idFromDigest, type OrganizationId, uuidOf, type WebhookId } from "./domain/ids.ts";
import { findAddressFault } from "./domain/webhookAddress.ts";
import { type Config, ConfigError, readConfig } from "./env.ts";
import { createMatcher, type Matcher } from "./matching/matcher.ts";
import { type MatchingTables, parseTables } from "./matching/tables.ts";
import type { Services } from "./operations/context.ts";
import type { GraphServices } from "./operations/graphRebuild.ts";
import { createApiKeyText } from "./platform/auth/apiKeyText.ts";
import { computeDigest, toHex } from "./platform/auth/keyDigest.ts";
import { computePseudonym } from "./platform/auth/pseudonym.ts";
import { makeRoomTicket, readRoomTicket } from "./platform/auth/roomTicket.ts";
import { createIsolateMemory, type IsolateMemory } from "./platform/cache/isolateMemory.ts";
import { createDocumentShelf } from "./platform/documents/documentBucket.ts";
import { issueTicket } from "./platform/feeds/tickets.ts";
import { createSecretBox } from "./platform/webhooks/secretBox.ts";
import { formatSecret } from "./platform/webhooks/signature.ts";
import { openGraph } from "./stores/graph/open.ts";
import type { Database } from "./stores/postgres/client.ts";
import { createAgreementStore } from "./stores/records/agreements.ts";
import { createApiKeyStore } from "./stores/records/apiKeys.ts";
import { createAuditEntryStore } from "./stores/records/auditEntries.ts";
import { readTagVersion } from "./stores/records/cacheTags.ts";
import { createDeadLetterStore } from "./stores/records/deadLetters.ts";
import { createEventStore } from "./stores/records/events.ts";
import { createExchangeChangeStore } from "./stores/records/exchangeChanges.ts";
import { createExchangeStore } from "./stores/records/exchanges.ts";
import { createFlowStore } from "./stores/records/flows.ts";
import { createGraphTaskStore } from "./stores/records/graphTasks.ts";
import { createIntroductionStore } from "./stores/records/introductions.ts";
import { createInvitationStore } from "./stores/records/invitations.ts";
import { createMatchStore } from "./stores/records/matches.ts";
import { createMatchRefreshStore } from "./stores/records/matchRefreshes.ts";
import { createMatchScoreStore } from "./stores/records/matchScores.ts";
import { createMemberStore } from "./stores/records/members.ts";
import { createNetworkRecordStore } from "./stores/records/networkRecords.ts";
import { createOrganizationStore } from "./stores/records/organizations.ts";
import { createOutboxStore } from "./stores/records/outbox.ts";
import { createParticipantStore } from "./stores/records/participants.ts";
import { createParticipationStore } from "./stores/records/participations.ts";
import { createProgrammeStore } from "./stores/records/programmes.ts";
import { createRoomStore } from "./stores/records/rooms.ts";
import { createSiteStore } from "./stores/records/sites.ts";
import { editionOf, readTaxonomy, type StoredTaxonomy } from "./stores/records/taxonomy.ts";
import { createWebhookDeliveryStore } from "./stores/records/webhookDeliveries.ts";
import { createWebhookQueue } from "./stores/records/webhookQueue.ts";
import { createWebhookStore } from "./stores/records/webhooks.ts";
import { createCandidateStore } from "./stores/spatial/candidates.ts";

const millisecondsPerDay = 86_400_000;

const memories = new WeakMap<Config, IsolateMemory>();

/** What this isolate remembers under a configuration; the platform hands the same bindings to all its requests. */
export function memoryOf(config: Config): IsolateMemory {
  let memory = memories.get(config);
  if (!memory) {
    memory = createIsolateMemory(config.CF_VERSION_METADATA?.id || null, config.LIMITS);
    memories.set(config, memory);
  }
  return memory;
}

export function createServices(
  config: Config,
  memory: IsolateMemory,
  database: Database,
  signal: AbortSignal,
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
    agreements: createAgreementStore(database),
    exchanges: createExchangeStore(database),
    exchangeChanges: createExchangeChangeStore(database),
    matchScores: createMatchScoreStore(database),
    matchRefreshes: createMatchRefreshStore(database),
    candidates: createCandidateStore(database),
    outbox: createOutboxStore(database),
    deadLetters: createDeadLetterStore(database),
    ...createGraphServices(config, memory, database, signal),
    events: createEventStore(database),
    feeds: {
      // Without objects nobody waits for a hint: streams look for themselves.
      wake: async (holder, hint) => void (await config.FEEDS?.getByName(holder).wake(hint)),
      issueTicket: (actor, endsAt, issuedAt) => issueTicket(config.FEEDS, config.KEY_PEPPER, actor, endsAt, issuedAt),
    },
    roomRecords: createRoomStore(database),
    rooms: createRooms(config),
    documents: createDocumentShelf(config.DOCUMENTS),
    webhooks: createWebhookStore(database),
    webhookDeliveries: createWebhookDeliveryStore(database),
    webhookQueue: createWebhookQueue(database),
    publicFlows: createPublicFlows(memory, at, waitUntil),
    readTaxonomy: () => rememberTaxonomy(database, at, memory),
    readMatcher: async () => rememberMatcher(await rememberTaxonomy(database, at, memory), config, at),
    issueKey: (seed) => issueKey(config.KEY_PEPPER, seed),
    issueWebhookSecret: (id, seed) => issueWebhookSecret(config.KEY_PEPPER, id, seed),
    deliverDue: () => deliverDueOf(config),
    findAddressFault: (url) => findAddressFault(url, { isLocal: config.WEBHOOKS_LOCAL === "on" }),
    pseudonymOf: (viewer, organization) => computePseudonym(config.KEY_PEPPER, viewer, organization),
    waitUntil,
  };
}

function createRooms({ ROOMS, KEY_PEPPER }: Config): Services["rooms"] {
  return {
    areKept: ROOMS !== undefined,
    find(id) {
      if (!ROOMS)
        throw new AppError("unavailable", "This deployment has no place to hold rooms.", { reason: "rooms_not_kept" });
      return ROOMS.getByName(id);
    },
    makeTicket: (id, at) => makeRoomTicket(KEY_PEPPER, id, at),
    readTicket: (id, ticket) => readRoomTicket(KEY_PEPPER, id, ticket),
  };
}

/** What the graph is kept with. */
function createGraphServices(
  config: Config,
  memory: IsolateMemory,
  database: Database,
  signal: AbortSignal,
): GraphServices {
  return {
    networkRecords: createNetworkRecordStore(database),
    graphTasks: createGraphTaskStore(database),
    graph: openGraph(graphAddressOf(config), database, signal, memory.graphBookmarks),
  };
}

/** Where Neo4j is; null where the graph is in the database. */
function graphAddressOf(config: Config): Parameters<typeof openGraph>[0] {
  const { GRAPH_URL: url, GRAPH_USER: user, GRAPH_PASSWORD: password, GRAPH_TOKEN: token } = config;
  if (url === undefined) return null;
  const credentials = token !== undefined ? { token } : password !== undefined ? { user, password } : null;
  return { url, credentials, database: config.GRAPH_DATABASE };
}

export function configOrThrow(env: object): Config {
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
export function dayOf(at: Date): string {
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

/** A new secret of an endpoint, likewise: random, or derived from the seed under the pepper. */
async function issueWebhookSecret(
  pepper: string,
  id: WebhookId,
  seed: string | null,
): ReturnType<Services["issueWebhookSecret"]> {
  const secret =
    seed === null ? crypto.getRandomValues(new Uint8Array(32)) : await computeDigest(pepper, "webhook-secret", seed);
  return { text: formatSecret(secret), sealed: await createSecretBox(pepper).seal(id, secret) };
}
