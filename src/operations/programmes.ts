import type { Changed } from "../domain/change.ts";
import { notFound, preconditionFailed } from "../domain/errors.ts";
import { createId, type ProgrammeId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import { type Programme, type ProgrammeContent, programmeContentSchema } from "../domain/programme.ts";
import type { ProgrammeFilter } from "../stores/records/programmes.ts";
import type { RequestContext } from "./context.ts";
import { authorize, authorizeMember } from "./permissions.ts";
import { describeChange, mergeContent, ownRecord, revise } from "./revision.ts";

export async function listProgrammes(
  context: RequestContext,
  filter: ProgrammeFilter,
  page: Page,
): Promise<Paged<Programme>> {
  authorize(context.actor, "listProgrammes");
  return context.services.programmes.list(context, filter, page);
}

export async function getProgramme(context: RequestContext, id: ProgrammeId): Promise<Programme> {
  authorize(context.actor, "getProgramme");
  const programme = await context.services.programmes.find(context, id);
  if (!programme) throw notFound("programme");
  return programme;
}

/** Begins a programme that the caller's organization facilitates; it takes part only if it joins like any other. */
export async function createProgramme(context: RequestContext, content: ProgrammeContent): Promise<Changed<Programme>> {
  const { organizationId } = authorizeMember(context.actor, "createProgramme");
  const at = context.at.toISOString();
  const programme = { ...content, id: createId("programme"), organizationId, version: 1, createdAt: at, updatedAt: at };
  return context.services.programmes.create(context, programme, [{ op: "add", path: "", value: content }]);
}

export async function updateProgramme(
  context: RequestContext,
  id: ProgrammeId,
  patch: object,
  ifMatch: number | null,
): Promise<Programme> {
  const { organizationId } = authorizeMember(context.actor, "updateProgramme");
  const { programmes } = context.services;
  return revise(
    "programme",
    ifMatch,
    async () => ownRecord(await programmes.find(context, id), organizationId),
    async (current) => {
      const before: ProgrammeContent = { name: current.name, description: current.description };
      const content = mergeContent(programmeContentSchema, before, patch);
      const changes = describeChange(before, content);
      return changes.length === 0 ? "unchanged" : programmes.update(context, id, current.version, content, changes);
    },
  );
}

/** Closes a programme for good: what its participants saw of each other through it alone is hidden again. */
export async function closeProgramme(context: RequestContext, id: ProgrammeId, ifMatch: number | null): Promise<void> {
  authorizeMember(context.actor, "deleteProgramme");
  const written = await context.services.programmes.close(context, id, ifMatch);
  if (written.kind === "missing") throw notFound("programme");
  if (written.kind === "refused") throw preconditionFailed(written.current.version);
}
