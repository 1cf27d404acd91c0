import { beforeAll, describe, expect, it } from "vitest";
import { operatorKey, refuse, succeed } from "./support/client.ts";
import { createPair, createTenant, type Tenant } from "./support/tenants.ts";

const path = "/v1/operations/graph";
const asOperator = { key: operatorKey };

/** Asks again until nothing is left to look through; every difference that was told. */
async function reconcile(repair: boolean) {
  const differences: { noun: string; id: string; kind: string }[] = [];
  for (let from = null; ; ) {
    const step = await succeed(200, "POST", `${path}/reconcile`, { ...asOperator, body: { repair, from } });
    differences.push(...step.differences);
    if (step.next === null) return differences;
    from = step.next;
  }
}

async function rebuild() {
  for (;;) {
    const step = await succeed(200, "POST", `${path}/rebuild`, asOperator);
    if (step.state === "done") return step;
  }
}

describe("the graph of the operator", () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await createTenant();
  });

  it("is made anew while it is read, and equals the records then", async () => {
    const pair = await createPair();
    expect(await rebuild()).toMatchObject({ state: "done", noun: null });
    const status = await succeed(200, "GET", path, asOperator);
    expect(status).toMatchObject({ kind: "sql", generations: { building: null }, rebuild: { state: "done" } });
    expect(status.nouns.flow.count).toBeGreaterThan(1);
    const ofPair = (differences: { id: string }[]) =>
      differences.filter(({ id }) => [pair.output.id, pair.input.id, pair.matchId].includes(id));
    expect(ofPair(await reconcile(false))).toEqual([]);
  });

  it("refuses a place that is none", async () => {
    const from = (place: object) => ({ ...asOperator, body: { from: place } });
    await refuse(400, "POST", `${path}/reconcile`, from({ noun: "flow", after: "steam" }));
    await refuse(400, "POST", `${path}/reconcile`, from({ noun: "grade", after: tenant.id }));
    await refuse(400, "POST", `${path}/reconcile`, from({ noun: "member", after: null }));
    await refuse(403, "POST", `${path}/rebuild`, { key: tenant.key });
  });
});
