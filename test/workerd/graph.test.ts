import { beforeAll, describe, expect, it, vi } from "vitest";
import { operatorKey, refuse, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { createFlow, createPair, createSite, createTenant, steamSupply, type Tenant } from "./support/tenants.ts";

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

  it("follows what is written, by its events", async () => {
    const site = await createSite(tenant);
    const flow = await createFlow(tenant, steamSupply(site.id, { title: "Steam for the graph" }));
    const held = () => query("SELECT version, title, is_gone FROM graph_flows WHERE id = $1", flow.id);
    await vi.waitFor(async () => expect(await held()).toMatchObject([{ version: "1", title: "Steam for the graph" }]), {
      timeout: 20_000,
      interval: 100,
    });
    await succeed(204, "DELETE", `/v1/flows/${flow.id}`, { key: tenant.key });
    await vi.waitFor(async () => expect(await held()).toMatchObject([{ version: "2", title: null, is_gone: true }]), {
      timeout: 20_000,
      interval: 100,
    });
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

  it("is repaired where it was changed or emptied by hand", async () => {
    const { output } = await createPair();
    await rebuild();
    const about = (differences: { id: string }[]) => differences.filter(({ id }) => id === output.id);
    await query("UPDATE graph_flows SET title = 'Tampered with' WHERE id = $1", output.id);
    expect(about(await reconcile(false))).toEqual([{ noun: "flow", id: output.id, kind: "changed" }]);
    await query("DELETE FROM graph_flows");
    expect(about(await reconcile(true))).toEqual([{ noun: "flow", id: output.id, kind: "missing" }]);
    expect(about(await reconcile(true))).toEqual([]);
    expect(await query("SELECT title FROM graph_flows WHERE id = $1", output.id)).toEqual([{ title: output.title }]);
  });

  it("refuses a place that is none", async () => {
    const from = (place: object) => ({ ...asOperator, body: { from: place } });
    await refuse(400, "POST", `${path}/reconcile`, from({ noun: "flow", after: "steam" }));
    await refuse(400, "POST", `${path}/reconcile`, from({ noun: "grade", after: tenant.id }));
    await refuse(400, "POST", `${path}/reconcile`, from({ noun: "member", after: null }));
    await refuse(403, "POST", `${path}/rebuild`, { key: tenant.key });
  });
});
