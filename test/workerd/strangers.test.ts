import { beforeAll, describe, expect, it } from "vitest";
import { createApiKeyText } from "../../src/platform/auth/apiKeyText.ts";
import { attempts, createWorld, type Ids, idsOfNothing, type World } from "./support/attempts.ts";
import { type Answer, call, succeed, withoutRequestId } from "./support/client.ts";
import { countRows } from "./support/database.ts";
import { listOperations, type Operation } from "./support/openApi.ts";
import { createTenant, type Tenant } from "./support/tenants.ts";

let world: World;
let stranger: Tenant;
let operations: Operation[];

beforeAll(async () => {
  world = await createWorld();
  stranger = await createTenant({ name: "Stranger" });
  operations = await listOperations();
});

async function attempt(operation: Operation, key: string | undefined): Promise<Answer> {
  return ask(operation, world, key);
}

async function ask(operation: Operation, ids: Ids, key: string | undefined): Promise<Answer> {
  const { path, ...options } = attempts[operation.operationId]!.request(ids);
  return call(operation.method, path, { ...options, key });
}

describe("every operation of the document", () => {
  it("is one that this walk knows how to try, and the walk knows no other", () => {
    expect(Object.keys(attempts).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  it("lets nobody in without a credential unless the document says that it is open", async () => {
    for (const operation of operations) {
      const { status, body } = await attempt(operation, undefined);
      const security = operation.definition.security as object[];
      const isOpen = security.length === 0 || security.some((scheme) => Object.keys(scheme).length === 0);
      expect(isOpen, operation.operationId).toBe(attempts[operation.operationId]!.foreign === "open");
      expect(status, operation.operationId).toBe(isOpen ? 200 : 401);
      if (!isOpen) expect(body.reason).toBe("credential_missing");
    }
  });

  it("refuses a malformed credential, a mistyped key and an unknown one, and writes nothing", async () => {
    const wellFormed = createApiKeyText("live");
    const mistyped = stranger.key.slice(0, 20) + (stranger.key[20] === "a" ? "b" : "a") + stranger.key.slice(21);
    const before = await countRows();
    for (const operation of operations) {
      if (operation.path.startsWith("/health/")) continue;
      const reasons = [];
      for (const key of ["nonsense", mistyped, wellFormed]) {
        const { status, body } = await attempt(operation, key);
        expect(status, operation.operationId).toBe(401);
        reasons.push(body.reason);
      }
      expect(reasons, operation.operationId).toEqual([
        "credential_malformed",
        "credential_malformed",
        "credential_refused",
      ]);
      const { path, ...options } = attempts[operation.operationId]!.request(world);
      const basic = await call(operation.method, path, { ...options, headers: { authorization: "Basic dTpw" } });
      expect(basic.status, operation.operationId).toBe(401);
    }
    expect(await countRows()).toEqual(before);
  });

  it("shows another organization nothing, and answers as though there were nothing", async () => {
    for (const operation of operations) {
      const { foreign } = attempts[operation.operationId]!;
      const answer = await attempt(operation, stranger.key);
      expectNoTrace(operation, answer);
      if (foreign === "refused") expect(answer.status, operation.operationId).toBe(403);
      if (foreign === "hidden") expect(answer.status, operation.operationId).toBe(200);
      if (foreign === "missing" || foreign === "field") {
        const { externalId } = world;
        const nothing = await ask(operation, idsOfNothing(externalId), stranger.key);
        expect(answer.status, operation.operationId).toBe(foreign === "missing" ? 404 : 400);
        expect(withoutRequestId(answer.body), operation.operationId).toEqual(withoutRequestId(nothing.body));
      }
    }
  });

  it("leaves what is another's as it was", async () => {
    const [organization, site, flow] = await Promise.all([
      succeed(200, "GET", `/v1/organizations/${world.organizationId}`, { key: world.owner.key }),
      succeed(200, "GET", `/v1/sites/${world.siteId}`, { key: world.owner.key }),
      succeed(200, "GET", `/v1/flows/${world.flowId}`, { key: world.owner.key }),
    ]);
    expect([organization.version, site.version, flow.version]).toEqual([1, 1, 1]);
    expect([organization.name, site.name, flow.title]).toEqual(["Hidden works", "Works", "Extraction steam"]);
    const { state } = await succeed(200, "GET", `/v1/matches/${world.matchId}`, { key: world.matchParty.key });
    expect(state).toBe("viewed");
  });
});

function expectNoTrace(operation: Operation, answer: Answer): void {
  for (const id of [world.organizationId, world.siteId, world.flowId, world.matchId, world.programmeId])
    expect(answer.text, operation.operationId).not.toContain(id);
}
