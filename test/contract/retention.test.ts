import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createId, uuidOf } from "../../src/domain/ids.ts";
import { findCutoff, type RetainedKind } from "../../src/domain/retention.ts";
import { crons, runSchedule, type Schedule } from "../../src/operations/schedule.ts";
import { createAuditChainStore, sealingBatch } from "../../src/stores/records/auditChain.ts";
import { completionBatch, createExchangeChangeStore } from "../../src/stores/records/exchangeChanges.ts";
import { createMemberStore } from "../../src/stores/records/members.ts";
import {
  createRetentionStore,
  type DeletedKind,
  deletedKinds,
  memberBatch,
  retentionBatch,
} from "../../src/stores/records/retention.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { insertSample, type SampleRow, type SampleTable, sampleIds, writeSamples } from "../support/sampleRows.ts";
import { openStoresUnderTest, type StoresUnderTest } from "../support/storesUnderTest.ts";

const at = new Date("2036-11-24T03:17:00Z");
const text = (value: string) => `'${value}'`;

describe.each(enginesUnderTest)("the hourly forgetting on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    await writeSamples(stores);
  });
  afterAll(() => stores?.close());

  const schedule = (): Schedule => {
    const database = stores.connect();
    return {
      at,
      traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00`,
      auditChain: createAuditChainStore(database),
      retention: createRetentionStore(database),
      members: createMemberStore(database),
      exchangeChanges: createExchangeChangeStore(database),
      relay: { send: async () => 0, giveUp: async () => 0 },
      matching: { compute: async () => 0, sweep: async () => 0 },
      graph: { continueRebuild: async () => 0, dropReplaced: async () => 0 },
      deliverDue: async () => 0,
      deletedKinds,
      batches: {
        sealing: sealingBatch,
        retention: retentionBatch,
        members: memberBatch,
        completion: completionBatch,
      },
      timeLeftMs: () => 1,
    };
  };
  const moment = (kind: RetainedKind, seconds: number) =>
    text(new Date(findCutoff(kind, at).getTime() + seconds * 1_000).toISOString());
  const created = text("2020-01-01T00:00:00Z");

  /** Of each kind the time that counts, and what else such a row needs. */
  const rows: Record<
    DeletedKind,
    { table: SampleTable; id: string; when: (moment: string) => SampleRow; kept: SampleRow }
  > = {
    idempotencyRecords: {
      table: "idempotency_records",
      id: "key",
      when: (moment) => ({ created_at: moment }),
      kept: {},
    },
    outboxEvents: {
      table: "outbox",
      id: "id",
      when: (moment) => ({ occurred_at: moment, awaiting: "'{}'" }),
      kept: { awaiting: "'{graph}'" },
    },
    invitations: {
      table: "invitations",
      id: "id",
      when: (moment) => ({ created_at: created, expires_at: moment }),
      kept: { accepted_at: created, member_id: text(sampleIds.acmeMember) },
    },
    webhookDeliveries: {
      table: "webhook_deliveries",
      id: "id",
      when: (moment) => ({ created_at: moment }),
      kept: {},
    },
    webhooks: {
      table: "webhooks",
      id: "id",
      when: (moment) => ({ deleted_at: moment, secret: "NULL" }),
      kept: { deleted_at: "NULL", secret: "decode(repeat('5', 120), 'hex')" },
    },
    deadLetters: { table: "dead_letters", id: "id", when: (moment) => ({ died_at: moment }), kept: {} },
    apiKeys: {
      table: "api_keys",
      id: "id",
      when: (moment) => ({ created_at: created, revoked_at: moment }),
      kept: { revoked_at: "NULL" },
    },
    matches: {
      table: "matches",
      id: "id",
      when: (moment) => ({ state: "'declined'", updated_at: moment, ...pair() }),
      kept: { state: "'agreed'", output_interested: "true", input_interested: "true" },
    },
    exchanges: {
      table: "exchanges",
      id: "id",
      when: (moment) => ({ state: "'failed'", updated_at: moment }),
      kept: { state: "'active'" },
    },
    flows: { table: "flows", id: "id", when: (moment) => ({ deleted_at: moment }), kept: { deleted_at: "NULL" } },
    sites: { table: "sites", id: "id", when: (moment) => ({ deleted_at: moment }), kept: { deleted_at: "NULL" } },
  };

  /** Two flows that no other match names; made when they are asked for. */
  const spare: string[] = [];
  const pair = (): SampleRow => {
    const [output, input] = [spare.pop()!, spare.pop()!];
    return { output_flow_id: text(output), input_flow_id: text(input), input_organization_id: text(sampleIds.acme) };
  };

  it.each(deletedKinds)("takes %s that are over their time, and no others", async (kind) => {
    for (let made = 0; made < 6; made++) {
      const id = uuidOf(createId("flow"));
      await stores.run(insertSample("flows", { id: text(id) }));
      spare.push(id);
    }
    const { table, id, when, kept } = rows[kind];
    const make = async (seconds: number, changes: SampleRow = {}) => {
      const key = uuidOf(createId("event"));
      await stores.run(insertSample(table, { [id]: text(key), ...when(moment(kind, seconds)), ...changes }));
      return key;
    };
    const [old, young, standing] = [
      await make(-1),
      await make(1),
      Object.keys(kept).length > 0 ? await make(-1, kept) : null,
    ];
    const done = await runSchedule(crons.hourly, schedule());
    expect(done.find((each) => each.kind === kind)?.count).toBeGreaterThan(0);
    const isThere = async (key: string) =>
      (await stores.run(`SELECT 1 AS found FROM ${table} WHERE ${id}::text = $1`, [key])).length === 1;
    expect([await isThere(old), await isThere(young)]).toEqual([false, true]);
    if (standing) expect(await isThere(standing)).toBe(true);
    expect((await runSchedule(crons.hourly, schedule())).find((each) => each.kind === kind)?.count).toBe(0);
  });

  it("keeps a deleted flow that a match names, and a deleted site on which a flow stands, until those are gone", async () => {
    const [site, flow, match] = [uuidOf(createId("site")), uuidOf(createId("flow")), uuidOf(createId("event"))];
    await stores.run(insertSample("sites", { id: text(site) }));
    await stores.run(insertSample("flows", { id: text(flow), site_id: text(site) }));
    await stores.run(
      insertSample("matches", {
        id: text(match),
        output_flow_id: text(flow),
        state: "'declined'",
        updated_at: moment("matches", 1),
      }),
    );
    await stores.run(`UPDATE flows SET deleted_at = ${created} WHERE id = ${text(flow)}`);
    await stores.run(`UPDATE sites SET deleted_at = ${created} WHERE id = ${text(site)}`);
    const count = async () =>
      Number(
        (
          await stores.run(
            "SELECT (SELECT count(*) FROM flows WHERE id = $1) + (SELECT count(*) FROM sites WHERE id = $2) AS n",
            [flow, site],
          )
        )[0]!.n,
      );
    await runSchedule(crons.hourly, schedule());
    expect(await count()).toBe(2);
    await stores.run("UPDATE matches SET updated_at = '2020-01-01' WHERE id = $1", [match]);
    await runSchedule(crons.hourly, schedule());
    expect(await count()).toBe(0);
  });

  it("keeps a deleted flow and an ended match of which an exchange is kept", async () => {
    const [output, input, match] = [uuidOf(createId("flow")), uuidOf(createId("flow")), uuidOf(createId("event"))];
    for (const flow of [output, input])
      await stores.run(insertSample("flows", { id: text(flow), deleted_at: created }));
    const flows = {
      output_flow_id: text(output),
      input_flow_id: text(input),
      input_organization_id: text(sampleIds.acme),
    };
    await stores.run(
      insertSample("matches", { ...flows, id: text(match), state: "'declined'", updated_at: moment("matches", -1) }),
    );
    const exchange = {
      origin: "'agreed'",
      match_id: text(match),
      round: "1",
      recorded_by: "NULL",
      state: "'completed'",
    };
    await stores.run(insertSample("exchanges", { ...flows, ...exchange, updated_at: moment("exchanges", 1) }));
    const count = async () =>
      (
        await stores.run(
          "SELECT (SELECT count(*) FROM flows WHERE id IN ($1, $2)) + (SELECT count(*) FROM matches WHERE id = $3) AS n",
          [output, input, match],
        )
      )[0]!.n;
    await runSchedule(crons.hourly, schedule());
    expect(await count()).toBe("3");
    await stores.run("UPDATE exchanges SET updated_at = '2020-01-01' WHERE match_id = $1", [match]);
    await runSchedule(crons.hourly, schedule());
    expect(await count()).toBe("0");
  });

  it("comes after the completion of exchanges whose last day is over", async () => {
    const [over, lasting] = [uuidOf(createId("exchange")), uuidOf(createId("exchange"))];
    await stores.run(insertSample("exchanges", { id: text(over), ends_on: "'2036-11-23'" }));
    await stores.run(insertSample("exchanges", { id: text(lasting), ends_on: "'2036-11-24'" }));
    const [first] = await runSchedule(crons.hourly, schedule());
    expect(first).toEqual({ job: "complete", kind: null, count: 1, hasMore: false });
    const states = await stores.run("SELECT state FROM exchanges WHERE id IN ($1, $2) ORDER BY ends_on", [
      over,
      lasting,
    ]);
    expect(states).toEqual([{ state: "completed" }, { state: "active" }]);
  });

  it("erases the people of an organization that was closed long enough ago, on the operator's behalf", async () => {
    const make = async (closed: string) => {
      const [organization, member] = [uuidOf(createId("organization")), uuidOf(createId("member"))];
      await stores.run(insertSample("organizations", { id: text(organization), deleted_at: closed }));
      await stores.run(
        insertSample("members", {
          id: text(member),
          organization_id: text(organization),
          name: "'Kim of the closed works'",
        }),
      );
      return { organization, member };
    };
    const [old, young] = [await make(moment("members", -1)), await make(moment("members", 1))];
    await runSchedule(crons.hourly, schedule());
    const nameOf = async ({ member }: { member: string }) =>
      (await stores.run("SELECT name FROM members WHERE id = $1", [member]))[0]!.name;
    expect([await nameOf(old), await nameOf(young)]).toEqual(["Erased member", "Kim of the closed works"]);
    const [entry] = await stores.run("SELECT actor, credential, action FROM audit_entries WHERE organization_id = $1", [
      old.organization,
    ]);
    expect(entry).toEqual({ actor: "operator", credential: "schedule", action: "member.erase" });
  });

  it("goes on until all is done, of whatever kind there is more than a statement takes", async () => {
    const wanted = 21 * retentionBatch;
    await stores.run(`INSERT INTO idempotency_records (scope, key, request_hash, answer, created_at, expires_at)
      SELECT 'bulk', n::text, sha256('x'), '[]', ${created}, ${created} FROM generate_series(1, ${wanted}) n`);
    const organization = uuidOf(createId("organization"));
    await stores.run(insertSample("organizations", { id: text(organization), deleted_at: moment("members", -1) }));
    await stores.run(`INSERT INTO members (id, organization_id, email, name, role, created_at, updated_at)
      SELECT gen_random_uuid(), '${organization}', n || '@bulk.example', 'Kim', 'viewer', now(), now() FROM generate_series(1, 110) n`);
    const done = await runSchedule(crons.hourly, schedule());
    const countOf = (kind: RetainedKind) => done.find((each) => each.kind === kind);
    expect(countOf("idempotencyRecords")).toMatchObject({ count: wanted, hasMore: false });
    expect(countOf("members")).toMatchObject({ count: 110, hasMore: false });
  });

  it("erases everybody else where one person cannot be erased", async () => {
    const organization = uuidOf(createId("organization"));
    await stores.run(insertSample("organizations", { id: text(organization), deleted_at: moment("members", -1) }));
    for (let n = 0; n < 3; n++)
      await stores.run(
        insertSample("members", { organization_id: text(organization), id: text(uuidOf(createId("member"))) }),
      );
    const failing = schedule();
    const { members } = failing;
    let calls = 0;
    failing.members = {
      ...members,
      erase: async (...parameters) => {
        calls += 1;
        if (calls === 1) throw new Error("not this one");
        return members.erase(...parameters);
      },
    };
    await expect(runSchedule(crons.hourly, failing)).rejects.toThrow("not this one");
    const [left] = await stores.run(
      "SELECT count(*) AS n FROM members WHERE organization_id = $1 AND erased_at IS NULL",
      [organization],
    );
    expect([calls, left!.n]).toEqual([3, "1"]);
  });

  it("does the rest when one kind fails, and then tells of the failure", async () => {
    const failing = schedule();
    const { retention } = failing;
    const tried: string[] = [];
    failing.retention = {
      ...retention,
      deleteOld: async (kind, when) => {
        tried.push(kind);
        if (kind === "outboxEvents") throw new Error("the disk is full");
        return retention.deleteOld(kind, when);
      },
    };
    await expect(runSchedule(crons.hourly, failing)).rejects.toThrow("the disk is full");
    expect(new Set(tried)).toEqual(new Set(deletedKinds));
  });

  it("has its turn apart from the minute's, and an unknown turn does nothing", async () => {
    expect((await runSchedule(crons.everyMinute, schedule())).map(({ job }) => job)).toEqual([
      "relay",
      "give_up",
      "seal",
      "match",
      "rebuild_graph",
      "drop_graph",
      "deliver",
    ]);
    expect(await runSchedule("0 0 1 1 *", schedule())).toEqual([]);
  });
});
