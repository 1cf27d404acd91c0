import { createId, type Id, idFromUuid } from "../../../src/domain/ids.ts";
import type { OperationName } from "../../../src/operations/permissions.ts";
import { eventAttempts } from "./attempts/events.ts";
import { exchangeAttempts } from "./attempts/exchanges.ts";
import { graphAttempts } from "./attempts/graph.ts";
import { networkAttempts } from "./attempts/network.ts";
import { outboxAttempts } from "./attempts/outbox.ts";
import { roomAttempts } from "./attempts/rooms.ts";
import { webhookAttempts } from "./attempts/webhooks.ts";
import type { CallOptions, Json } from "./client.ts";
import { recordExchange } from "./exchanges.ts";
import { createProgramme, joinAs } from "./programmes.ts";
import {
  createFlow,
  createKey,
  createPair,
  createSite,
  createTenant,
  createWebhook,
  findAuditEntry,
  insertDelivery,
  insertMember,
  invite,
  siteContent,
  steamSupply,
  type Tenant,
} from "./tenants.ts";

/** The ids that an attempt names: those of somebody's things, or of nothing. */
export type Ids = {
  organizationId: Id<"organization">;
  keyId: string;
  memberId: string;
  invitationId: string;
  auditEntryId: string;
  siteId: string;
  flowId: string;
  otherFlowId: string;
  matchId: string;
  exchangeId: string;
  programmeId: string;
  externalId: string;
  webhookId: string;
  deliveryId: string;
};

/** Whose things a walk tries: an organization with private things, and a match between two others. */
export type World = Ids & { owner: Tenant; matchParty: Tenant };

/**
 * What another organization gets: `missing`, the 404 of what does not exist; `hidden`, a list without it; `refused`, the
 * 403 of who may not do this at all; `field`, the 400 that a reference to nothing gets; `own`, an effect on its own things
 * only; `open`, what anyone gets.
 */
export type Foreign = "missing" | "hidden" | "refused" | "field" | "own" | "open";

export type Attempt = {
  permission: OperationName | null;
  foreign: Foreign;
  /** Ends what later attempts need. */
  isLast?: true;
  request(ids: Ids): { path: string } & CallOptions;
};

const at = (path: (ids: Ids) => string, body?: (ids: Ids) => Json) => (ids: Ids) =>
  body ? { path: path(ids), body: body(ids) } : { path: path(ids) };

const flow = (ids: Ids) => `/v1/flows/${ids.flowId}`;
const site = (ids: Ids) => `/v1/sites/${ids.siteId}`;
const member = (ids: Ids) => `${organization(ids)}/members/${ids.memberId}`;
const invitations = (ids: Ids) => `${organization(ids)}/invitations`;
const programme = (ids: Ids) => `/v1/programmes/${ids.programmeId}`;
const apiKey = (ids: Ids) => `/v1/api-keys/${ids.keyId}`;
const organization = (ids: Ids) => `/v1/organizations/${ids.organizationId}`;
const open = { permission: null, foreign: "open" } as const;
const supply = (ids: Ids) => steamSupply(ids.siteId, { visibility: "private" });

/** A right request for every operation of the document; the walks fail for one that is not here. */
export const attempts: Record<string, Attempt> = {
  ...exchangeAttempts,
  ...networkAttempts,
  ...outboxAttempts,
  ...graphAttempts,
  ...eventAttempts,
  ...roomAttempts,
  ...webhookAttempts,
  getLiveness: { ...open, request: at(() => "/health/live") },
  getReadiness: { ...open, request: at(() => "/health/ready") },
  listKinds: { ...open, request: at(() => "/v1/taxonomy/kinds") },
  listGrades: { ...open, request: at(() => "/v1/taxonomy/grades") },
  listEwc: { ...open, request: at(() => "/v1/taxonomy/ewc?q=gypsum") },
  listUnits: { ...open, request: at(() => "/v1/taxonomy/units?q=kW") },
  getMe: { permission: "getMe", foreign: "own", request: at(() => "/v1/me") },
  leaveOrganization: { permission: "leaveOrganization", foreign: "own", request: at(() => "/v1/me/leave") },
  readOwnPersonalData: {
    permission: "readOwnPersonalData",
    foreign: "own",
    request: at(() => "/v1/me/personal-data"),
  },
  eraseSelf: { permission: "eraseSelf", foreign: "own", request: at(() => "/v1/me/erase") },
  listMembers: {
    permission: "listMembers",
    foreign: "missing",
    request: at((ids) => `${organization(ids)}/members`),
  },
  getMember: { permission: "getMember", foreign: "missing", request: at(member) },
  updateMember: { permission: "updateMember", foreign: "missing", request: at(member, () => ({ name: "Renamed" })) },
  removeMember: { permission: "removeMember", foreign: "missing", isLast: true, request: at(member) },
  readPersonalData: {
    permission: "readPersonalData",
    foreign: "missing",
    request: at((ids) => `${member(ids)}/personal-data`),
  },
  eraseMember: {
    permission: "eraseMember",
    foreign: "missing",
    isLast: true,
    request: at((ids) => `${member(ids)}/erase`),
  },
  listInvitations: { permission: "listInvitations", foreign: "missing", request: at(invitations) },
  createInvitation: {
    permission: "createInvitation",
    foreign: "missing",
    request: at(invitations, () => ({ name: "Ingrid", email: `${crypto.randomUUID()}@example.org` })),
  },
  withdrawInvitation: {
    permission: "withdrawInvitation",
    foreign: "missing",
    isLast: true,
    request: at((ids) => `${invitations(ids)}/${ids.invitationId}`),
  },
  listAuditEntries: {
    permission: "listAuditEntries",
    foreign: "hidden",
    request: at(() => "/v1/audit-entries?limit=200"),
  },
  getAuditEntry: {
    permission: "getAuditEntry",
    foreign: "missing",
    request: at((ids) => `/v1/audit-entries/${ids.auditEntryId}`),
  },
  listOrganizations: {
    permission: "listOrganizations",
    foreign: "hidden",
    request: at(() => "/v1/organizations?limit=200"),
  },
  createOrganization: {
    permission: "createOrganization",
    foreign: "refused",
    request: at(
      () => "/v1/organizations",
      () => ({ name: "Another", country: "DK" }),
    ),
  },
  getOrganization: { permission: "getOrganization", foreign: "missing", request: at(organization) },
  updateOrganization: {
    permission: "updateOrganization",
    foreign: "missing",
    request: at(organization, () => ({ name: "Renamed" })),
  },
  deleteOrganization: {
    permission: "deleteOrganization",
    foreign: "missing",
    isLast: true,
    request: at(organization),
  },
  listApiKeys: { permission: "listApiKeys", foreign: "hidden", request: at(() => "/v1/api-keys?limit=200") },
  createApiKey: {
    permission: "createApiKey",
    foreign: "own",
    request: at(
      () => "/v1/api-keys",
      () => ({ name: "Another", scopes: ["keys:manage"] }),
    ),
  },
  getApiKey: { permission: "getApiKey", foreign: "missing", request: at(apiKey) },
  rotateApiKey: {
    permission: "rotateApiKey",
    foreign: "missing",
    request: at(
      (ids) => `${apiKey(ids)}/rotate`,
      () => ({ overlapSeconds: 60 }),
    ),
  },
  revokeApiKey: { permission: "revokeApiKey", foreign: "missing", isLast: true, request: at(apiKey) },
  listSites: { permission: "listSites", foreign: "hidden", request: at(() => "/v1/sites?limit=200") },
  createSite: {
    permission: "createSite",
    foreign: "own",
    request: at(
      () => "/v1/sites",
      () => siteContent(),
    ),
  },
  putSite: {
    permission: "putSite",
    foreign: "own",
    request: at(
      (ids) => `/v1/sites/by-external-id/${ids.externalId}`,
      () => siteContent({ name: "Put" }),
    ),
  },
  getSite: { permission: "getSite", foreign: "missing", request: at(site) },
  updateSite: { permission: "updateSite", foreign: "missing", request: at(site, () => ({ name: "Renamed" })) },
  deleteSite: { permission: "deleteSite", foreign: "missing", isLast: true, request: at(site) },
  listFlows: { permission: "listFlows", foreign: "hidden", request: at(() => "/v1/flows?limit=200") },
  createFlow: { permission: "createFlow", foreign: "field", request: at(() => "/v1/flows", supply) },
  putFlow: {
    permission: "putFlow",
    foreign: "field",
    request: at((ids) => `/v1/flows/by-external-id/${ids.externalId}`, supply),
  },
  getFlow: { permission: "getFlow", foreign: "missing", request: at(flow) },
  updateFlow: { permission: "updateFlow", foreign: "missing", request: at(flow, () => ({ title: "Renamed" })) },
  deleteFlow: { permission: "deleteFlow", foreign: "missing", isLast: true, request: at(flow) },
  pauseFlow: { permission: "moveFlow", foreign: "missing", request: at((ids) => `${flow(ids)}/pause`) },
  activateFlow: { permission: "moveFlow", foreign: "missing", request: at((ids) => `${flow(ids)}/activate`) },
  withdrawFlow: {
    permission: "moveFlow",
    foreign: "missing",
    isLast: true,
    request: at((ids) => `${flow(ids)}/withdraw`),
  },
  listFlowMatches: {
    permission: "listFlowMatches",
    foreign: "missing",
    request: at((ids) => `${flow(ids)}/matches`),
  },
  listNearMisses: {
    permission: "listNearMisses",
    foreign: "missing",
    request: at((ids) => `${flow(ids)}/near-misses`),
  },
  previewMatches: { permission: "previewMatches", foreign: "field", request: at(() => "/v1/matches/preview", supply) },
  evaluateMatch: {
    permission: "evaluateMatch",
    foreign: "missing",
    request: at(
      () => "/v1/matches/evaluate",
      (ids) => ({ outputFlowId: ids.flowId, inputFlowId: ids.otherFlowId }),
    ),
  },
  listMatches: { permission: "listMatches", foreign: "hidden", request: at(() => "/v1/matches?limit=200") },
  getMatch: { permission: "getMatch", foreign: "missing", request: at((ids) => `/v1/matches/${ids.matchId}`) },
  showInterest: {
    permission: "moveMatch",
    foreign: "missing",
    request: at((ids) => `/v1/matches/${ids.matchId}/interest`),
  },
  declineMatch: {
    permission: "moveMatch",
    foreign: "missing",
    isLast: true,
    request: at(
      (ids) => `/v1/matches/${ids.matchId}/decline`,
      () => ({ reason: "The pipe would be too long" }),
    ),
  },
  listProgrammes: { permission: "listProgrammes", foreign: "hidden", request: at(() => "/v1/programmes?limit=200") },
  createProgramme: {
    permission: "createProgramme",
    foreign: "own",
    request: at(
      () => "/v1/programmes",
      () => ({ name: "Another" }),
    ),
  },
  getProgramme: { permission: "getProgramme", foreign: "missing", request: at(programme) },
  updateProgramme: {
    permission: "updateProgramme",
    foreign: "missing",
    request: at(programme, () => ({ description: "Changed" })),
  },
  deleteProgramme: { permission: "deleteProgramme", foreign: "missing", isLast: true, request: at(programme) },
  listParticipants: {
    permission: "listParticipants",
    foreign: "missing",
    request: at((ids) => `${programme(ids)}/participants`),
  },
  inviteToProgramme: {
    permission: "inviteToProgramme",
    foreign: "missing",
    request: at(
      (ids) => `${programme(ids)}/invitations`,
      ({ organizationId }) => ({ organizationId }),
    ),
  },
  removeParticipant: {
    permission: "removeParticipant",
    foreign: "missing",
    isLast: true,
    request: at((ids) => `${programme(ids)}/participants/${ids.organizationId}`),
  },
  getParticipation: {
    permission: "getParticipation",
    foreign: "missing",
    request: at((ids) => `${programme(ids)}/participation`),
  },
  joinProgramme: {
    permission: "joinProgramme",
    foreign: "missing",
    request: at(
      (ids) => `${programme(ids)}/join`,
      () => ({ sharesWithFacilitators: true }),
    ),
  },
  updateParticipation: {
    permission: "updateParticipation",
    foreign: "missing",
    request: at(
      (ids) => `${programme(ids)}/participation`,
      () => ({ sharesWithFacilitators: false }),
    ),
  },
  leaveProgramme: {
    permission: "leaveProgramme",
    foreign: "missing",
    isLast: true,
    request: at((ids) => `${programme(ids)}/leave`),
  },
  introduceFlows: {
    permission: "introduceFlows",
    foreign: "missing",
    request: at(
      (ids) => `${programme(ids)}/introductions`,
      (ids) => ({ outputFlowId: ids.flowId, inputFlowId: ids.otherFlowId }),
    ),
  },
};

export async function createWorld(): Promise<World> {
  const owner = await createTenant({ name: "Hidden works" });
  const externalId = `walk-${crypto.randomUUID()}`;
  const { id: keyId } = await createKey(owner, { scopes: ["keys:manage"] });
  const memberId = await insertMember(owner, { role: "editor" });
  const { id: invitationId } = await invite(owner);
  const place = await createSite(owner, { externalId });
  const supply = await createFlow(owner, steamSupply(place.id, { visibility: "private", externalId }));
  const webhook = await createWebhook(owner);
  const { matchId, seller, input } = await createPair();
  const exchange = await recordExchange(owner, { outputFlowId: supply.id, inputFlowId: input.id });
  const programme = await createProgramme(owner);
  await joinAs(owner, programme, owner, { sharesWithFacilitators: true });
  return {
    owner,
    matchParty: seller,
    organizationId: owner.id,
    keyId,
    memberId,
    invitationId,
    auditEntryId: await findAuditEntry(owner),
    siteId: place.id,
    flowId: supply.id,
    otherFlowId: input.id,
    matchId,
    exchangeId: exchange.id,
    programmeId: programme.id,
    externalId,
    webhookId: webhook.id,
    deliveryId: await insertDelivery(webhook.id),
  };
}

/** Ids of the right nouns under which there is nothing. */
export function idsOfNothing(externalId = `nothing-${crypto.randomUUID()}`): Ids {
  return {
    organizationId: createId("organization"),
    keyId: createId("apiKey"),
    memberId: createId("member"),
    invitationId: createId("invitation"),
    auditEntryId: createId("auditEntry"),
    siteId: createId("site"),
    flowId: createId("flow"),
    otherFlowId: createId("flow"),
    matchId: idFromUuid("match", crypto.randomUUID()),
    exchangeId: createId("exchange"),
    programmeId: createId("programme"),
    externalId,
    webhookId: createId("webhook"),
    deliveryId: createId("delivery"),
  };
}
