import { beforeAll, describe, expect, it } from "vitest";
import { createWorld, type Ids, idsOfNothing, type World } from "../support/attempts.ts";
import { type Answer, call, type Json, succeed, withoutRequestId } from "../support/client.ts";
import { countRows } from "../support/database.ts";
import { listOperations, type Operation } from "../support/openApi.ts";
import { createProgramme } from "../support/programmes.ts";
import { createFlow, createSite, createTenant, steamNeed, steamSupply, type Tenant } from "../support/tenants.ts";
import { ask, attemptOf, pathOf, queryOf } from "../support/walk.ts";

let world: World;
let stranger: Tenant;
let nothing: Ids;
let operations: Operation[];

beforeAll(async () => {
  world = await createWorld();
  stranger = await createTenant({ name: "Stranger" });
  nothing = idsOfNothing(world.externalId);
  operations = await listOperations();
});

/** The operations that another organization is answered by as by what does not exist. */
const closed = () =>
  operations.filter((operation) => ["missing", "field"].includes(attemptOf(operation).foreign as string));

/** Of what is another's alone; the other flow is public. */
const idsIn = ({ externalId: _1, owner: _2, matchParty: _3, otherFlowId: _4, ...ids }: World): string[] =>
  Object.values(ids) as string[];

function expectNoTrace(operation: Operation, { text }: Answer): void {
  for (const id of idsIn(world)) expect(text, `${operation.operationId} tells of ${id}`).not.toContain(id);
  expect(text, operation.operationId).not.toMatch(/Hidden works/);
}

function expectSame(answer: Answer, other: Answer, place: string): void {
  expect(answer.status, place).toBe(other.status);
  expect(answer.body && withoutRequestId(answer.body), place).toEqual(other.body && withoutRequestId(other.body));
  const named = ({ headers }: Answer) => [...headers.keys()].sort();
  expect(named(answer), place).toEqual(named(other));
}

describe("API1:2023 Broken Object Level Authorization", () => {
  it("shows another organization nothing by any operation, and answers as though there were nothing", async () => {
    for (const operation of operations) {
      const { foreign } = attemptOf(operation);
      const answer = await ask(operation, world, { key: stranger.key });
      expectNoTrace(operation, answer);
      if (foreign === "refused") expect(answer.status, operation.operationId).toBe(403);
      if (foreign === "hidden") expect(answer.status, operation.operationId).toBe(200);
      if (foreign !== "missing" && foreign !== "field") continue;
      expect(answer.status, operation.operationId).toBe(foreign === "missing" ? 404 : 400);
      expectSame(answer, await ask(operation, nothing, { key: stranger.key }), operation.operationId);
    }
  });

  it("writes nothing for it, and leaves what is another's as it was", async () => {
    const before = await countRows();
    for (const operation of closed()) await ask(operation, world, { key: stranger.key });
    expect(await countRows()).toEqual(before);
    const { key } = world.owner;
    const read = (path: string) => succeed(200, "GET", path, { key });
    expect(await read(`/v1/organizations/${world.organizationId}`)).toMatchObject({ version: 1, name: "Hidden works" });
    expect(await read(`/v1/sites/${world.siteId}`)).toMatchObject({ version: 1, name: "Works" });
    expect(await read(`/v1/flows/${world.flowId}`)).toMatchObject({ version: 1, status: "active" });
    expect(await read(`/v1/api-keys/${world.keyId}`)).toMatchObject({ version: 1, revokedAt: null });
    expect(await read(`/v1/programmes/${world.programmeId}`)).toMatchObject({ version: 1, name: "Symbiosis" });
    const member = `/v1/organizations/${world.organizationId}/members/${world.memberId}`;
    expect(await read(member)).toMatchObject({ version: 1, role: "editor" });
    const match = await succeed(200, "GET", `/v1/matches/${world.matchId}`, { key: world.matchParty.key });
    expect(match.state).toBe("viewed");
  });

  it("tells nothing by a version that is named: neither a right one nor a wrong one is answered otherwise", async () => {
    const { key } = stranger;
    for (const operation of closed())
      for (const version of ['"1"', '"42"', "*"]) {
        const headers = { "if-match": version, "if-none-match": version };
        const foreign = await ask(operation, world, { key, headers });
        expect([400, 404, 412], `${operation.operationId} ${version}`).toContain(foreign.status);
        expectSame(foreign, await ask(operation, nothing, { key, headers }), `${operation.operationId} ${version}`);
      }
  });

  it("tells nothing by an Idempotency-Key that the owner has used, and gives nobody the owner's answer", async () => {
    for (const operation of closed().filter(({ method }) => method === "POST")) {
      const headers = { "idempotency-key": `walk-${operation.operationId}-${world.externalId}` };
      if (!attemptOf(operation).isLast) await ask(operation, world, { key: world.owner.key, headers });
      const foreign = await ask(operation, world, { key: stranger.key, headers });
      expect(foreign.headers.get("idempotent-replayed"), operation.operationId).toBeNull();
      expectNoTrace(operation, foreign);
      expectSame(foreign, await ask(operation, nothing, { key: stranger.key, headers }), operation.operationId);
    }
  });

  it("finds nothing by any query parameter that takes an id, whether there is such a thing or not", async () => {
    const ids = idsIn(world);
    let tried = 0;
    for (const operation of operations.filter(({ method }) => method === "GET"))
      for (const name of queryOf(operation).filter((each) => each.endsWith("Id") && each !== "externalId")) {
        const answers = new Set<string>();
        for (const id of [...ids, ...Object.values(nothing)]) {
          const path = `${pathOf(operation, world)}?${name}=${id}`;
          const answer = await call("GET", path, { key: stranger.key });
          expectNoTrace(operation, answer);
          if (answer.status === 200) answers.add(answer.text);
          else expect([400, 404], `${path}: ${answer.text}`).toContain(answer.status);
        }
        tried++;
        expect(answers.size, `${operation.operationId} tells two ids apart by ${name}`).toBeLessThan(2);
      }
    expect(tried).toBeGreaterThan(5);
  });

  it("finds nothing below what is the caller's own: another's child under an own parent is not there", async () => {
    const programme = await createProgramme(stranger);
    const own: Partial<World> = { organizationId: stranger.id, programmeId: programme.id };
    const before = await countRows();
    for (const operation of closed().filter(({ path }) => (path.match(/\{/g) ?? []).length === 2)) {
      const mixed = await ask(operation, { ...world, ...own } as World, { key: stranger.key });
      const empty = await ask(operation, { ...nothing, ...own } as World, { key: stranger.key });
      expect(mixed.status, operation.operationId).toBe(404);
      expectSame(mixed, empty, operation.operationId);
    }
    expect(await countRows()).toEqual(before);
  });

  it("lets nobody hang an own thing on another's, nor compare it with one", async () => {
    const { key } = stranger;
    const site = await createSite(stranger);
    const need = await createFlow(stranger, steamNeed(site.id, { visibility: "private" }));
    const before = await countRows();
    for (const [method, path, bodyOf] of [
      ["PATCH", `/v1/flows/${need.id}`, (ids: Ids) => ({ siteId: ids.siteId })],
      ["POST", "/v1/matches/evaluate", (ids: Ids) => ({ outputFlowId: ids.flowId, inputFlowId: need.id })],
      ["POST", "/v1/matches/preview", (ids: Ids) => steamSupply(ids.siteId)],
      [
        "POST",
        "/v1/api-keys",
        (ids: Ids) => ({ name: "Meter", scopes: ["measurements:write"], flowIds: [need.id, ids.flowId] }),
      ],
    ] as const) {
      const foreign = await call(method, path, { key, body: bodyOf(world) });
      expect([400, 404], path).toContain(foreign.status);
      expectSame(foreign, await call(method, path, { key, body: bodyOf(nothing) }), path);
    }
    expect(await countRows()).toEqual(before);
  });

  it("gives nobody the rest of another's list by its cursor", async () => {
    const { key } = world.owner;
    for (let more = 0; more < 2; more++)
      await createFlow(world.owner, steamSupply(world.siteId, { visibility: "private" }));
    await createSite(world.owner);
    for (const path of ["/v1/flows", "/v1/sites", "/v1/audit-entries"]) {
      const { nextCursor } = await succeed(200, "GET", `${path}?limit=1`, { key });
      expect(nextCursor, path).not.toBeNull();
      const { data } = await succeed(200, "GET", `${path}?limit=200&cursor=${nextCursor}`, { key: stranger.key });
      const owners = data.map((each: Json) => each.organizationId ?? stranger.id);
      expect(owners, path).not.toContain(world.organizationId);
      for (const id of idsIn(world)) expect(JSON.stringify(data), path).not.toContain(id);
    }
  });
});
