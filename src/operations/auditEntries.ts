import type { AuditEntry } from "../domain/auditEntry.ts";
import { notFound } from "../domain/errors.ts";
import type { AuditEntryId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import type { AuditFilter } from "../stores/records/auditEntries.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";

export async function listAuditEntries(
  context: RequestContext,
  filter: AuditFilter,
  page: Page,
): Promise<Paged<AuditEntry>> {
  authorize(context.actor, "listAuditEntries");
  return context.services.auditEntries.list(context, filter, page);
}

export async function getAuditEntry(context: RequestContext, id: AuditEntryId): Promise<AuditEntry> {
  authorize(context.actor, "getAuditEntry");
  const entry = await context.services.auditEntries.find(context, id);
  if (!entry) throw notFound("audit_entry");
  return entry;
}
