import type { Actor } from "../domain/actor.ts";
import type { ApiKey } from "../domain/apiKey.ts";
import type { ChangeStamp } from "../domain/change.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { Matcher } from "../matching/matcher.ts";
import type { ApiKeyStore } from "../stores/records/apiKeys.ts";
import type { FlowStore } from "../stores/records/flows.ts";
import type { InvitationStore } from "../stores/records/invitations.ts";
import type { MatchStore } from "../stores/records/matches.ts";
import type { MemberStore } from "../stores/records/members.ts";
import type { OrganizationStore } from "../stores/records/organizations.ts";
import type { SiteStore } from "../stores/records/sites.ts";
import type { StoredTaxonomy } from "../stores/records/taxonomy.ts";
import type { CandidateStore } from "../stores/spatial/candidates.ts";

/** What operations work with; made for each request by the composition root. */
export type Services = {
  organizations: OrganizationStore;
  sites: SiteStore;
  apiKeys: ApiKeyStore;
  members: MemberStore;
  invitations: InvitationStore;
  flows: FlowStore;
  matches: MatchStore;
  candidates: CandidateStore;
  /** The resource taxonomy, remembered by the isolate for a minute. */
  readTaxonomy(): Promise<StoredTaxonomy>;
  /** The engine over the taxonomy, the configured tables and the year that begins today. */
  readMatcher(): Promise<Matcher>;
  /** A new key; with a seed always the same one for that seed. */
  issueKey(seed: string | null): Promise<{ text: string; record: Pick<ApiKey, "id" | "digestHex" | "hint"> }>;
  /** The name by which one organization knows another until both consent; it tells nothing to a third. */
  pseudonymOf(viewer: OrganizationId, organization: OrganizationId): string;
  /** Lets work go on after the answer. */
  waitUntil(work: Promise<unknown>): void;
  databaseTrips(): number;
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

/** A request that has arrived and whose caller is not known yet. */
export type OpenRequest = {
  readonly services: Services;
  /** Who asks, by the Authorization header; `unauthenticated` where that is nobody. */
  identify(header: string | undefined): Promise<Actor>;
  /** The same, with the one context that operations work in. */
  enter(header: string | undefined): Promise<RequestContext>;
  /** Asks the database for a sign of life; the milliseconds it took. */
  pingDatabase(): Promise<number>;
};
