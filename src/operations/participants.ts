import type { Changed } from "../domain/change.ts";
import { conflict, forbidden, notFound, preconditionFailed } from "../domain/errors.ts";
import type { OrganizationId, ProgrammeId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import {
  maximumParticipants,
  type Participant,
  type Participation,
  type ParticipationContent,
  participationContentSchema,
} from "../domain/programme.ts";
import type { RequestContext } from "./context.ts";
import { authorize, authorizeMember } from "./permissions.ts";
import { describeChange, mergeContent, revise } from "./revision.ts";

export async function listParticipants(
  context: RequestContext,
  id: ProgrammeId,
  page: Page,
): Promise<Paged<Participant>> {
  authorize(context.actor, "listParticipants");
  const found = await context.services.participants.list(context, id, page);
  if (found === "no_programme") throw notFound("programme");
  if (found === "not_joined") throw forbidden("not_joined", "Join the programme to see who takes part in it.");
  return found;
}

/**
 * Invites an organization by its id. Whether there is one under that id shows only when it joins: the answer, and the list of
 * participants, are the same for an id of nothing.
 */
export async function inviteToProgramme(
  context: RequestContext,
  id: ProgrammeId,
  organizationId: OrganizationId,
): Promise<Changed<Participation>> {
  authorizeMember(context.actor, "inviteToProgramme");
  const invited = await context.services.participants.invite(context, id, organizationId, [
    { op: "add", path: "/participants/-", value: organizationId },
  ]);
  if (invited === "no_programme") throw notFound("programme");
  if (invited === "invited") throw organizationConflict("already_invited", "is invited already");
  if (invited === "joined") throw organizationConflict("already_joined", "takes part already");
  if (invited === "full")
    throw conflict("programme_full", `A programme has at most ${maximumParticipants} participants and invitations.`);
  return invited;
}

/** Takes back an invitation, or ends another organization's participation. */
export async function removeParticipant(
  context: RequestContext,
  id: ProgrammeId,
  organizationId: OrganizationId,
  ifMatch: number | null,
): Promise<void> {
  authorizeMember(context.actor, "removeParticipant");
  const written = await context.services.participants.remove(context, id, organizationId, ifMatch);
  if (written.kind === "missing") throw notFound("participant");
  if (written.kind === "refused") {
    if (written.current.version !== ifMatch && ifMatch !== null) throw preconditionFailed(written.current.version);
    throw notFound("participant");
  }
}

export async function getParticipation(context: RequestContext, id: ProgrammeId): Promise<Participation> {
  const { organizationId } = authorizeMember(context.actor, "getParticipation");
  const participation = await context.services.participations.findOwn(context, organizationId, id);
  if (!participation) throw notFound("participation");
  return participation;
}

/** Joins a programme that the caller's organization is invited to. */
export async function joinProgramme(
  context: RequestContext,
  id: ProgrammeId,
  content: ParticipationContent,
): Promise<Changed<Participation>> {
  const { organizationId } = authorizeMember(context.actor, "joinProgramme");
  const written = await context.services.participations.join(context, organizationId, id, content, [
    { op: "add", path: "", value: content },
  ]);
  if (written.kind === "written") return written;
  if (written.kind === "refused" && written.current.state === "joined")
    throw conflict("already_joined", "Your organization takes part in this programme already.");
  throw notFound("participation");
}

/** Gives facilitators the organization's consent, or takes it back: from then on they see nothing by it. */
export async function updateParticipation(
  context: RequestContext,
  id: ProgrammeId,
  patch: object,
  ifMatch: number | null,
): Promise<Participation> {
  const { organizationId } = authorizeMember(context.actor, "updateParticipation");
  const { participations } = context.services;
  return revise(
    "participation",
    ifMatch,
    async () => participations.findOwn(context, organizationId, id),
    async (current) => {
      const before: ParticipationContent = { sharesWithFacilitators: current.sharesWithFacilitators };
      const content = mergeContent(participationContentSchema, before, patch);
      const changes = describeChange(before, content);
      if (current.state !== "joined")
        throw conflict("not_joined", "Your organization is invited; it says what it shares when it joins.");
      return changes.length === 0 ? "unchanged" : participations.update(context, current, content, changes);
    },
  );
}

/** Leaves a programme, or declines the invitation to it. */
export async function leaveProgramme(context: RequestContext, id: ProgrammeId): Promise<Changed<null>> {
  const { organizationId } = authorizeMember(context.actor, "leaveProgramme");
  const written = await context.services.participations.leave(context, organizationId, id);
  if (written.kind !== "written") throw notFound("participation");
  return { value: null, replayed: written.replayed };
}

function organizationConflict(reason: string, message: string) {
  return conflict(reason, `This organization ${message}.`, [{ pointer: "/organizationId", code: reason, message }]);
}
