import { beforeAll, describe, expect, it } from "vitest";
import { createId, uuidOf } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, succeed } from "./support/client.ts";
import { query } from "./support/database.ts";
import { person, signToken } from "./support/signIns.ts";
import { createTenant, insertMember, type Tenant } from "./support/tenants.ts";

const once = () => ({ "idempotency-key": crypto.randomUUID() });
const keyOf = (name: string) => ({ name, role: "owner", scopes: ["keys:manage"] });

/** All that the database keeps of an organization where a person could be named. */
async function readEverything({ id }: Tenant): Promise<string> {
  const [{ text }] = await query(
    `SELECT string_agg(row, ' ') AS text FROM (
      SELECT m::text AS row FROM members m WHERE organization_id = $1 UNION ALL SELECT i::text FROM invitations i WHERE organization_id = $1
      UNION ALL SELECT k::text FROM api_keys k WHERE organization_id = $1 UNION ALL SELECT a::text FROM audit_entries a WHERE organization_id = $1
      UNION ALL SELECT o::text FROM outbox o WHERE $1 = ANY (organization_ids)
      UNION ALL SELECT r::text FROM idempotency_records r WHERE scope = $2 OR answer::text LIKE '%' || $1 || '%') AS rows`,
    uuidOf(id),
    id,
  );
  return text;
}

describe("an erasure", () => {
  let of: Tenant;
  let claims: ReturnType<typeof person>;
  let memberId: string;
  const standing = { body: { name: "ERP link", scopes: ["flows:read"] }, headers: once() };
  let standingKey: Json;

  beforeAll(async () => {
    of = await createTenant();
    await insertMember(of, { role: "owner", name: "Another" });
    claims = person(undefined, { name: "Kirsten Holm" });
    standingKey = await succeed(201, "POST", "/v1/api-keys", { key: of.key, ...standing });
    const invitations = `/v1/organizations/${of.id}/invitations`;
    const invitation = { name: "Kirsten Holm", email: claims.email, role: "owner" };
    const first = await succeed(201, "POST", invitations, { key: operatorKey, body: invitation, headers: once() });
    await succeed(204, "DELETE", `${invitations}/${first.id}`, { key: of.key });
    await query("DELETE FROM invitations WHERE id = $1", uuidOf(first.id));
    await succeed(201, "POST", invitations, { key: of.key, body: invitation, headers: once() });

    const token = await signToken({ claims });
    memberId = (await succeed(200, "GET", "/v1/me", { key: token })).member.id;
    const own = { key: token, headers: once() };
    const laptop = await succeed(201, "POST", "/v1/api-keys", { ...own, body: keyOf("Laptop of Kirsten Holm") });
    await succeed(201, "POST", `/v1/api-keys/${laptop.id}/rotate`, { key: token, body: {}, headers: once() });
    // One that was forgotten since, as all are some time after their end.
    const phone = await succeed(201, "POST", "/v1/api-keys", { key: laptop.key, body: keyOf("Phone of Kirsten Holm") });
    await query("DELETE FROM api_keys WHERE id = $1", uuidOf(phone.id));

    const before = await readEverything(of);
    for (const secret of [claims.email, claims.sub, "Kirsten", "Laptop", "Phone"]) expect(before).toContain(secret);
    await succeed(204, "POST", `/v1/organizations/${of.id}/members/${memberId}/erase`, { key: of.key });
  });

  it("leaves nothing of the person: not in answers kept for repeats, names of keys, or entries about them", async () => {
    const left = await readEverything(of);
    for (const secret of [claims.email, claims.sub, "Kirsten", "Laptop", "Phone"]) expect(left).not.toContain(secret);
    const keys = await query("SELECT name, revoked_at FROM api_keys WHERE member_id = $1", uuidOf(memberId as never));
    expect(keys.length).toBe(2);
    for (const key of keys) expect(key).toEqual({ name: "Key of an erased member", revoked_at: expect.anything() });
  });

  it("leaves what others did, and the answers that are kept for them", async () => {
    const again = await call("POST", "/v1/api-keys", { key: of.key, ...standing });
    expect([again.headers.get("idempotent-replayed"), again.body]).toEqual(["true", standingKey]);
    const entries = await query(
      "SELECT action, patch FROM audit_entries WHERE subject_id = $1",
      uuidOf(standingKey.id),
    );
    expect(entries).toMatchObject([{ action: "api_key.create", patch: [{ value: { name: "ERP link" } }] }]);
    const other = await query("SELECT name FROM members WHERE organization_id = $1 ORDER BY name", uuidOf(of.id));
    expect(other).toEqual([{ name: "Another" }, { name: "Erased member" }]);
  });

  it("takes no answer of another organization with it that names the same e-mail", async () => {
    const two = [await createTenant(), await createTenant()] as const;
    const email = `${createId("event")}@example.org`;
    const requests = two.map(({ id }) => ({
      path: `/v1/organizations/${id}/invitations`,
      options: { key: operatorKey, body: { name: "Ingrid", email }, headers: once() },
    }));
    for (const { path, options } of requests) await succeed(201, "POST", path, options);
    const member = await insertMember(two[0], { email });
    await succeed(204, "POST", `/v1/organizations/${two[0].id}/members/${member}/erase`, { key: two[0].key });
    const replayed = [];
    for (const { path, options } of requests)
      replayed.push((await call("POST", path, options)).headers.get("idempotent-replayed"));
    expect(replayed).toEqual([null, "true"]);
  });
});
