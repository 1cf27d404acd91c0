import { beforeAll, describe, expect, it } from "vitest";
import type { roles, Scope } from "../../src/domain/actor.ts";
import { type OperationName, permissions } from "../../src/operations/permissions.ts";
import { type Attempt, attempts, createWorld, type World } from "./support/attempts.ts";
import { call, operatorKey } from "./support/client.ts";
import { listOperations, type Operation } from "./support/openApi.ts";
import { insertKey } from "./support/tenants.ts";

type Row = { role: (typeof roles)[number] | null; scope: Scope | null; operator: boolean };

let operations: (Operation & { attempt: Attempt; row: Row })[];
let world: World;

beforeAll(async () => {
  world = await createWorld();
  operations = (await listOperations())
    .map((operation) => ({ ...operation, attempt: attempts[operation.operationId]! }))
    .filter(({ attempt }) => attempt.permission !== null)
    .map((operation) => ({ ...operation, row: permissions[operation.attempt.permission!] as Row }))
    .sort((one, other) => lateness(one.attempt) - lateness(other.attempt));
});

/** What ends an organization comes after what ends its things. */
function lateness({ isLast, permission }: Attempt): number {
  const order: Partial<Record<OperationName, number>> = { deleteFlow: 1, deleteSite: 2, deleteOrganization: 3 };
  return isLast ? (order[permission!] ?? 1) : 0;
}

async function reasonFor({ method, attempt }: { method: string; attempt: Attempt }, key: string) {
  const { path, ...options } = attempt.request(world);
  const { status, body } = await call(method, path, { ...options, key });
  return status === 403 || status === 401 ? (body.reason as string) : "allowed";
}

describe("the table of permissions", () => {
  it("has a row for every operation behind a credential, and no row that is not used", () => {
    const used = new Set(operations.map(({ attempt }) => attempt.permission as string));
    expect([...used].sort()).toEqual(Object.keys(permissions).sort());
  });

  it("is what the document tells of each operation", () => {
    for (const { operationId, definition, row } of operations) {
      if (row.role) expect(definition.description, operationId).toContain(`at least ${row.role}`);
      if (row.scope) expect(definition.description, operationId).toContain(row.scope);
      expect(definition.description.includes("the operator"), operationId).toBe(row.operator);
    }
  });

  it("lets the least key that it names do the work", async () => {
    for (const operation of operations) {
      const { role, scope } = operation.row;
      const key =
        role === null
          ? operatorKey
          : await insertKey(world.owner, { role, scopes: scope === null ? ["rooms:join"] : [scope] });
      expect(await reasonFor(operation, key), operation.operationId).toBe("allowed");
    }
  });
});
