import { env } from "cloudflare:workers";
import type { Role, Scope } from "../../../src/domain/actor.ts";
import {
  createId,
  type DeliveryId,
  type MemberId,
  type OrganizationId,
  uuidOf,
  type WebhookId,
} from "../../../src/domain/ids.ts";
import { createApiKeyText } from "../../../src/platform/auth/apiKeyText.ts";
import { computeDigest, toHex } from "../../../src/platform/auth/keyDigest.ts";
import { type Json, operatorKey, succeed } from "./client.ts";
import { query } from "./database.ts";

export type Tenant = { id: OrganizationId; key: string; organization: Json };

export const allScopes = [
  "flows:read",
  "flows:write",
  "matches:read",
  "matches:write",
  "members:manage",
  "keys:manage",
  "webhooks:manage",
] as const;

/** A new organization with its first owner key, made as the operator makes them. */
export async function createTenant(content: object = {}): Promise<Tenant> {
  const body = { name: "Test works", country: "DK", ...content };
  const { apiKey, ...organization } = await succeed(201, "POST", "/v1/organizations", { key: operatorKey, body });
  return { id: organization.id, key: apiKey.key, organization };
}

/** A further key of an organization, made by its owner: what is kept of it, and its text as `key`. */
export async function createKey(tenant: Tenant, content: object = {}): Promise<Json> {
  const body = { name: "Further", role: "owner", scopes: allScopes, ...content };
  return succeed(201, "POST", "/v1/api-keys", { key: tenant.key, body });
}

/** A further key of an organization as only the database could hold one, written beside the API. */
export async function insertKey(
  tenant: Tenant,
  {
    role,
    scopes,
    expiresAt = null,
    memberId = null,
  }: { role: Role; scopes: readonly Scope[]; expiresAt?: string | null; memberId?: MemberId | null },
): Promise<string> {
  const text = createApiKeyText("live");
  const digest = toHex(await computeDigest(env.KEY_PEPPER, "api-key", text));
  await query(
    `INSERT INTO api_keys (id, organization_id, name, digest, hint, role, scopes, created_at, expires_at, member_id)
      VALUES ($1, $2, 'Limited', decode($3, 'hex'), $4, $5, $6::text[], '2020-01-01', $7, $8)`,
    uuidOf(createId("apiKey")),
    uuidOf(tenant.id),
    digest,
    text.slice(-4),
    role,
    `{${scopes.join(",")}}`,
    expiresAt,
    memberId && uuidOf(memberId),
  );
  return text;
}

/** A member of an organization as a sign-in would have made it, written beside the API; its id. */
export async function insertMember(
  tenant: Tenant,
  {
    role = "viewer",
    email = `${crypto.randomUUID()}@example.org`,
    name = "Kim",
  }: { role?: Role; email?: string; name?: string } = {},
): Promise<MemberId> {
  const id = createId("member");
  await query(
    "INSERT INTO members (id, organization_id, email, name, role, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, now(), now())",
    uuidOf(id),
    uuidOf(tenant.id),
    email,
    name,
    role,
  );
  return id;
}

export async function invite(tenant: Tenant, content: object = {}): Promise<Json> {
  const body = { name: "Ingrid", email: `${crypto.randomUUID()}@example.org`, ...content };
  return succeed(201, "POST", `/v1/organizations/${tenant.id}/invitations`, { key: tenant.key, body });
}

/** The id of the newest entry of an organization's audit log. */
export async function findAuditEntry(tenant: Tenant): Promise<string> {
  const { data } = await succeed(200, "GET", "/v1/audit-entries?limit=1", { key: tenant.key });
  return data[0].id;
}

export function siteContent(content: object = {}): Json {
  return {
    name: "Works",
    location: { type: "Point", coordinates: randomPlace() },
    timeZone: "Europe/Copenhagen",
    country: "DK",
    ...content,
  };
}

export async function createSite(tenant: Tenant, content: object = {}): Promise<Json> {
  return succeed(201, "POST", "/v1/sites", { key: tenant.key, body: siteContent(content) });
}

/** A place where no other test has anything: what moves as steam does not reach the next one. */
export function randomPlace(): [longitude: number, latitude: number] {
  const between = (low: number, high: number) => Math.round((low + Math.random() * (high - low)) * 1e5) / 1e5;
  return [between(-170, 170), between(-60, 60)];
}

export function steamSupply(siteId: string, content: object = {}): Json {
  return {
    siteId,
    direction: "output",
    kind: "steam",
    grade: "process_steam",
    title: "Extraction steam",
    quantity: { amount: 550_000, unit: "t/a" },
    quality: { temperature: { value: 200, unit: "Cel" }, pressure: { minimum: 13, maximum: 15, unit: "bar" } },
    visibility: "public",
    ...content,
  };
}

export function steamNeed(siteId: string, content: object = {}): Json {
  return {
    siteId,
    direction: "input",
    kind: "steam",
    grade: "process_steam",
    title: "Steam for the fermenters",
    quantity: { amount: 215_000, unit: "t/a" },
    quality: { temperature: { minimum: 140, unit: "Cel" }, pressure: { minimum: 8, unit: "bar" } },
    visibility: "public",
    ...content,
  };
}

export async function createFlow(tenant: Tenant, content: object): Promise<Json> {
  return succeed(201, "POST", "/v1/flows", { key: tenant.key, body: content });
}

export type Pair = { seller: Tenant; buyer: Tenant; output: Json; input: Json; matchId: string };

/** A supply and a need a kilometre apart, each of an organization of its own, whose match is recorded. */
export async function createPair(flow: object = {}, need: object = {}): Promise<Pair> {
  const [seller, buyer] = [await createTenant({ name: "Power station" }), await createTenant({ name: "Brewery" })];
  const [longitude, latitude] = randomPlace();
  const place = (coordinates: number[]) => ({ location: { type: "Point", coordinates } });
  const [supplySite, needSite] = [
    await createSite(seller, place([longitude, latitude])),
    await createSite(buyer, place([longitude, latitude + 0.009])),
  ];
  const output = await createFlow(seller, steamSupply(supplySite.id, flow));
  const input = await createFlow(buyer, steamNeed(needSite.id, { ...flow, ...need }));
  const ranked = await succeed(200, "GET", `/v1/flows/${input.id}/matches`, { key: buyer.key });
  return { seller, buyer, output, input, matchId: ranked.data[0]?.matchId };
}

/** An endpoint that answers nobody in the tests: its name is reserved for examples. */
export async function createWebhook(tenant: Tenant, content: object = {}): Promise<Json> {
  const body = { url: "https://erp.example/hooks", events: ["turash.match.*"], ...content };
  return succeed(201, "POST", "/v1/webhooks", { key: tenant.key, body });
}

/** A delivery that failed, written beside the API; its id. */
export async function insertDelivery(webhookId: WebhookId, status = "failed"): Promise<DeliveryId> {
  const id = createId("delivery");
  await query(
    `INSERT INTO webhook_deliveries (id, webhook_id, event_id, type, body, status, attempts, created_at)
      VALUES ($1, $2, $3, 'turash.match.suggested', '{}', $4, 10, now())`,
    uuidOf(id),
    uuidOf(webhookId),
    uuidOf(createId("event")),
    status,
  );
  return id;
}
