import { type Actor, hasRole, type MemberActor, type Role, type Scope } from "../domain/actor.ts";
import { type AppError, forbidden } from "../domain/errors.ts";

export type Permission = {
  /** The least role of a member; null where members may not at all. */
  role: Role | null;
  /** The scope that a key needs besides; null where any key will do. */
  scope: Scope | null;
  operator: boolean;
  /** Whether a device may; false where absent. */
  device?: true;
};

/** Who may do what: the one table that operations ask and the OpenAPI document shows. */
export const permissions = {
  getMe: { role: "viewer", scope: null, operator: true, device: true },
  leaveOrganization: { role: "viewer", scope: null, operator: false },
  readOwnPersonalData: { role: "viewer", scope: null, operator: false },
  eraseSelf: { role: "viewer", scope: null, operator: false },
  listMembers: { role: "owner", scope: "members:manage", operator: true },
  getMember: { role: "owner", scope: "members:manage", operator: true },
  updateMember: { role: "owner", scope: "members:manage", operator: false },
  removeMember: { role: "owner", scope: "members:manage", operator: false },
  readPersonalData: { role: "owner", scope: "members:manage", operator: false },
  eraseMember: { role: "owner", scope: "members:manage", operator: false },
  listInvitations: { role: "owner", scope: "members:manage", operator: true },
  createInvitation: { role: "owner", scope: "members:manage", operator: true },
  withdrawInvitation: { role: "owner", scope: "members:manage", operator: true },
  listAuditEntries: { role: "owner", scope: "members:manage", operator: true },
  getAuditEntry: { role: "owner", scope: "members:manage", operator: true },
  listOrganizations: { role: "viewer", scope: "flows:read", operator: true },
  getOrganization: { role: "viewer", scope: "flows:read", operator: true },
  createOrganization: { role: null, scope: null, operator: true },
  updateOrganization: { role: "owner", scope: "members:manage", operator: true },
  deleteOrganization: { role: "owner", scope: "members:manage", operator: true },
  listApiKeys: { role: "owner", scope: "keys:manage", operator: false },
  getApiKey: { role: "owner", scope: "keys:manage", operator: false },
  createApiKey: { role: "owner", scope: "keys:manage", operator: false },
  rotateApiKey: { role: "owner", scope: "keys:manage", operator: false },
  revokeApiKey: { role: "owner", scope: "keys:manage", operator: false },
  listSites: { role: "viewer", scope: "flows:read", operator: true },
  getSite: { role: "viewer", scope: "flows:read", operator: true },
  createSite: { role: "editor", scope: "flows:write", operator: false },
  putSite: { role: "editor", scope: "flows:write", operator: false },
  updateSite: { role: "editor", scope: "flows:write", operator: false },
  deleteSite: { role: "editor", scope: "flows:write", operator: false },
  listFlows: { role: "viewer", scope: "flows:read", operator: true },
  getFlow: { role: "viewer", scope: "flows:read", operator: true },
  createFlow: { role: "editor", scope: "flows:write", operator: false },
  putFlow: { role: "editor", scope: "flows:write", operator: false },
  updateFlow: { role: "editor", scope: "flows:write", operator: false },
  deleteFlow: { role: "editor", scope: "flows:write", operator: false },
  moveFlow: { role: "editor", scope: "flows:write", operator: false },
  listFlowMatches: { role: "viewer", scope: "matches:read", operator: true },
  listNearMisses: { role: "viewer", scope: "matches:read", operator: true },
  previewMatches: { role: "viewer", scope: "matches:read", operator: false },
  evaluateMatch: { role: "viewer", scope: "matches:read", operator: true },
  listMatches: { role: "viewer", scope: "matches:read", operator: true },
  getMatch: { role: "viewer", scope: "matches:read", operator: true },
  moveMatch: { role: "editor", scope: "matches:write", operator: false },
  listExchanges: { role: "viewer", scope: "matches:read", operator: true },
  getExchange: { role: "viewer", scope: "matches:read", operator: true },
  putExchange: { role: "owner", scope: "matches:write", operator: true },
  updateExchange: { role: "owner", scope: "matches:write", operator: false },
  advanceExchange: { role: "editor", scope: "matches:write", operator: true },
  listProgrammes: { role: "viewer", scope: "flows:read", operator: true },
  getProgramme: { role: "viewer", scope: "flows:read", operator: true },
  createProgramme: { role: "owner", scope: "members:manage", operator: false },
  updateProgramme: { role: "owner", scope: "members:manage", operator: false },
  deleteProgramme: { role: "owner", scope: "members:manage", operator: false },
  listParticipants: { role: "viewer", scope: "flows:read", operator: true },
  inviteToProgramme: { role: "editor", scope: "matches:write", operator: false },
  removeParticipant: { role: "owner", scope: "members:manage", operator: false },
  getParticipation: { role: "viewer", scope: "flows:read", operator: false },
  joinProgramme: { role: "owner", scope: "members:manage", operator: false },
  updateParticipation: { role: "owner", scope: "members:manage", operator: false },
  leaveProgramme: { role: "owner", scope: "members:manage", operator: false },
  listEvents: { role: "viewer", scope: null, operator: true },
  streamEvents: { role: "viewer", scope: null, operator: true },
  createEventTicket: { role: "viewer", scope: null, operator: true },
  readOutbox: { role: null, scope: null, operator: true },
  listDeadLetters: { role: null, scope: null, operator: true },
  replayDeadLetters: { role: null, scope: null, operator: true },
  readNetwork: { role: "viewer", scope: "matches:read", operator: true },
  readGraph: { role: null, scope: null, operator: true },
  rebuildGraph: { role: null, scope: null, operator: true },
  reconcileGraph: { role: null, scope: null, operator: true },
  listWebhooks: { role: "owner", scope: "webhooks:manage", operator: false },
  getWebhook: { role: "owner", scope: "webhooks:manage", operator: false },
  createWebhook: { role: "owner", scope: "webhooks:manage", operator: false },
  updateWebhook: { role: "owner", scope: "webhooks:manage", operator: false },
  deleteWebhook: { role: "owner", scope: "webhooks:manage", operator: false },
  rotateWebhookSecret: { role: "owner", scope: "webhooks:manage", operator: false },
  testWebhook: { role: "owner", scope: "webhooks:manage", operator: false },
  listDeliveries: { role: "owner", scope: "webhooks:manage", operator: false },
  getDelivery: { role: "owner", scope: "webhooks:manage", operator: false },
  redeliver: { role: "owner", scope: "webhooks:manage", operator: false },
  getRoom: { role: "viewer", scope: "rooms:join", operator: false },
  createRoomTicket: { role: "viewer", scope: "rooms:join", operator: false },
  joinRoom: { role: "viewer", scope: "rooms:join", operator: false },
  listRoomEvents: { role: "viewer", scope: "rooms:join", operator: false },
  getRoomDocument: { role: "viewer", scope: "rooms:join", operator: false },
  putRoomDocument: { role: "editor", scope: "rooms:join", operator: false },
  drainRooms: { role: null, scope: null, operator: true },
  introduceFlows: { role: "editor", scope: "matches:write", operator: false },
} as const satisfies Record<string, Permission>;

export type OperationName = keyof typeof permissions;

/** Refuses, with what is needed, whoever may not do this. */
export function authorize(actor: Actor, operation: OperationName): void {
  const refusal = findRefusal(actor, operation);
  if (refusal) throw refusal;
}

/** Why somebody may not do this, with what is needed; null where they may. */
export function findRefusal(actor: Actor, operation: OperationName): AppError | null {
  const { role, scope, operator, device }: Permission = permissions[operation];
  if (actor.kind === "operator")
    return operator
      ? null
      : forbidden("member_needed", "This is for members of an organization; the operator's key cannot do it.");
  if (actor.kind === "device")
    return device
      ? null
      : forbidden("member_needed", "This is for members of an organization; a device's key only pushes readings.");
  if (role === null) return forbidden("operator_needed", "This is the operator's to do.");
  if (!hasRole(actor, role))
    return forbidden("role_too_small", `This needs the role ${role}; yours is ${actor.role}.`, { role });
  if (scope !== null && !actor.scopes.includes(scope))
    return forbidden("scope_missing", `This needs a key with the scope ${scope}.`, { scope });
  return null;
}

/** The same for what only members do, giving the member back. */
export function authorizeMember(actor: Actor, operation: OperationName): MemberActor {
  authorize(actor, operation);
  if (actor.kind !== "member") throw forbidden("member_needed", "This is for members of an organization.");
  return actor;
}
