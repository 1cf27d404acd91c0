import { type Role, roles, type Scope } from "../domain/actor.ts";
import { type ApiKey, keyScopes } from "../domain/apiKey.ts";
import { forbidden, notFound, preconditionFailed } from "../domain/errors.ts";
import { type ApiKeyId, createId, type OrganizationId } from "../domain/ids.ts";
import type { Member, MemberContent } from "../domain/member.ts";
import { type Organization, type OrganizationContent, organizationContentSchema } from "../domain/organization.ts";
import type { Page, Paged } from "../domain/page.ts";
import type { OrganizationFilter } from "../stores/records/organizations.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";
import { describeChange, mergeContent, revise } from "./revision.ts";

export async function listOrganizations(
  context: RequestContext,
  filter: OrganizationFilter,
  page: Page,
): Promise<Paged<Organization>> {
  authorize(context.actor, "listOrganizations");
  return context.services.organizations.list(context, filter, page);
}

export async function getOrganization(context: RequestContext, id: OrganizationId): Promise<Organization> {
  authorize(context.actor, "getOrganization");
  const organization = await context.services.organizations.find(context, id);
  if (!organization) throw notFound("organization");
  return organization;
}

export type FirstKey = { id: ApiKeyId; key: string; role: "owner"; scopes: Scope[] };

/** Creates an organization, its first owner where one is named, and the first key, whose text is in this answer and nowhere else. */
export async function createOrganization(
  context: RequestContext,
  { owner, ...content }: OrganizationContent & { owner: MemberContent | null },
): Promise<{ organization: Organization; apiKey: FirstKey; replayed: boolean }> {
  authorize(context.actor, "createOrganization");
  const at = context.at.toISOString();
  const organization: Organization = {
    ...content,
    id: createId("organization"),
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  const role = roles[roles.length - 1] as Extract<Role, "owner">;
  const issued = await issueFirstKey(context, organization.id);
  const member: Member | null = owner && { ...owner, id: createId("member"), organizationId: organization.id, role };
  const key: ApiKey = {
    ...issued.record,
    memberId: member?.id ?? null,
    name: "First key",
    role,
    scopes: keyScopes,
    expiresAt: null,
    flowIds: null,
  };
  const { value, replayed } = await context.services.organizations.create(context, organization, key, member, [
    { op: "add", path: "", value: content },
  ]);
  const { text, record } = replayed ? await issueFirstKey(context, value.id) : issued;
  return { organization: value, apiKey: { id: record.id, key: text, role, scopes: keyScopes }, replayed };
}

/** The organization is part of what a repeated request derives its key from: a day later the same Idempotency-Key makes another. */
function issueFirstKey({ services, idempotency }: RequestContext, id: OrganizationId) {
  return services.issueKey(idempotency && `${idempotency.key} ${id}`);
}

/** Changes an organization by merge patch; whether it is verified is the operator's to say. */
export async function updateOrganization(
  context: RequestContext,
  id: OrganizationId,
  patch: object,
  ifMatch: number | null,
): Promise<Organization> {
  authorize(context.actor, "updateOrganization");
  const { organizations } = context.services;
  return revise(
    "organization",
    ifMatch,
    async () => (isOwn(context, id) ? organizations.find(context, id) : null),
    async (current) => {
      const before = contentOf(current);
      const content = mergeContent(organizationContentSchema, before, patch);
      if (content.verified !== before.verified && context.actor.kind !== "operator")
        throw forbidden("operator_needed", "Whether an organization is verified is the operator's to say.");
      const changes = describeChange(before, content);
      return changes.length === 0 ? "unchanged" : organizations.update(context, id, current.version, content, changes);
    },
  );
}

/** Others may see an organization and not change it; to them there is none to change. */
function isOwn({ actor }: RequestContext, id: OrganizationId): boolean {
  return actor.kind === "operator" || actor.organizationId === id;
}

/** Closes an organization for good: its flows are withdrawn and its keys stop working within five seconds. */
export async function closeOrganization(
  context: RequestContext,
  id: OrganizationId,
  ifMatch: number | null,
): Promise<void> {
  authorize(context.actor, "deleteOrganization");
  const written = await context.services.organizations.close(context, id, ifMatch);
  if (written.kind === "missing") throw notFound("organization");
  if (written.kind === "refused") throw preconditionFailed(written.current.version);
}

function contentOf({
  id: _id,
  version: _version,
  createdAt: _createdAt,
  updatedAt: _updatedAt,
  ...content
}: Organization): OrganizationContent {
  return content;
}
