import { findCell } from "../domain/cell.ts";
import type { Changed, Expectation } from "../domain/change.ts";
import { conflict, notFound, preconditionFailed } from "../domain/errors.ts";
import { createId, type OrganizationId, type SiteId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import { type Site, type SiteContent, siteContentSchema } from "../domain/site.ts";
import type { SiteFilter } from "../stores/records/sites.ts";
import type { RequestContext } from "./context.ts";
import { authorize, authorizeMember } from "./permissions.ts";
import { assertSameExternalId, settlePut } from "./replacement.ts";
import { describeChange, mergeContent, ownRecord, revise } from "./revision.ts";

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
  const site = newSite(context, organizationId, content);
  const cell = await findCell(site.location.coordinates);
  return context.services.sites.create(context, site, cell, [{ op: "add", path: "", value: content }]);
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
  const cell = await findCell(site.location.coordinates);
  const written = await context.services.sites.put(context, site, cell, expectation, [
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
      if (changes.length === 0) return "unchanged";
      const cell = await findCell(content.location.coordinates);
      return sites.update(context, id, current.version, content, cell, changes);
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
