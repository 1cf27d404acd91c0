import type { MemberActor } from "../domain/actor.ts";
import type { Changed } from "../domain/change.ts";
import { conflict, invalidField, notFound, preconditionFailed } from "../domain/errors.ts";
import { createId, type InvitationId, type MemberId, type OrganizationId } from "../domain/ids.ts";
import {
  type Invitation,
  type InvitationContent,
  type MemberChange,
  type MemberRecord,
  memberPatchableSchema,
} from "../domain/member.ts";
import type { Page, Paged } from "../domain/page.ts";
import type { PersonalData } from "../stores/records/members.ts";
import type { RequestContext } from "./context.ts";
import { authorize, authorizeMember } from "./permissions.ts";
import { describeChange, mergeContent, revise } from "./revision.ts";

export async function listMembers(
  context: RequestContext,
  organizationId: OrganizationId,
  page: Page,
): Promise<Paged<MemberRecord>> {
  authorize(context.actor, "listMembers");
  assertOwn(context, organizationId);
  return context.services.members.list(context, organizationId, page);
}

export async function getMember(
  context: RequestContext,
  organizationId: OrganizationId,
  id: MemberId,
): Promise<MemberRecord> {
  authorize(context.actor, "getMember");
  const member = await context.services.members.find(context, organizationId, id);
  if (!member) throw notFound("member");
  return member;
}

/** Changes a member's name or role by merge patch; an organization keeps an owner. */
export async function updateMember(
  context: RequestContext,
  organizationId: OrganizationId,
  id: MemberId,
  patch: object,
  ifMatch: number | null,
): Promise<MemberRecord> {
  authorizeMember(context.actor, "updateMember");
  const { members } = context.services;
  return revise(
    "member",
    ifMatch,
    async () => members.find(context, organizationId, id),
    async (current) => {
      const before: MemberChange = { name: current.name, role: current.role };
      const content = mergeContent(memberPatchableSchema, before, patch);
      const changes = describeChange(before, content);
      return changes.length === 0 ? "unchanged" : members.update(context, current, content, changes);
    },
  );
}

export async function removeMember(
  context: RequestContext,
  organizationId: OrganizationId,
  id: MemberId,
  ifMatch: number | null,
): Promise<void> {
  authorizeMember(context.actor, "removeMember");
  await remove(context, organizationId, id, ifMatch);
}

/** Ends the caller's own membership, whatever its role. */
export async function leaveOrganization(context: RequestContext): Promise<void> {
  const { organizationId, memberId } = personOf(authorizeMember(context.actor, "leaveOrganization"));
  await remove(context, organizationId, memberId, null);
}

async function remove(
  context: RequestContext,
  organizationId: OrganizationId,
  id: MemberId,
  ifMatch: number | null,
): Promise<void> {
  const written = await context.services.members.remove(context, organizationId, id, ifMatch);
  if (written.kind === "missing") throw notFound("member");
  if (written.kind === "refused") throw preconditionFailed(written.current.version);
}

/** Everything that is kept of a member, for whoever answers such a request (GDPR, article 15). */
export async function readPersonalData(
  context: RequestContext,
  organizationId: OrganizationId,
  id: MemberId,
): Promise<PersonalData> {
  authorizeMember(context.actor, "readPersonalData");
  return findPersonalData(context, organizationId, id);
}

export async function readOwnPersonalData(context: RequestContext): Promise<PersonalData> {
  const { organizationId, memberId } = personOf(authorizeMember(context.actor, "readOwnPersonalData"));
  return findPersonalData(context, organizationId, memberId);
}

async function findPersonalData(
  context: RequestContext,
  organizationId: OrganizationId,
  id: MemberId,
): Promise<PersonalData> {
  const data = await context.services.members.readPersonalData(context, organizationId, id);
  if (!data) throw notFound("member");
  return data;
}

/** Forgets a person (GDPR, article 17); what the organization did stays, and by whom does not. */
export async function eraseMember(
  context: RequestContext,
  organizationId: OrganizationId,
  id: MemberId,
): Promise<void> {
  authorizeMember(context.actor, "eraseMember");
  await erase(context, organizationId, id);
}

export async function eraseSelf(context: RequestContext): Promise<void> {
  const { organizationId, memberId } = personOf(authorizeMember(context.actor, "eraseSelf"));
  await erase(context, organizationId, memberId);
}

async function erase(context: RequestContext, organizationId: OrganizationId, id: MemberId): Promise<void> {
  const written = await context.services.members.erase(context, organizationId, id);
  if (written.kind !== "written") throw notFound("member");
}

const usualInvitationDays = 14;
const longestInvitationDays = 90;
const dayMs = 86_400_000;

export async function listInvitations(
  context: RequestContext,
  organizationId: OrganizationId,
  page: Page,
): Promise<Paged<Invitation>> {
  authorize(context.actor, "listInvitations");
  assertOwn(context, organizationId);
  return context.services.invitations.list(context, organizationId, page);
}

/** Lets whoever signs in with this e-mail, verified by the provider, become a member; no more than the caller may be. */
export async function createInvitation(
  context: RequestContext,
  organizationId: OrganizationId,
  { expiresAt, ...content }: InvitationContent,
): Promise<Changed<Invitation>> {
  authorize(context.actor, "createInvitation");
  const now = context.at.getTime();
  const expires = expiresAt === null ? now + usualInvitationDays * dayMs : Date.parse(expiresAt);
  if (expires <= now || expires > now + longestInvitationDays * dayMs)
    throw invalidField(
      "/expiresAt",
      "out_of_range",
      `lies in the past or more than ${longestInvitationDays} days ahead`,
    );
  const at = context.at.toISOString();
  const created = await context.services.invitations.create(
    context,
    {
      ...content,
      id: createId("invitation"),
      organizationId,
      expiresAt: new Date(expires).toISOString(),
      acceptedAt: null,
      withdrawnAt: null,
      memberId: null,
      version: 1,
      createdAt: at,
      updatedAt: at,
    },
    [{ op: "add", path: "", value: content }],
  );
  if (created === "no_organization") throw notFound("organization");
  if (created === "member") throw emailConflict("email_taken", "is a member's of the organization already");
  if (created === "invited") throw emailConflict("already_invited", "is invited already");
  return created;
}

export async function withdrawInvitation(
  context: RequestContext,
  organizationId: OrganizationId,
  id: InvitationId,
  ifMatch: number | null,
): Promise<void> {
  authorize(context.actor, "withdrawInvitation");
  const written = await context.services.invitations.withdraw(context, organizationId, id, ifMatch);
  if (written.kind === "missing") throw notFound("invitation");
  if (written.kind === "refused") throw preconditionFailed(written.current.version);
}

function emailConflict(reason: string, message: string) {
  return conflict(reason, `This e-mail ${message}.`, [{ pointer: "/email", code: reason, message }]);
}

/** A list of another organization's is as though that organization did not exist. */
function assertOwn({ actor }: RequestContext, organizationId: OrganizationId): void {
  if (actor.kind !== "operator" && actor.organizationId !== organizationId) throw notFound("organization");
}

function personOf({ organizationId, memberId }: MemberActor): { organizationId: OrganizationId; memberId: MemberId } {
  if (memberId === null) throw conflict("not_a_person", "This is a key of the organization itself, and of no person.");
  return { organizationId, memberId };
}
