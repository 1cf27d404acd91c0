import { beforeAll, describe, expect, it } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, succeed } from "./support/client.ts";
import { countRows, query } from "./support/database.ts";
import { exchangeContent, putExchange } from "./support/exchanges.ts";
import { listOperations } from "./support/openApi.ts";
import { createIntroducedPair, createProgramme, inviteTo, joinAs } from "./support/programmes.ts";
import { placeOf } from "./support/receiver.ts";
import {
  allScopes,
  createFlow,
  createKey,
  createPair,
  createSite,
  createTenant,
  createWebhook,
  insertDelivery,
  insertKey,
  insertMember,
  invite,
  type Pair,
  siteContent,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

let tenant: Tenant;
let site: Json;
let pair: Pair;

beforeAll(async () => {
  tenant = await createTenant();
  site = await createSite(tenant);
  pair = await createPair();
});

type Change = {
  prepare?: () => Promise<Json>;
  request: (subject: Json) => { path: string; key: string; body?: object };
  status: number;
  events: string[];
  action: string;
  /** Into how many audit logs it enters; one where absent. */
  logs?: number;
  /** It has something sent, and leaves the record as it is. */
  changesNothing?: true;
};

/** A key of a person who may leave. */
async function createPersonKey(): Promise<Json> {
  const memberId = await insertMember(tenant);
  return { key: await insertKey(tenant, { role: "viewer", scopes: ["flows:read"], memberId }) };
}

/** A programme that the tenant is invited to. */
async function createInvited(): Promise<Json> {
  const programme = await createProgramme(pair.seller);
  await inviteTo(programme, pair.seller, tenant.id);
  return programme;
}

/** A programme that the tenant has joined. */
async function createJoined(): Promise<Json> {
  const programme = await createProgramme(pair.seller);
  await joinAs(tenant, programme, pair.seller);
  return programme;
}

const newFlow = () => createFlow(tenant, steamSupply(site.id, { visibility: "private" }));
/** One that the operator recorded, and that holds something of both flows. */
async function newExchange(): Promise<Json> {
  const flows = { outputFlowId: pair.output.id, inputFlowId: pair.input.id };
  return (await putExchange(operatorKey, crypto.randomUUID(), flows)).body;
}
/** An endpoint with one delivery that failed. */
async function newWebhook(): Promise<Json> {
  const webhook = await createWebhook(tenant, { url: placeOf("ok") });
  return { id: webhook.id, deliveryId: await insertDelivery(webhook.id) };
}
const own = (path: string, body?: object) => ({ path, key: tenant.key, ...(body ? { body } : {}) });

/** Every operation that writes, what it tells the outbox, and under which name it enters the audit log. */
const changes: Record<string, Change> = {
  createOrganization: {
    request: () => ({ path: "/v1/organizations", key: operatorKey, body: { name: "New", country: "DK" } }),
    status: 201,
    events: ["turash.organization.created"],
    action: "organization.create",
  },
  updateOrganization: {
    request: () => own(`/v1/organizations/${tenant.id}`, { name: `Name ${crypto.randomUUID()}` }),
    status: 200,
    events: ["turash.organization.updated"],
    action: "organization.update",
  },
  deleteOrganization: {
    prepare: async () => {
      const closing = await createTenant();
      await createFlow(closing, steamSupply((await createSite(closing)).id, { visibility: "private" }));
      return closing;
    },
    request: (closing) => ({ path: `/v1/organizations/${closing.id}`, key: closing.key }),
    status: 204,
    events: ["turash.flow.withdrawn", "turash.organization.deleted"],
    action: "organization.close",
  },
  leaveOrganization: {
    prepare: () => createPersonKey(),
    request: ({ key }) => ({ path: "/v1/me/leave", key }),
    status: 204,
    events: ["turash.member.removed"],
    action: "member.remove",
  },
  eraseSelf: {
    prepare: () => createPersonKey(),
    request: ({ key }) => ({ path: "/v1/me/erase", key }),
    status: 204,
    events: ["turash.member.erased"],
    action: "member.erase",
  },
  updateMember: {
    prepare: async () => ({ id: await insertMember(tenant) }),
    request: ({ id }) => own(`/v1/organizations/${tenant.id}/members/${id}`, { role: "editor" }),
    status: 200,
    events: ["turash.member.updated"],
    action: "member.update",
  },
  removeMember: {
    prepare: async () => ({ id: await insertMember(tenant) }),
    request: ({ id }) => own(`/v1/organizations/${tenant.id}/members/${id}`),
    status: 204,
    events: ["turash.member.removed"],
    action: "member.remove",
  },
  eraseMember: {
    prepare: async () => ({ id: await insertMember(tenant) }),
    request: ({ id }) => own(`/v1/organizations/${tenant.id}/members/${id}/erase`),
    status: 204,
    events: ["turash.member.erased"],
    action: "member.erase",
  },
  createInvitation: {
    request: () =>
      own(`/v1/organizations/${tenant.id}/invitations`, {
        name: "Ingrid",
        email: `${crypto.randomUUID()}@example.org`,
      }),
    status: 201,
    events: ["turash.member.invited"],
    action: "member.invite",
  },
  withdrawInvitation: {
    prepare: () => invite(tenant),
    request: ({ id }) => own(`/v1/organizations/${tenant.id}/invitations/${id}`),
    status: 204,
    events: ["turash.member.uninvited"],
    action: "member.uninvite",
  },
  createApiKey: {
    request: () => own("/v1/api-keys", { name: "New", scopes: ["flows:read"] }),
    status: 201,
    events: ["turash.api_key.created"],
    action: "api_key.create",
  },
  rotateApiKey: {
    prepare: () => createKey(tenant),
    request: ({ id }) => own(`/v1/api-keys/${id}/rotate`, {}),
    status: 201,
    events: ["turash.api_key.rotated"],
    action: "api_key.rotate",
  },
  revokeApiKey: {
    prepare: () => createKey(tenant),
    request: ({ id }) => own(`/v1/api-keys/${id}`),
    status: 204,
    events: ["turash.api_key.revoked"],
    action: "api_key.revoke",
  },
  createSite: {
    request: () => own("/v1/sites", siteContent()),
    status: 201,
    events: ["turash.site.created"],
    action: "site.create",
  },
  putSite: {
    request: () => own(`/v1/sites/by-external-id/${crypto.randomUUID()}`, siteContent()),
    status: 201,
    events: ["turash.site.created"],
    action: "site.create",
  },
  updateSite: {
    request: () => own(`/v1/sites/${site.id}`, { name: `Name ${crypto.randomUUID()}` }),
    status: 200,
    events: ["turash.site.updated"],
    action: "site.update",
  },
  deleteSite: {
    prepare: () => createSite(tenant),
    request: ({ id }) => own(`/v1/sites/${id}`),
    status: 204,
    events: ["turash.site.deleted"],
    action: "site.delete",
  },
  createFlow: {
    request: () => own("/v1/flows", steamSupply(site.id, { visibility: "private" })),
    status: 201,
    events: ["turash.flow.created"],
    action: "flow.create",
  },
  putFlow: {
    request: () =>
      own(`/v1/flows/by-external-id/${crypto.randomUUID()}`, steamSupply(site.id, { visibility: "private" })),
    status: 201,
    events: ["turash.flow.created"],
    action: "flow.create",
  },
  updateFlow: {
    prepare: newFlow,
    request: ({ id }) => own(`/v1/flows/${id}`, { title: "Renamed" }),
    status: 200,
    events: ["turash.flow.updated"],
    action: "flow.update",
  },
  deleteFlow: {
    prepare: newFlow,
    request: ({ id }) => own(`/v1/flows/${id}`),
    status: 204,
    events: ["turash.flow.deleted"],
    action: "flow.delete",
  },
  activateFlow: {
    prepare: () => createFlow(tenant, steamSupply(site.id, { visibility: "private", status: "draft" })),
    request: ({ id }) => own(`/v1/flows/${id}/activate`),
    status: 200,
    events: ["turash.flow.activated"],
    action: "flow.activate",
  },
  pauseFlow: {
    prepare: newFlow,
    request: ({ id }) => own(`/v1/flows/${id}/pause`),
    status: 200,
    events: ["turash.flow.paused"],
    action: "flow.pause",
  },
  withdrawFlow: {
    prepare: newFlow,
    request: ({ id }) => own(`/v1/flows/${id}/withdraw`),
    status: 200,
    events: ["turash.flow.withdrawn"],
    action: "flow.withdraw",
  },
  showInterest: {
    request: () => ({ path: `/v1/matches/${pair.matchId}/interest`, key: pair.buyer.key }),
    status: 200,
    events: ["turash.match.interested"],
    action: "match.interest",
  },
  declineMatch: {
    request: () => ({ path: `/v1/matches/${pair.matchId}/decline`, key: pair.seller.key, body: { reason: "No" } }),
    status: 200,
    events: ["turash.match.declined"],
    action: "match.decline",
  },
  putExchange: {
    request: () => ({
      path: `/v1/exchanges/by-external-id/${crypto.randomUUID()}`,
      key: pair.seller.key,
      body: exchangeContent({ outputFlowId: pair.output.id, inputFlowId: pair.input.id }),
    }),
    status: 201,
    events: ["turash.exchange.recorded"],
    action: "exchange.record",
    logs: 2,
  },
  updateExchange: {
    prepare: newExchange,
    request: ({ id }) => ({ path: `/v1/exchanges/${id}`, key: pair.seller.key, body: { visibility: "public" } }),
    status: 200,
    events: ["turash.exchange.updated"],
    action: "exchange.show",
    logs: 2,
  },
  advanceExchange: {
    prepare: newExchange,
    request: ({ id }) => ({
      path: `/v1/exchanges/${id}/advance`,
      key: pair.buyer.key,
      body: { to: "failed", reason: "No" },
    }),
    status: 200,
    events: ["turash.exchange.failed", "turash.flow.updated", "turash.flow.updated"],
    action: "exchange.fail",
    logs: 2,
  },
  createProgramme: {
    request: () => own("/v1/programmes", { name: "New" }),
    status: 201,
    events: ["turash.programme.created"],
    action: "programme.create",
  },
  updateProgramme: {
    prepare: () => createProgramme(tenant),
    request: ({ id }) => own(`/v1/programmes/${id}`, { name: "Renamed" }),
    status: 200,
    events: ["turash.programme.updated"],
    action: "programme.update",
  },
  deleteProgramme: {
    prepare: () => createProgramme(tenant),
    request: ({ id }) => own(`/v1/programmes/${id}`),
    status: 204,
    events: ["turash.programme.closed"],
    action: "programme.close",
  },
  inviteToProgramme: {
    prepare: () => createProgramme(tenant),
    request: ({ id }) => own(`/v1/programmes/${id}/invitations`, { organizationId: pair.seller.id }),
    status: 201,
    events: ["turash.programme.invited"],
    action: "programme.invite",
  },
  joinProgramme: {
    prepare: () => createInvited(),
    request: ({ id }) => own(`/v1/programmes/${id}/join`, {}),
    status: 200,
    events: ["turash.programme.joined"],
    action: "programme.join",
  },
  updateParticipation: {
    prepare: () => createJoined(),
    request: ({ id }) => own(`/v1/programmes/${id}/participation`, { sharesWithFacilitators: true }),
    status: 200,
    events: ["turash.programme.consent_changed"],
    action: "programme.consent",
  },
  leaveProgramme: {
    prepare: () => createJoined(),
    request: ({ id }) => own(`/v1/programmes/${id}/leave`),
    status: 204,
    events: ["turash.programme.left"],
    action: "programme.leave",
  },
  removeParticipant: {
    prepare: () => createJoined(),
    request: ({ id }) => ({ path: `/v1/programmes/${id}/participants/${tenant.id}`, key: pair.seller.key }),
    status: 204,
    events: ["turash.programme.removed"],
    action: "programme.remove",
  },
  introduceFlows: {
    prepare: () => createIntroducedPair(),
    request: ({ programme, facilitator, introduction }) => ({
      path: `/v1/programmes/${programme.id}/introductions`,
      key: facilitator.key,
      body: introduction,
    }),
    status: 201,
    events: ["turash.match.introduced"],
    action: "match.introduce",
    logs: 3,
  },
  createWebhook: {
    request: () =>
      own("/v1/webhooks", { url: "https://erp.example/hooks", events: ["turash.match.*"], enabled: false }),
    status: 201,
    events: ["turash.webhook.created"],
    action: "webhook.create",
  },
  updateWebhook: {
    prepare: () => newWebhook(),
    request: ({ id }) => own(`/v1/webhooks/${id}`, { description: "Renamed" }),
    status: 200,
    events: ["turash.webhook.updated"],
    action: "webhook.update",
  },
  deleteWebhook: {
    prepare: () => newWebhook(),
    request: ({ id }) => own(`/v1/webhooks/${id}`),
    status: 204,
    events: ["turash.webhook.deleted"],
    action: "webhook.delete",
  },
  rotateWebhookSecret: {
    prepare: () => newWebhook(),
    request: ({ id }) => own(`/v1/webhooks/${id}/rotate-secret`, { overlapSeconds: 60 }),
    status: 200,
    events: ["turash.webhook.secret_rotated"],
    action: "webhook.rotate_secret",
  },
  testWebhook: {
    prepare: () => newWebhook(),
    request: ({ id }) => own(`/v1/webhooks/${id}/test`),
    status: 202,
    events: ["turash.webhook.tested"],
    action: "webhook.test",
    changesNothing: true,
  },
  redeliver: {
    prepare: () => newWebhook(),
    request: ({ id, deliveryId }) => own(`/v1/webhooks/${id}/deliveries/${deliveryId}/redeliver`),
    status: 202,
    events: ["turash.webhook.redelivered"],
    action: "webhook.redeliver",
    changesNothing: true,
  },
  redeliverSince: {
    prepare: () => newWebhook(),
    request: ({ id }) => own(`/v1/webhooks/${id}/redeliver`, { since: new Date(Date.now() - 60_000).toISOString() }),
    status: 202,
    events: ["turash.webhook.redelivered"],
    action: "webhook.redeliver",
    changesNothing: true,
  },
};

/** Operations that answer a question put as a body. */
const questions = ["previewMatches", "evaluateMatch"];
/** Operations that leave something beside the database: for a minute, or with a room, of which test/workerd/rooms has more. */
const passing = ["createEventTicket", "createRoomTicket", "putRoomDocument", "drainRooms"];
/** Operations on what consumers gave up on, which outbox.test.ts has. */
const operators = ["replayDeadLetter", "replayDeadLetters"];
/** Operations on the graph, which holds nothing of its own. */
const derived = ["rebuildGraph", "reconcileGraph"];

describe("an operation that writes", () => {
  it("is in this list, whichever the document has", async () => {
    const writing = (await listOperations()).filter(({ method }) => !["GET", "HEAD"].includes(method));
    const known = [...Object.keys(changes), ...questions, ...passing, ...operators, ...derived].sort();
    expect(writing.map(({ operationId }) => operationId).sort()).toEqual(known);
  });

  it("writes its event to the outbox and itself to the audit log, once each", async () => {
    const methods = new Map((await listOperations()).map(({ operationId, method }) => [operationId, method]));
    for (const [operationId, { prepare, request, status, events, action, logs = 1, changesNothing }] of Object.entries(
      changes,
    )) {
      const subject = await prepare?.();
      const { path, ...options } = request(subject);
      const requestId = crypto.randomUUID();
      const answer = await call(methods.get(operationId)!, path, {
        ...options,
        headers: { "x-request-id": requestId },
      });
      expect(answer.status, `${operationId}: ${answer.text}`).toBe(status);
      const written = await query(
        "SELECT type, organization_ids FROM outbox WHERE xid IN (SELECT xid FROM audit_entries WHERE request_id = $1) ORDER BY type",
        requestId,
      );
      expect(
        written.map(({ type }) => type),
        operationId,
      ).toEqual(events);
      for (const { organization_ids } of written) expect(organization_ids.length, operationId).toBeGreaterThan(0);
      const audited = await query(
        "SELECT action, patch, subject_id FROM audit_entries WHERE request_id = $1",
        requestId,
      );
      expect(
        audited.map((entry) => entry.action),
        operationId,
      ).toEqual([action]);
      if (changesNothing) expect(audited[0].patch, operationId).toEqual([]);
      else expect(audited[0].patch.length, operationId).toBeGreaterThan(0);
      // Other organizations' logs do not tell the id of the request.
      const [{ entered }] = await query(
        "SELECT count(*)::integer AS entered FROM audit_entries WHERE xid IN (SELECT xid FROM audit_entries WHERE request_id = $1)",
        requestId,
      );
      expect(entered, operationId).toBe(logs);
    }
  });

  it("says in the audit log who did what, and what was before", async () => {
    const flow = await newFlow();
    const requestId = crypto.randomUUID();
    await succeed(200, "PATCH", `/v1/flows/${flow.id}`, {
      key: tenant.key,
      body: { title: "Named anew" },
      headers: { "x-request-id": requestId, "cf-connecting-ip": "192.0.2.7" },
    });
    const [entry] = await query("SELECT * FROM audit_entries WHERE request_id = $1", requestId);
    expect(entry).toMatchObject({ actor: "member", organization_id: uuidOf(tenant.id), subject_id: uuidOf(flow.id) });
    expect(entry.credential).toMatch(/^key_/);
    expect(entry.patch).toEqual([{ op: "replace", path: "/title", value: "Named anew" }]);
    expect(String(entry.address_hash)).not.toContain("192.0.2.7");
    expect(entry.address_hash).not.toBeNull();
  });

  it("tells both sides of a match, and each withdrawn match its own event", async () => {
    const open = await createPair();
    const matchUuid = uuidOf(open.matchId as `match_${string}`);
    await succeed(200, "POST", `/v1/flows/${open.output.id}/withdraw`, { key: open.seller.key });
    const events = await query(
      "SELECT type, organization_ids FROM outbox WHERE subject_id = $1 ORDER BY sequence",
      matchUuid,
    );
    expect(events.map(({ type }) => type)).toEqual(["turash.match.suggested", "turash.match.withdrawn"]);
    for (const { organization_ids } of events)
      expect([...organization_ids].sort()).toEqual([uuidOf(open.seller.id), uuidOf(open.buyer.id)].sort());
  });
});

describe("a write that the database refuses", () => {
  it("leaves no row in any table, nor its Idempotency-Key", async () => {
    const externalId = `kept-${crypto.randomUUID()}`;
    await createSite(tenant, { externalId });
    const other = await createSite(await createTenant());
    const before = await countRows();
    for (const [status, path, body] of [
      [409, "/v1/sites", siteContent({ externalId })],
      [400, "/v1/flows", steamSupply(other.id)],
    ] as const) {
      const headers = { "idempotency-key": crypto.randomUUID() };
      expect((await call("POST", path, { key: tenant.key, body, headers })).status).toBe(status);
    }
    expect(await countRows()).toEqual(before);
  });
});

describe("an operation that does not write", () => {
  it("leaves every table as it is", async () => {
    const memberId = await insertMember(tenant, { role: "owner" });
    const key = await insertKey(tenant, { role: "owner", scopes: allScopes, memberId });
    const before = await countRows();
    for (const { operationId, method, path, definition } of await listOperations()) {
      if (method !== "GET" || path.includes("{") || path.startsWith("/v1/operations/")) continue;
      const needsMore = (definition.parameters ?? []).some(({ required }: { required?: boolean }) => required);
      if (needsMore) continue;
      const answer = await call("GET", path, { key });
      expect(answer.status, operationId).toBe(200);
    }
    await succeed(200, "POST", "/v1/matches/preview", { key: tenant.key, body: steamSupply(site.id) });
    const body = { outputFlowId: pair.output.id, inputFlowId: pair.input.id };
    await succeed(200, "POST", "/v1/matches/evaluate", { key: pair.seller.key, body });
    expect(await countRows()).toEqual(before);
  });

  it("enters the audit log of whom the operator looks at", async () => {
    const requestId = crypto.randomUUID();
    await succeed(200, "GET", `/v1/sites/${site.id}`, { key: operatorKey, headers: { "x-request-id": requestId } });
    const [entry] = await query("SELECT * FROM audit_entries WHERE request_id = $1", requestId);
    expect(entry).toMatchObject({ actor: "operator", action: "site.read", organization_id: uuidOf(tenant.id) });
  });
});
