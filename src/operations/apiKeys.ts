import { hasRole } from "../domain/actor.ts";
import type { ApiKeyContent, ApiKeyRecord } from "../domain/apiKey.ts";
import {
  conflict,
  type FieldError,
  forbidden,
  invalid,
  invalidField,
  notFound,
  preconditionFailed,
} from "../domain/errors.ts";
import { type ApiKeyId, createId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import type { RequestContext } from "./context.ts";
import { authorizeMember } from "./permissions.ts";

/** A new key with its text, which is in this answer and nowhere else. */
export type IssuedKey = { record: ApiKeyRecord; text: string; replayed: boolean };

const maximumLifetimeYears = 5;

export async function listApiKeys(context: RequestContext, page: Page): Promise<Paged<ApiKeyRecord>> {
  authorizeMember(context.actor, "listApiKeys");
  return context.services.apiKeys.list(context, page);
}

export async function getApiKey(context: RequestContext, id: ApiKeyId): Promise<ApiKeyRecord> {
  authorizeMember(context.actor, "getApiKey");
  const key = await context.services.apiKeys.find(context, id);
  if (!key) throw notFound("api_key");
  return key;
}

/** Makes a key that can do no more than the caller, whose member it belongs to and ends with. */
export async function createApiKey(context: RequestContext, content: ApiKeyContent): Promise<IssuedKey> {
  const { organizationId, memberId } = authorizeMember(context.actor, "createApiKey");
  const faults = [...faultsOfPower(context, content), ...faultsOfExpiry(context, content.expiresAt)];
  if (faults.length > 0) throw invalid(faults);
  const id = createId("apiKey");
  const issued = await issueText(context, id);
  const changed = await context.services.apiKeys.create(
    context,
    organizationId,
    { ...content, ...issued.record, id, memberId },
    [{ op: "add", path: "", value: content }],
  );
  if (!changed) throw invalidField("/flowIds", "unknown_flow", "your organization has no such flow");
  return shown(context, changed.value, changed.replayed, issued.text);
}

/**
 * Replaces a key by a new one that may do the same, and so no more than the caller; the old one works on for the overlap. A
 * member's key is that member's alone to replace, for whoever has its text speaks for the member.
 */
export async function rotateApiKey(context: RequestContext, id: ApiKeyId, overlapSeconds: number): Promise<IssuedKey> {
  authorizeMember(context.actor, "rotateApiKey");
  const old = await context.services.apiKeys.find(context, id);
  if (!old) throw notFound("api_key");
  assertOwn(context, old);
  assertWithinOwnPower(context, old);
  const nextId = createId("apiKey");
  const issued = await issueText(context, nextId);
  const written = await context.services.apiKeys.rotate(
    context,
    id,
    { ...issued.record, id: nextId },
    new Date(context.at.getTime() + overlapSeconds * 1_000),
  );
  if (written.kind === "missing") throw notFound("api_key");
  if (written.kind === "refused") throw conflict("key_not_active", "This key is revoked, expired or replaced already.");
  return shown(context, written.value, written.replayed, issued.text);
}

/** Ends a key: every isolate refuses it within five seconds. One that is revoked stays so. */
export async function revokeApiKey(context: RequestContext, id: ApiKeyId, ifMatch: number | null): Promise<void> {
  authorizeMember(context.actor, "revokeApiKey");
  const written = await context.services.apiKeys.revoke(context, id, ifMatch);
  if (written.kind === "missing") throw notFound("api_key");
  if (written.kind === "refused" && !written.current.isRevoked) throw preconditionFailed(written.current.version);
}

/** With an Idempotency-Key the text follows from it and the key's id, so that a repeat shows the same. */
function issueText({ services, idempotency }: RequestContext, id: ApiKeyId) {
  return services.issueKey(idempotency && `${idempotency.key} ${id}`);
}

async function shown(
  context: RequestContext,
  record: ApiKeyRecord,
  replayed: boolean,
  text: string,
): Promise<IssuedKey> {
  // A repeat may be somebody else's, by the same Idempotency-Key.
  assertOwn(context, record);
  return { record, replayed, text: replayed ? (await issueText(context, record.id)).text : text };
}

function assertOwn({ actor }: RequestContext, { memberId }: ApiKeyRecord): void {
  if (memberId !== null && (actor.kind !== "member" || actor.memberId !== memberId))
    throw forbidden("not_own_key", "This is another member's key: only that member gets its text. It can be revoked.");
}

function assertWithinOwnPower({ actor }: RequestContext, { role, scopes }: ApiKeyRecord): void {
  if (actor.kind !== "member") return;
  if (!hasRole(actor, role))
    throw forbidden("role_too_small", `That key may do what needs the role ${role}.`, { role });
  const scope = scopes.find((each) => !actor.scopes.includes(each));
  if (scope) throw forbidden("scope_missing", `That key may do what needs the scope ${scope}.`, { scope });
}

function faultsOfPower({ actor }: RequestContext, { role, scopes }: ApiKeyContent): FieldError[] {
  if (actor.kind !== "member") return [];
  const faults: FieldError[] = scopes.flatMap((scope, index) =>
    actor.scopes.includes(scope)
      ? []
      : [{ pointer: `/scopes/${index}`, code: "beyond_own_scopes", message: `is not among your own scopes: ${scope}` }],
  );
  if (!hasRole(actor, role))
    faults.push({ pointer: "/role", code: "beyond_own_role", message: `is more than your own role, ${actor.role}` });
  return faults;
}

function faultsOfExpiry({ at }: RequestContext, expiresAt: string | null): FieldError[] {
  if (expiresAt === null) return [];
  const expires = new Date(expiresAt);
  const latest = new Date(at);
  latest.setUTCFullYear(latest.getUTCFullYear() + maximumLifetimeYears);
  if (expires > at && expires <= latest) return [];
  const message = `lies in the past or more than ${maximumLifetimeYears} years ahead`;
  return [{ pointer: "/expiresAt", code: "out_of_range", message }];
}
