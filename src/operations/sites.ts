import type { Changed, Expectation } from "../domain/change.ts";
import { AppError, conflict, invalidField, notFound, preconditionFailed } from "../domain/errors.ts";
import { createId, type OrganizationId, type SiteId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import { type Site, type SiteContent, siteContentSchema } from "../domain/site.ts";
import type { SiteFilter } from "../stores/records/sites.ts";
import type { RequestContext } from "./context.ts";
import { authorize, authorizeMember } from "./permissions.ts";
import { describeChange, mergeContent, revise } from "./revision.ts";

export async function listSites(context: RequestContext, filter: SiteFilter, page: Page): Promise<Paged<Site>> {
  authorize(context.actor, "listSites");
  return context.services.sites.list(context, filter, page);
}

export async function getSite(context: RequestContext, id: SiteId): Promise<Site> {
  authorize(context.actor, "getSite");
  const site = await context.services.sites.find(context, id);
  if (!site) throw notFound("site");
  return site;
}

export async function createSite(context: RequestContext, content: SiteContent): Promise<Changed<Site>> {
  const { organizationId } = authorizeMember(context.actor, "createSite");
  return context.services.sites.create(context, newSite(context, organizationId, content), [
    { op: "add", path: "", value: content },
  ]);
}

/** Creates the site with this externalId or replaces its content; an equal one stays as it is. */
export async function putSite(
  context: RequestContext,
  externalId: string,
  content: SiteContent,
  expectation: Expectation,
): Promise<{ record: Site; created: boolean }> {
  const { organizationId } = authorizeMember(context.actor, "putSite");
  assertSameExternalId(externalId, content.externalId);
  const site = newSite(context, organizationId, { ...content, externalId });
  const written = await context.services.sites.put(context, site, expectation, [
    { op: "replace", path: "", value: content },
  ]);
  return settlePut(written, expectation, "site");
}

export async function updateSite(
  context: RequestContext,
  id: SiteId,
  patch: object,
  ifMatch: number | null,
): Promise<Site> {
  const { organizationId } = authorizeMember(context.actor, "updateSite");
  const { sites } = context.services;
  return revise(
    "site",
    ifMatch,
    async () => ownRecord(await sites.find(context, id), organizationId),
    async (current) => {
      const before = contentOf(current);
      const content = mergeContent(siteContentSchema, before, patch);
      const changes = describeChange(before, content);
      return changes.length === 0 ? "unchanged" : sites.update(context, id, current.version, content, changes);
    },
  );
}

export async function deleteSite(context: RequestContext, id: SiteId, ifMatch: number | null): Promise<void> {
  authorizeMember(context.actor, "deleteSite");
  const written = await context.services.sites.delete(context, id, ifMatch);
  if (written.kind === "written") return;
  if (written.kind === "missing") throw notFound("site");
  if (ifMatch !== null && written.current.version !== ifMatch) throw preconditionFailed(written.current.version);
  throw conflict("site_has_flows", `${written.current.flows} flows stand on this site; delete or move them first.`);
}

/** What a PUT by externalId came to: a refusal is either a version that has moved on, or content that was there already. */
export function settlePut<Value>(
  written:
    | { kind: "written"; value: { record: Value; created: boolean } }
    | { kind: "refused"; current: { version: number; record: Value } }
    | { kind: "missing" },
  expectation: Expectation,
  noun: string,
): { record: Value; created: boolean } {
  if (written.kind === "written") return written.value;
  if (written.kind === "missing") throw conditionFailed(noun);
  const { version, record } = written.current;
  if (expectation === "absent" || (expectation !== null && expectation.version !== version))
    throw preconditionFailed(version);
  return { record, created: false };
}

/** If-Match asks for a version of something that is not there. */
function conditionFailed(noun: string): AppError {
  return new AppError("precondition_failed", `There is no such ${noun} to replace.`, { reason: "nothing_to_replace" });
}

/** The externalId of a PUT stands in its path; a body that names another is a slip of the caller's. */
export function assertSameExternalId(inPath: string, inBody: string | null): void {
  if (inBody !== null && inBody !== inPath)
    throw invalidField("/externalId", "external_id_mismatch", `must be the one in the path, ${inPath}`);
}

/** A record that the caller may see, but change only when it is its own organization's. */
export function ownRecord<Value extends { organizationId: OrganizationId }>(
  record: Value | null,
  organizationId: OrganizationId,
): Value | null {
  return record?.organizationId === organizationId ? record : null;
}

function newSite(context: RequestContext, organizationId: OrganizationId, content: SiteContent): Site {
  const at = context.at.toISOString();
  return { ...content, id: createId("site"), organizationId, version: 1, createdAt: at, updatedAt: at };
}

function contentOf({
  id: _id,
  organizationId: _organizationId,
  version: _version,
  createdAt: _createdAt,
  updatedAt: _updatedAt,
  ...content
}: Site): SiteContent {
  return content;
}
