import type { ApiKeyId, FlowId, MemberId, OrganizationId } from "./ids.ts";

export const roles = ["viewer", "editor", "owner"] as const;
export type Role = (typeof roles)[number];

export const scopes = [
  "flows:read",
  "flows:write",
  "matches:read",
  "matches:write",
  "rooms:join",
  "measurements:write",
  "webhooks:manage",
  "members:manage",
  "keys:manage",
  "operations",
] as const;
export type Scope = (typeof scopes)[number];

/** Whoever asks: the operator of this deployment, or a person, key or device of one organization. */
export type Actor = OperatorActor | MemberActor | DeviceActor;

/** `isUnattended` where nobody asks: what consumers and the schedule read for their work, nobody gets to see. */
export type OperatorActor = { kind: "operator"; credential: string; isUnattended?: true };

export type MemberActor = {
  kind: "member";
  organizationId: OrganizationId;
  memberId: MemberId | null;
  role: Role;
  scopes: readonly Scope[];
  credential: ApiKeyId | SignInCredential;
};

/** What the audit log keeps of a sign-in: the first characters of the SHA-256 of the token, which is not kept itself. */
export type SignInCredential = `sign_in:${string}`;

/** A meter or a historian: a key that may do nothing but push the readings of the flows it names. */
export type DeviceActor = {
  kind: "device";
  organizationId: OrganizationId;
  flowIds: readonly FlowId[];
  scopes: readonly ["measurements:write"];
  credential: ApiKeyId;
};

const scopesByRole: Record<Role, readonly Scope[]> = {
  viewer: ["flows:read", "matches:read", "rooms:join"],
  editor: ["flows:write", "matches:write", "measurements:write"],
  owner: ["webhooks:manage", "members:manage", "keys:manage"],
};

/** All that a role can be given: what a person who signs in may do. */
export function scopesOfRole(role: Role): Scope[] {
  return roles.slice(0, roles.indexOf(role) + 1).flatMap((each) => scopesByRole[each]);
}

/** Each role may do what the ones before it may. */
export function hasRole(actor: MemberActor, needed: Role): boolean {
  return roles.indexOf(actor.role) >= roles.indexOf(needed);
}

/** The role of the two that may do less. */
export function smallerRole(one: Role, other: Role): Role {
  return roles.indexOf(one) <= roles.indexOf(other) ? one : other;
}
