import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fault, findFaults, type Head } from "../../scripts/audit/chain.ts";
import { createHttpEngine } from "../../scripts/audit/connect.ts";
import { readAuditLog } from "../../scripts/audit/readLog.ts";
import { databaseAddressName } from "../../scripts/start/service.ts";
import type { ChangeStamp } from "../../src/domain/change.ts";
import { createId, idFromUuid, type OrganizationId, uuidOf } from "../../src/domain/ids.ts";
import { findCutoff } from "../../src/domain/retention.ts";
import { createAuditChainStore, sealingBatch } from "../../src/stores/records/auditChain.ts";
import { createMemberStore } from "../../src/stores/records/members.ts";
import { createRetentionStore, retentionBatch } from "../../src/stores/records/retention.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { insertSample } from "../support/sampleRows.ts";
import { openStoresUnderTest, refusalOf, type StoresUnderTest } from "../support/storesUnderTest.ts";

const at = new Date("2026-11-24T12:00:00Z");
const run = promisify(execFile);
const auditVerify = join(import.meta.dirname, "../../scripts/auditVerify.ts");

describe.each(enginesUnderTest)("the audit log's chain on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
  });
  afterAll(() => stores?.close());

  const chain = () => createAuditChainStore(stores.connect());
  const quote = (text: string) => `'${text}'`;

  /** A new organization with entries in its log; its UUID. */
  async function createOrganization(entries = 5, occurredAt = "now()"): Promise<string> {
    const id = uuidOf(createId("organization"));
    await stores.run(insertSample("organizations", { id: quote(id) }));
    await write(id, entries, occurredAt);
    return id;
  }

  async function write(organization: string, entries: number, occurredAt = "now()"): Promise<void> {
    await stores.run(`INSERT INTO audit_entries (id, organization_id, actor, credential, action, subject_id, patch, request_id, address_hash, occurred_at)
      SELECT uuid_v7(now()), ${quote(organization)}, 'member', 'key_ø' || n, 'flow.create', gen_random_uuid(),
        jsonb_build_array(jsonb_build_object('op', 'add', 'path', '/title', 'value', 'Dampf "heiß" ' || n)), 'r' || n,
        CASE WHEN n % 2 = 0 THEN sha256(int4send(n)) END, ${occurredAt} FROM generate_series(1, ${entries}) n`);
  }

  const sealAll = async () => {
    let total = 0;
    for (let sealed = sealingBatch; sealed === sealingBatch; total += sealed) sealed = await chain().seal(at);
    return total;
  };

  async function faultsOf(organization: string, kept = new Map<string, Head>()): Promise<Fault[]> {
    return findFaults(await readAuditLog(createHttpEngine(stores.server), organization), kept);
  }

  const messages = (faults: Fault[]) => faults.map(({ message }) => message);

  /** Does what only somebody with the database's own rights can. */
  const tamper = (statement: string) =>
    stores.script(
      `SET LOCAL session_replication_role = replica; ${statement}; SET LOCAL session_replication_role = DEFAULT`,
    );

  const entryAt = (organization: string, number: number) =>
    `(SELECT entry_id FROM audit_seals WHERE chain_id = ${quote(organization)} AND number = ${number})`;

  it("is made of all entries in their order, one chain an organization, and verifies", async () => {
    const [one, two] = [await createOrganization(7), await createOrganization(3)];
    await write(one, 2);
    expect(await faultsOf(one)).toEqual([]);
    expect(await sealAll()).toBeGreaterThanOrEqual(12);
    expect(await sealAll()).toBe(0);
    const { chains, seals } = await readAuditLog(createHttpEngine(stores.server), one);
    expect(chains).toMatchObject([{ number: 9 }]);
    expect(seals.map(({ number }) => number).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([await faultsOf(one), await faultsOf(two)]).toEqual([[], []]);
    await write(one, 1);
    await sealAll();
    expect(await faultsOf(one)).toEqual([]);
  });

  it("is sealed in batches, and by two at once without a gap or a repeat", async () => {
    const organization = await createOrganization(sealingBatch + 20);
    const runs = await Promise.allSettled(Array.from({ length: 4 }, () => chain().seal(at)));
    for (const run of runs)
      if (run.status === "rejected") expect(String(run.reason)).toMatch(/conflict|unavailable|refused/);
    await sealAll();
    expect(await faultsOf(organization)).toEqual([]);
    const { chains } = await readAuditLog(createHttpEngine(stores.server), organization);
    expect(chains[0]!.number).toBe(sealingBatch + 20);
  });

  it("is refused to be changed by whoever does not say so", async () => {
    const organization = await createOrganization();
    await sealAll();
    const where = `WHERE organization_id = ${quote(organization)}`;
    for (const statement of [
      `UPDATE audit_entries SET action = 'flow.delete' ${where}`,
      `UPDATE audit_entries SET patch = '[]' ${where}`,
      `UPDATE audit_entries SET occurred_at = now() ${where}`,
      `DELETE FROM audit_entries ${where}`,
      `UPDATE audit_seals SET number = number + 100 WHERE chain_id = ${quote(organization)}`,
      `DELETE FROM audit_seals WHERE chain_id = ${quote(organization)}`,
    ])
      expect(await refusalOf(stores.run(statement)), statement).toMatchObject({ constraint: "audit_append_only" });
  });

  it.each<[string, (organization: string) => string, string]>([
    [
      "an action was changed",
      (o) => `UPDATE audit_entries SET action = 'flow.delete' WHERE id = ${entryAt(o, 3)}`,
      "the entry was changed",
    ],
    [
      "a time was changed",
      (o) =>
        `UPDATE audit_entries SET occurred_at = occurred_at + interval '1 microsecond' WHERE id = ${entryAt(o, 1)}`,
      "the entry was changed",
    ],
    [
      "a member was put in",
      (o) => `UPDATE audit_entries SET member_id = gen_random_uuid() WHERE id = ${entryAt(o, 5)}`,
      "the entry was changed",
    ],
    [
      "a patch was changed",
      (o) => `UPDATE audit_entries SET patch = '[]' WHERE id = ${entryAt(o, 2)}`,
      "what was changed was itself changed",
    ],
    [
      "an address was changed",
      (o) => `UPDATE audit_entries SET address_hash = sha256('x') WHERE id = ${entryAt(o, 2)}`,
      "whence it came was changed",
    ],
    ["an entry was removed", (o) => `DELETE FROM audit_entries WHERE id = ${entryAt(o, 4)}`, "the entry was removed"],
    [
      "an entry was moved to another organization",
      (o) => `UPDATE audit_entries SET organization_id = NULL WHERE id = ${entryAt(o, 4)}`,
      "the entry was removed",
    ],
    [
      "a seal was changed",
      (o) => `UPDATE audit_seals SET patch_digest = sha256('x') WHERE chain_id = '${o}' AND number = 2`,
      "the seal does not follow from the one before",
    ],
    [
      "entry and seal were removed",
      (o) =>
        `DELETE FROM audit_entries WHERE id = ${entryAt(o, 3)}; DELETE FROM audit_seals WHERE chain_id = '${o}' AND number = 3`,
      "the seals from 3 to 3 are missing",
    ],
    [
      "the last seal was removed with its entry",
      (o) =>
        `DELETE FROM audit_entries WHERE id = ${entryAt(o, 5)}; DELETE FROM audit_seals WHERE chain_id = '${o}' AND number = 5`,
      "the chain ends at 4 and not at its head",
    ],
    [
      "a part was taken out without an erasure",
      (o) => `UPDATE audit_entries SET patch = NULL, patch_salt = NULL WHERE id = ${entryAt(o, 2)}`,
      "what was changed is gone, and no erasure tells of it",
    ],
    [
      "an address was taken out without an erasure",
      (o) => `UPDATE audit_entries SET address_hash = NULL, origin_salt = NULL WHERE id = ${entryAt(o, 2)}`,
      "whence it came is gone, and no erasure tells of it",
    ],
    [
      "an entry was put in behind the seals",
      (o) =>
        `INSERT INTO audit_entries (id, organization_id, actor, credential, action, patch, request_id, occurred_at, xid)
         VALUES (gen_random_uuid(), '${o}', 'member', 'key_x', 'flow.create', '[]', 'r', now(), '1')`,
      "this entry was put in after its time was sealed",
    ],
  ])("tells that %s", async (_, statement, message) => {
    const organization = await createOrganization();
    await sealAll();
    expect(await faultsOf(organization)).toEqual([]);
    await tamper(statement(organization));
    expect(messages(await faultsOf(organization))).toContain(message);
  });

  it("tells of a chain that was cut with its head, by a head that was noted before", async () => {
    const organization = await createOrganization();
    await sealAll();
    const { chains, seals } = await readAuditLog(createHttpEngine(stores.server), organization);
    const kept = new Map([[organization, { number: 5, link: chains[0]!.link }]]);
    expect(await faultsOf(organization, kept)).toEqual([]);
    const fourth = seals.find(({ number }) => number === 4)!;
    await tamper(`DELETE FROM audit_entries WHERE id = ${entryAt(organization, 5)}; DELETE FROM audit_seals WHERE chain_id = '${organization}' AND number = 5;
      UPDATE audit_chains SET number = 4, link = decode('${fourth.link}', 'hex') WHERE chain_id = '${organization}'`);
    expect(await faultsOf(organization)).toEqual([]);
    expect(messages(await faultsOf(organization, kept))).toEqual([
      "the link that was noted for this number is not there: the chain was cut or written anew",
    ]);
  });

  it("gives its heads to be kept only where it verifies, so that good ones are not lost", async () => {
    const organization = await createOrganization(2);
    await sealAll();
    const folder = mkdtempSync(join(tmpdir(), "turash-heads-"));
    const { connectionString, fetchEndpoint } = stores.server;
    writeFileSync(join(folder, databaseAddressName), JSON.stringify({ connectionString, fetchEndpoint }));
    const file = join(folder, "heads.json");
    const id = idFromUuid("organization", organization);
    const verify = () =>
      run(process.execPath, [auditVerify, "--data", folder, "--organization", id, "--write-heads", file]).catch(
        (failed: { code: number; stderr: string }) => failed,
      );
    try {
      expect(await verify()).not.toHaveProperty("code");
      const good = readFileSync(file, "utf8");
      expect(JSON.parse(good)).toMatchObject({ [id]: { number: 2 } });
      await tamper(`UPDATE audit_entries SET action = 'flow.delete' WHERE id = ${entryAt(organization, 1)}`);
      expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining("heads were not written") });
      expect(readFileSync(file, "utf8")).toBe(good);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe("after a person's data was erased", () => {
    const stampFor = (organizationId: OrganizationId): ChangeStamp => ({
      actor: {
        kind: "member",
        organizationId,
        memberId: null,
        role: "owner",
        scopes: [],
        credential: createId("apiKey"),
      },
      at,
      requestId: "erasing",
      traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00`,
      addressHash: null,
      idempotency: null,
    });

    it("verifies, whether what was erased had been sealed before or not, and still tells a change of the rest", async () => {
      const organization = await createOrganization(2);
      const organizationId = idFromUuid("organization", organization);
      const memberId = createId("member");
      const member = uuidOf(memberId);
      await stores.run(insertSample("members", { id: quote(member), organization_id: quote(organization) }));
      const entry = (action: string, ofMember: boolean) =>
        stores.run(`INSERT INTO audit_entries (id, organization_id, actor, member_id, credential, action, subject_id, patch, request_id, address_hash, occurred_at)
          VALUES (uuid_v7(now()), '${organization}', 'member', ${ofMember ? quote(member) : "NULL"}, 'key_x', '${action}', '${member}', '[{"op": "add", "path": "/email", "value": "kim@acme.example"}]', 'r', sha256('address'), now())`);
      await entry("member.invite", false);
      await entry("site.create", true);
      await sealAll();
      await entry("member.update", true);
      const written = await createMemberStore(stores.connect()).erase(
        stampFor(organizationId),
        organizationId,
        memberId,
      );
      expect(written.kind).toBe("written");
      expect(await faultsOf(organization)).toEqual([]);
      await sealAll();
      expect(await faultsOf(organization)).toEqual([]);
      const rows = await stores.run(
        `SELECT patch::text, encode(address_hash, 'hex') AS address, member_id FROM audit_entries WHERE organization_id = '${organization}' AND action <> 'flow.create'`,
      );
      expect(JSON.stringify(rows)).not.toContain("kim@acme.example");
      expect(rows.filter(({ member_id, address }) => member_id !== null && address !== null)).toEqual([]);
      await tamper(
        `UPDATE audit_entries SET action = 'site.delete' WHERE action = 'site.create' AND organization_id = '${organization}'`,
      );
      expect(messages(await faultsOf(organization))).toEqual(["the entry was changed"]);
    });
  });

  describe("when entries are over their time", () => {
    it("forgets them from its beginning and verifies from where it was cut", async () => {
      const old = findCutoff("auditEntries", at).getTime();
      const longAgo = new Date(old - 86_400_000).toISOString();
      const organization = await createOrganization(4, quote(longAgo));
      await write(organization, 3);
      await sealAll();
      const prune = () => createRetentionStore(stores.connect()).pruneAudit(at);
      const pruned = await prune();
      expect(pruned).toBeGreaterThanOrEqual(4);
      expect(pruned).toBeLessThan(retentionBatch);
      const log = await readAuditLog(createHttpEngine(stores.server), organization);
      expect(log.chains).toMatchObject([{ number: 7, prunedNumber: 4 }]);
      expect(log.entries).toHaveLength(3);
      expect(await faultsOf(organization)).toEqual([]);
      expect(await prune()).toBe(0);
    });

    it("forgets them of a chain that is longer than a statement takes, and of more chains than one takes", async () => {
      const longAgo = quote(new Date(findCutoff("auditEntries", at).getTime() - 1_000).toISOString());
      const long = await createOrganization(retentionBatch + 10, longAgo);
      await write(long, 1);
      const short: string[] = [];
      for (let n = 0; n < 25; n++) short.push(await createOrganization(2, longAgo));
      await sealAll();
      let total = 0;
      for (let pruned = 1; pruned > 0; total += pruned)
        pruned = await createRetentionStore(stores.connect()).pruneAudit(at);
      expect(total).toBe(retentionBatch + 10 + 50);
      for (const organization of [long, ...short]) expect(await faultsOf(organization)).toEqual([]);
      const log = await readAuditLog(createHttpEngine(stores.server), long);
      expect(log.chains).toMatchObject([{ number: retentionBatch + 11, prunedNumber: retentionBatch + 10 }]);
    });
  });
});
