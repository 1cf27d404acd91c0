import type { Actor } from "../domain/actor.ts";
import type { ApiKey } from "../domain/apiKey.ts";
import type { ChangeStamp } from "../domain/change.ts";
import type { Flow } from "../domain/flow.ts";
import type { FlowId, MatchId, OrganizationId, WebhookId } from "../domain/ids.ts";
import type { FeedHolder, Hint } from "../domain/liveEvents.ts";
import type { AddressFault } from "../domain/webhookAddress.ts";
import type { Matcher } from "../matching/matcher.ts";
import type { RoomObject } from "../rooms/roomObjects.ts";
import type { Graph } from "../stores/graph/port.ts";
import type { AgreementStore } from "../stores/records/agreements.ts";
import type { ApiKeyStore } from "../stores/records/apiKeys.ts";
import type { AuditEntryStore } from "../stores/records/auditEntries.ts";
import type { DeadLetterStore } from "../stores/records/deadLetters.ts";
import type { EventStore } from "../stores/records/events.ts";
import type { ExchangeChangeStore } from "../stores/records/exchangeChanges.ts";
import type { ExchangeStore } from "../stores/records/exchanges.ts";
import type { FlowStore } from "../stores/records/flows.ts";
import type { GraphTaskStore } from "../stores/records/graphTasks.ts";
import type { IntroductionStore } from "../stores/records/introductions.ts";
import type { InvitationStore } from "../stores/records/invitations.ts";
import type { MatchStore } from "../stores/records/matches.ts";
import type { MatchRefreshStore } from "../stores/records/matchRefreshes.ts";
import type { MatchScoreStore } from "../stores/records/matchScores.ts";
import type { MemberStore } from "../stores/records/members.ts";
import type { NetworkRecordStore } from "../stores/records/networkRecords.ts";
import type { OrganizationStore } from "../stores/records/organizations.ts";
import type { OutboxStore } from "../stores/records/outbox.ts";
import type { ParticipantStore } from "../stores/records/participants.ts";
import type { ParticipationStore } from "../stores/records/participations.ts";
import type { ProgrammeStore } from "../stores/records/programmes.ts";
import type { RoomStore } from "../stores/records/rooms.ts";
import type { SiteStore } from "../stores/records/sites.ts";
import type { StoredTaxonomy } from "../stores/records/taxonomy.ts";
import type { WebhookDeliveryStore } from "../stores/records/webhookDeliveries.ts";
import type { WebhookQueue } from "../stores/records/webhookQueue.ts";
import type { WebhookStore } from "../stores/records/webhooks.ts";
import type { CandidateStore } from "../stores/spatial/candidates.ts";
import type { LiveRequest } from "./eventStream.ts";
import type { EventTicket } from "./listeners.ts";
import type { DocumentShelf } from "./roomDocuments.ts";

/** What operations work with; made for each request by the composition root. */
export type Services = {
  organizations: OrganizationStore;
  sites: SiteStore;
  apiKeys: ApiKeyStore;
  auditEntries: AuditEntryStore;
  members: MemberStore;
  invitations: InvitationStore;
  programmes: ProgrammeStore;
  participants: ParticipantStore;
  participations: ParticipationStore;
  introductions: IntroductionStore;
  flows: FlowStore;
  matches: MatchStore;
  agreements: AgreementStore;
  exchanges: ExchangeStore;
  exchangeChanges: ExchangeChangeStore;
  matchScores: MatchScoreStore;
  matchRefreshes: MatchRefreshStore;
  candidates: CandidateStore;
  outbox: OutboxStore;
  deadLetters: DeadLetterStore;
  /** Records as the graph holds them. */
  networkRecords: NetworkRecordStore;
  graph: Graph;
  graphTasks: GraphTaskStore;
  events: EventStore;
  /** The objects that hold the open streams of organizations. */
  feeds: {
    wake(holder: FeedHolder, hint: Hint): Promise<void>;
    issueTicket(actor: Actor, endsAt: Date | null, at: Date): Promise<EventTicket>;
  };
  /** What rooms ask and tell the records. */
  roomRecords: RoomStore;
  /** The objects that hold rooms, one for each match. */
  rooms: {
    /** Whether this deployment has any. */
    readonly areKept: boolean;
    /** Throws `unavailable` where it has none. */
    find(id: MatchId): RoomObject;
    /** A new ticket, and the hash under which a room keeps what it stands for. */
    makeTicket(id: MatchId, at: Date): Promise<{ ticket: string; hash: string; expiresAt: Date }>;
    /** The hash of a ticket; null for a text that is no ticket for this room. */
    readTicket(id: MatchId, ticket: string): Promise<string | null>;
  };
  /** What is uploaded to rooms. */
  documents: DocumentShelf;
  webhooks: WebhookStore;
  webhookDeliveries: WebhookDeliveryStore;
  webhookQueue: WebhookQueue;
  /** The resource taxonomy, as it stood in the last five seconds. */
  readTaxonomy(): Promise<StoredTaxonomy>;
  /** Public flows as others than their organizations see them, remembered for as long as they stand: five seconds longer at most. */
  publicFlows: { find(id: FlowId): Promise<Flow | null>; keep(flow: Flow, tagVersion: string): void };
  /** The engine over the taxonomy, the configured tables and the year that begins today. */
  readMatcher(): Promise<Matcher>;
  /** A new key; with a seed always the same one for that seed. */
  issueKey(seed: string | null): Promise<{ text: string; record: Pick<ApiKey, "id" | "digestHex" | "hint"> }>;
  /** A new secret of an endpoint, as its owner gets it and sealed as it is kept; with a seed always the same text. */
  issueWebhookSecret(id: WebhookId, seed: string | null): Promise<{ text: string; sealed: Uint8Array }>;
  /** Why this deployment would not post to an address; null where it would. */
  findAddressFault(url: string): AddressFault | null;
  /** Posts what is due to endpoints, with a deadline of its own; how many attempts that made. Never throws. */
  deliverDue(): Promise<number>;
  /** The name by which one organization knows another until both consent; it tells nothing to a third. */
  pseudonymOf(viewer: OrganizationId, organization: OrganizationId): string;
  /** Counts a request by which others' flows could be felt out; throws `rate_limited` where an organization has had its share. */
  admitProbe(organizationId: OrganizationId): Promise<void>;
  /** Lets work go on after the answer. */
  waitUntil(work: Promise<unknown>): void;
};

/**
 * One request: who asks, when, and by when an answer must be there. Services are bound to the signal, so that every call to
 * the database ends with the request.
 */
export type RequestContext = ChangeStamp & {
  /** By when the answer must be there: its signal ends every call to the database. */
  deadline: { readonly signal: AbortSignal };
  services: Services;
};

/** An answer for anyone, as it was given. */
export type KeptAnswer = { body: Uint8Array<ArrayBuffer>; etag: string };

export type KeptAnswers = {
  /** What this isolate itself remembers, of whatever version. */
  recall(address: string): { version: string; value: KeptAnswer } | null;
  find(address: string, stands: (entry: { version: string }) => boolean): Promise<KeptAnswer | null>;
  keep(address: string, version: string, answer: KeptAnswer): Promise<void>;
};

/** How a request stands to one limit. */
export type LimitState = {
  name: string;
  /** Requests a window. */
  quota: number;
  windowSeconds: number;
  /** Requests that are left in this window, as far as the isolate knows that answers. */
  remaining: number;
  /** Until the window ends. */
  resetSeconds: number;
};

/** A request that has arrived and whose caller is not known yet. */
export type OpenRequest = {
  readonly services: Services;
  /** Answers for anyone that are remembered, each under the version of what it was made of. */
  readonly answers: KeptAnswers;
  /** The same to questions with parameters, of which there are as many as anybody likes: they push out only each other. */
  readonly searches: KeptAnswers;
  /** How the request stands to each limit that it was counted against so far. */
  readonly limits: readonly LimitState[];
  /** Counts the request for the address that it comes from; `rate_limited` where that has had its share. Null where nothing was asked for that. */
  admit(): Promise<void> | null;
  /** Round trips to the database made so far. */
  databaseTrips(): number;
  /** Whether it has changed a record, or may have: reading can, for a match that is read is viewed. */
  hasWrittenEvents(): boolean;
  /** Which state of the taxonomy stands, where it is known without asking; null where it is not. */
  taxonomyEdition(): string | null;
  /** The same, asked for where it is not known. */
  readTaxonomyEdition(): Promise<string>;
  /**
   * After a change: lets what this isolate remembers of the caller's organization be asked for anew, and sends the change's
   * events on their way behind the answer.
   */
  noteChange(actor: Actor): void;
  /** Who asks, by the Authorization header, at once where that is remembered; `unauthenticated` where that is nobody, `rate_limited` where it has had its share. */
  identify(header: string | undefined): Actor | Promise<Actor>;
  /** The same, with the one context that operations work in. */
  enter(header: string | undefined): Promise<RequestContext>;
  /** The same for a stream, which outlives the request's deadline: by the Authorization header or, without one, by a ticket. */
  enterLive(header: string | undefined, ticket: string | undefined): Promise<LiveRequest>;
  /** Until when the credential that was shown holds at most; null where it ends with nothing but its revocation. */
  credentialEndsAt(): Date | null;
  /** What the API asks of others. */
  dependencies(): Dependency[];
};

/** Something that answers for itself, elsewhere. */
export type Dependency = {
  name: "postgresql" | "neo4j";
  /** Whether nothing can be answered without it. */
  isNeeded: boolean;
  /** Asks it for a sign of life; fails where there is none. */
  ping(): Promise<unknown>;
};
