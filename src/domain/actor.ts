import type { ApiKeyId, MemberId, OrganizationId } from "./ids.ts";

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

/** Whoever asks: the operator of this deployment, or somebody of one organization. */
export type Actor = OperatorActor | MemberActor;

export type OperatorActor = { kind: "operator"; credential: string };

export type MemberActor = {
  kind: "member";
  organizationId: OrganizationId;
  memberId: MemberId | null;
  role: Role;
  scopes: readonly Scope[];
  credential: ApiKeyId;
};

/** Each role may do what the ones before it may. */
export function hasRole(actor: MemberActor, needed: Role): boolean {
  return roles.indexOf(actor.role) >= roles.indexOf(needed);
}

/** The role of the two that may do less. */
export function smallerRole(one: Role, other: Role): Role {
  return roles.indexOf(one) <= roles.indexOf(other) ? one : other;
}
