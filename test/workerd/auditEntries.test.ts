import { beforeAll, describe, expect, it, vi } from "vitest";
import { createId } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, pointersOf, refuse, succeed } from "./support/client.ts";
import { runMinute } from "./support/schedule.ts";
import { createFlow, createKey, createSite, createTenant, steamSupply, type Tenant } from "./support/tenants.ts";

let owner: Tenant;
let stranger: Tenant;
let site: Json;
let flow: Json;
let editorKey: Json;

beforeAll(async () => {
  [owner, stranger] = [await createTenant(), await createTenant()];
  site = await createSite(owner);
  editorKey = await createKey(owner, { role: "editor" });
  flow = await createFlow({ ...owner, key: editorKey.key }, steamSupply(site.id, { visibility: "private" }));
  await succeed(200, "PATCH", `/v1/flows/${flow.id}`, { key: owner.key, body: { title: "Anew" } });
});

const list = async (query = "", key = owner.key): Promise<Json[]> =>
  (await succeed(200, "GET", `/v1/audit-entries?${query}`, { key })).data;

describe("the audit log of an organization", () => {
  it("tells its owner, newest first, who changed what, by which credential and from what to what", async () => {
    const [changed, created] = await list(`subjectId=${flow.id}`);
    expect(changed).toMatchObject({
      action: "flow.update",
      actor: "member",
      subjectId: flow.id,
      patch: [{ op: "replace", path: "/title", value: "Anew" }],
    });
    expect(created).toMatchObject({ action: "flow.create", credential: editorKey.id, requestId: expect.any(String) });
    expect(await succeed(200, "GET", `/v1/audit-entries/${created!.id}`, { key: owner.key })).toEqual(created);
  });

  it("is filtered by actor, credential, action, noun, subject and time, and paged without a gap", async () => {
    const all = await list();
    const [{ at: latest }] = all as [Json];
    for (const [query, keep] of [
      ["actor=member", ({ actor }: Json) => actor === "member"],
      ["actor=operator", ({ actor }: Json) => actor === "operator"],
      [`credential=${editorKey.id}`, ({ credential }: Json) => credential === editorKey.id],
      ["action=flow.", ({ action }: Json) => action.startsWith("flow.")],
      ["action=site.create", ({ action }: Json) => action === "site.create"],
      [`subjectId=${site.id}`, ({ subjectId }: Json) => subjectId === site.id],
      [`after=${latest}`, ({ at }: Json) => at > latest],
      [`before=${latest}`, ({ at }: Json) => at < latest],
      // An offset that clocks have nowhere, and RFC 3339 allows.
      ["before=3935-08-02T08:15:08%2B21:07", () => true],
    ] as const) {
      const found = await list(query);
      expect(found, query).toEqual(all.filter(keep));
      if (!query.startsWith("after")) expect(found.length, query).toBeGreaterThan(0);
    }
    const paged: Json[] = [];
    for (let path: string | null = "/v1/audit-entries?limit=2"; path !== null; ) {
      const page: Json = await succeed(200, "GET", path, { key: owner.key });
      paged.push(...page.data);
      path = page.nextCursor && `/v1/audit-entries?limit=2&cursor=${page.nextCursor}`;
    }
    expect(paged).toEqual(all);
  });

  it("shows network addresses as digests only, equal for equal ones", async () => {
    const from = (address: string) => ({
      key: owner.key,
      headers: { "cf-connecting-ip": address },
      body: { title: crypto.randomUUID() },
    });
    for (const address of ["192.0.2.77", "192.0.2.77", "192.0.2.78"])
      await succeed(200, "PATCH", `/v1/flows/${flow.id}`, from(address));
    const entries = await list(`subjectId=${flow.id}&limit=3`);
    const [third, second, first] = entries.map(({ addressHash }) => addressHash);
    expect(first).toMatch(/^[0-9a-f]{16,}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(JSON.stringify(entries)).not.toContain("192.0.2");
  });

  it("is sealed by the minute's schedule into a chain whose numbers follow each other", async () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    await succeed(200, "PATCH", `/v1/flows/${flow.id}`, { key: owner.key, body: { title: "Sealed" } });
    expect((await list("limit=1"))[0]!.seal).toBeNull();
    await runMinute();
    const seals = (await list()).map(({ seal }) => seal);
    expect(seals.every(Boolean)).toBe(true);
    expect(seals.map(({ number }) => number)).toEqual(seals.map((_, index) => seals.length - index));
    expect(new Set(seals.map(({ link }) => link)).size).toBe(seals.length);
    vi.restoreAllMocks();
  });

  it("is its owners' alone to read, and the operator's, whose look enters it", async () => {
    expect((await refuse(403, "GET", "/v1/audit-entries", { key: editorKey.key })).required).toEqual({ role: "owner" });
    const [entry] = await list("limit=1");
    await refuse(404, "GET", `/v1/audit-entries/${entry!.id}`, { key: stranger.key });
    await refuse(404, "GET", `/v1/audit-entries/${createId("auditEntry")}`, { key: owner.key });
    const strangers = await list("", stranger.key);
    expect(strangers.some(({ id }) => id === entry!.id)).toBe(false);
    expect(await list(`organizationId=${owner.id}`, stranger.key)).toEqual([]);
    expect((await list(`organizationId=${owner.id}&limit=1`, operatorKey))[0]!.id).toBe(entry!.id);
    expect((await list("actor=operator&limit=1"))[0]).toMatchObject({ action: expect.stringMatching(/\.list$/) });
    const from = { key: operatorKey, headers: { "cf-connecting-ip": "192.0.2.80" } };
    await succeed(200, "GET", `/v1/flows/${flow.id}`, from);
    expect((await list("actor=operator&limit=1"))[0]).toMatchObject({
      action: "flow.read",
      addressHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it("cannot be written by anyone", async () => {
    const [entry] = await list("limit=1");
    for (const method of ["PUT", "PATCH", "DELETE", "POST"])
      for (const path of ["/v1/audit-entries", `/v1/audit-entries/${entry!.id}`])
        expect((await call(method, path, { key: owner.key, body: {} })).status, `${method} ${path}`).toBe(405);
  });

  it.each([
    ["actor=ghost", "/query/actor"],
    ["action=flow", "/query/action"],
    ["action=%25", "/query/action"],
    ["subjectId=flow_1", "/query/subjectId"],
    ["memberId=flow_01jd7p3v2fe1k9wx5m7t8q4z6c", "/query/memberId"],
    ["after=yesterday", "/query/after"],
    ["before=0000-01-01T00:00:00Z", "/query/before"],
    ["limit=0", "/query/limit"],
    ["credential=", "/query/credential"],
  ])("refuses a filter that means nothing: %s", async (query, pointer) => {
    expect(pointersOf(await refuse(400, "GET", `/v1/audit-entries?${query}`, { key: owner.key }))).toEqual([pointer]);
  });
});
