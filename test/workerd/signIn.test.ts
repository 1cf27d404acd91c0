import fc from "fast-check";
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from "jose";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, refuse, succeed } from "./support/client.ts";
import { countRows, query } from "./support/database.ts";
import { audience, encodeToken, issuer, person, signToken, TEST_SIGNING_KEY } from "./support/signIns.ts";
import { createTenant, insertMember, invite, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await createTenant();
});
afterEach(() => {
  vi.useRealTimers();
});

const whoIs = (key: string) => call("GET", "/v1/me", { key });
const reasonOf = async (key: string) => {
  const { status, body } = await whoIs(key);
  return status === 401 ? body.reason : status;
};
const members = async (of = tenant) =>
  (await succeed(200, "GET", `/v1/organizations/${of.id}/members`, { key: of.key })).data;

/** Somebody who has signed in as a new member. */
async function join(of = tenant, role = "editor", claims = {}) {
  const somebody = person(undefined, claims);
  await invite(of, { email: somebody.email, role });
  const token = await signToken({ claims: somebody });
  const { member } = await succeed(200, "GET", "/v1/me", { key: token });
  return { token, claims: somebody, id: member.id as string };
}

describe("a first sign-in", () => {
  it("becomes the member who was invited by its verified e-mail, whatever its case", async () => {
    const claims = person(`Kirsten.${crypto.randomUUID()}@Example.org`);
    const invitation = await invite(tenant, { email: claims.email.toLowerCase(), role: "editor" });
    const me = await succeed(200, "GET", "/v1/me", { key: await signToken({ claims }) });
    expect(me).toMatchObject({
      kind: "member",
      organization: { id: tenant.id },
      role: "editor",
      member: { name: "Kirsten Holm", email: claims.email.toLowerCase() },
      credential: expect.stringMatching(/^sign_in:[0-9a-f]{12}$/),
    });
    expect(me.scopes.sort()).toEqual(
      ["flows:read", "flows:write", "matches:read", "matches:write", "measurements:write", "rooms:join"].sort(),
    );
    const { data } = await succeed(200, "GET", `/v1/organizations/${tenant.id}/invitations`, { key: tenant.key });
    expect(data.find(({ id }: Json) => id === invitation.id)).toMatchObject({ memberId: me.member.id });
    const [entry] = await query(
      "SELECT action, credential FROM audit_entries WHERE subject_id = $1 ORDER BY id LIMIT 1",
      uuidOf(me.member.id),
    );
    expect(entry).toMatchObject({ action: "member.join", credential: me.credential });
    // Whoever has come in once comes in by issuer and subject, with whatever e-mail.
    const later = await signToken({ claims: { sub: claims.sub, email: null as never } });
    expect(await succeed(200, "GET", "/v1/me", { key: later })).toMatchObject({ member: { id: me.member.id } });
  });

  it("becomes the owner whom the operator named, whom nobody has signed in as yet", async () => {
    const claims = person();
    const owner = { name: "Kirsten", email: claims.email };
    const created = await succeed(201, "POST", "/v1/organizations", {
      key: operatorKey,
      body: { name: "Named", country: "DK", owner },
    });
    const me = await succeed(200, "GET", "/v1/me", { key: await signToken({ claims }) });
    expect(me).toMatchObject({ role: "owner", organization: { id: created.id } });
    expect(await reasonOf(await signToken({ claims: person(claims.email) }))).toBe("credential_refused");
    const [entry] = await query(
      "SELECT member_id FROM audit_entries WHERE subject_id = $1 AND action = 'member.join'",
      uuidOf(me.member.id),
    );
    expect(entry).toEqual({ member_id: uuidOf(me.member.id) });
  });

  it("makes one member, however many requests come first", async () => {
    const claims = person();
    await invite(tenant, { email: claims.email });
    const tokens = await Promise.all(Array.from({ length: 8 }, (_, n) => signToken({ claims, expiresIn: 300 + n })));
    const ids = await Promise.all(tokens.map(async (key) => (await whoIs(key)).body.member?.id));
    expect(new Set(ids).size).toBe(1);
    expect((await members()).filter(({ email }: Json) => email === claims.email)).toHaveLength(1);
  });

  it.each<[string, object, object]>([
    ["an e-mail that is not verified", { email_verified: false }, {}],
    ["an e-mail said to be verified in words", { email_verified: "true" }, {}],
    ["no e-mail", { email: null }, {}],
    ["another e-mail", { email: "somebody@else.example" }, {}],
  ])("with %s is nobody's, and as anonymous as one who was removed", async (_, claims) => {
    const invited = person();
    await invite(tenant, { email: invited.email });
    const before = await countRows();
    const unknown = await whoIs(await signToken({ claims: { ...invited, ...claims } as never }));
    expect([unknown.status, unknown.body.reason]).toEqual([401, "credential_refused"]);
    expect(await countRows()).toEqual(before);
    const removed = await join();
    await succeed(204, "DELETE", `/v1/organizations/${tenant.id}/members/${removed.id}`, { key: tenant.key });
    const again = await whoIs(await signToken({ claims: removed.claims, expiresIn: 301 }));
    expect({ ...again.body, requestId: "" }).toEqual({ ...unknown.body, requestId: "" });
  });

  it("comes too late for an invitation that has expired or was taken back", async () => {
    const [late, back] = [person(), person()];
    const expired = await invite(tenant, { email: late.email });
    await query(
      "UPDATE invitations SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day' WHERE id = $1",
      uuidOf(expired.id),
    );
    const withdrawn = await invite(tenant, { email: back.email });
    await succeed(204, "DELETE", `/v1/organizations/${tenant.id}/invitations/${withdrawn.id}`, { key: tenant.key });
    for (const claims of [late, back]) expect(await reasonOf(await signToken({ claims }))).toBe("credential_refused");
    await invite(tenant, { email: late.email });
    expect(await reasonOf(await signToken({ claims: late }))).toBe(200);
  });
});

describe("a sign-in", () => {
  it("ends within five seconds of the member's removal, and with its organization", async () => {
    const { token, id } = await join();
    expect(await reasonOf(token)).toBe(200);
    await succeed(204, "DELETE", `/v1/organizations/${tenant.id}/members/${id}`, { key: tenant.key });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5_000 });
    expect(await reasonOf(token)).toBe("credential_refused");
    vi.useRealTimers();
    const closing = await createTenant();
    const other = await join(closing);
    await succeed(204, "DELETE", `/v1/organizations/${closing.id}`, { key: closing.key });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5_000 });
    expect(await reasonOf(other.token)).toBe("credential_refused");
  });

  it("is not remembered beyond the token's own end", async () => {
    const { claims } = await join();
    const token = await signToken({ claims, expiresIn: -28 });
    expect(await reasonOf(token)).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 4_000 });
    expect(await reasonOf(token)).toBe("credential_expired");
  });

  it.each<[string, Parameters<typeof signToken>[0], string | number]>([
    ["whose end is within the leeway", { expiresIn: -25 }, 200],
    ["that has expired", { expiresIn: -31 }, "credential_expired"],
    ["that begins within the leeway", { notBefore: 25 }, 200],
    ["that is not valid yet", { notBefore: 90 }, "credential_not_yet_valid"],
    ["of another issuer", { claims: { iss: "https://elsewhere.example" } }, "credential_wrong_issuer"],
    ["for another audience", { claims: { aud: "https://elsewhere.example" } }, "credential_wrong_audience"],
    ["for several audiences, ours among them", { claims: { aud: [audience, "https://elsewhere.example"] } }, 200],
    ["without an audience", { claims: { aud: null as never } }, "credential_wrong_audience"],
    ["without an end", { claims: { exp: null as never } }, "credential_malformed"],
    ["without a subject", { claims: { sub: null as never } }, "credential_malformed"],
    ["by a key that the issuer does not have", { header: { kid: "unknown" } }, "credential_unknown_key"],
  ])("with a token %s is answered %s", async (_, options = {}, expected) => {
    const { claims } = await join();
    expect(await reasonOf(await signToken({ ...options, claims: { ...claims, ...options.claims } }))).toBe(expected);
  });

  it("is refused for a signature by none, by a secret, by the public key as a secret, and by somebody else's key", async () => {
    const { claims } = await join();
    const body = { ...claims, iss: issuer, aud: audience, exp: Math.floor(Date.now() / 1_000) + 300 };
    const none = encodeToken({ alg: "none" }, body, "e30");
    const { d: _, ...publicJwk } = JSON.parse(TEST_SIGNING_KEY);
    const pem = await exportSPKI((await importJWK(publicJwk, "ES256", { extractable: true })) as CryptoKey);
    const secret = await new SignJWT(body)
      .setProtectedHeader({ alg: "HS256", kid: "first" })
      .sign(new TextEncoder().encode(pem));
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const other = await new SignJWT(body).setProtectedHeader({ alg: "ES256", kid: "first" }).sign(privateKey);
    const embedded = await new SignJWT(body)
      .setProtectedHeader({
        alg: "ES256",
        kid: "first",
        jwk: await exportJWK(publicKey),
        jku: "https://evil.example/keys",
      })
      .sign(privateKey);
    expect(await reasonOf(none)).toBe("credential_wrong_algorithm");
    expect(await reasonOf(secret)).toBe("credential_wrong_algorithm");
    expect(await reasonOf(other)).toBe("credential_wrong_signature");
    expect(await reasonOf(embedded)).toBe("credential_wrong_signature");
  });

  it("is refused for every token that differs in a bit, is cut or is glued together, and writes nothing", async () => {
    const { token } = await join();
    const other = await signToken({ claims: person() });
    const before = await countRows();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.tuple(fc.constant("flip"), fc.nat(token.length - 2), fc.nat(61)),
          fc.tuple(fc.constant("cut"), fc.nat(token.length - 2), fc.constant(0)),
          fc.tuple(fc.constant("mix"), fc.nat(2), fc.constant(0)),
        ),
        async ([way, place, digit]) => {
          const spoiled =
            way === "flip"
              ? token.slice(0, place) +
                digits[(digits.indexOf(token[place]!) + 1 + digit) % 64] +
                token.slice(place + 1)
              : way === "cut"
                ? token.slice(0, place)
                : token
                    .split(".")
                    .map((part, index) => (index === place ? other.split(".")[index] : part))
                    .join(".");
          if (spoiled === token) return;
          expect(await reasonOf(spoiled)).toMatch(/^credential_/);
        },
      ),
      { numRuns: 150 },
    );
    expect(await countRows()).toEqual(before);
  });

  it("may do what its role may, and no more", async () => {
    const viewer = await join(tenant, "viewer");
    await refuse(403, "POST", "/v1/sites", {
      key: viewer.token,
      body: { name: "x", location: { type: "Point", coordinates: [0, 0] }, timeZone: "UTC", country: "DK" },
    });
    const owner = await join(tenant, "owner");
    const key = await succeed(201, "POST", "/v1/api-keys", {
      key: owner.token,
      body: { name: "Mine", role: "owner", scopes: ["keys:manage"] },
    });
    expect(key.memberId).toBe(owner.id);
  });
});

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

describe("the last owner", () => {
  it("can neither leave, be removed, be made less nor be erased, until there is another", async () => {
    const of = await createTenant();
    const owner = await join(of, "owner");
    const path = `/v1/organizations/${of.id}/members/${owner.id}`;
    for (const [method, where, body] of [
      ["POST", "/v1/me/leave", undefined],
      ["POST", "/v1/me/erase", undefined],
      ["DELETE", path, undefined],
      ["PATCH", path, { role: "editor" }],
      ["POST", `${path}/erase`, undefined],
    ] as const)
      expect(await refuse(409, method, where, { key: owner.token, body })).toMatchObject({ reason: "last_owner" });
    expect((await members(of))[0]).toMatchObject({ id: owner.id, role: "owner", version: expect.any(Number) });
    await insertMember(of, { role: "owner" });
    await succeed(204, "POST", "/v1/me/leave", { key: owner.token });
  });
});

describe("a person's data", () => {
  it("is given whole, and erased for good, while what the organization did stays", async () => {
    const of = await createTenant();
    const somebody = await join(of, "editor");
    const site = {
      name: "Yard",
      location: { type: "Point", coordinates: [9.9, 55.1] },
      timeZone: "Europe/Copenhagen",
      country: "DK",
    };
    await succeed(201, "POST", "/v1/sites", {
      key: somebody.token,
      body: site,
      headers: { "cf-connecting-ip": "203.0.113.7" },
    });
    const data = await succeed(200, "GET", "/v1/me/personal-data", { key: somebody.token });
    expect(data).toMatchObject({
      member: { id: somebody.id, email: somebody.claims.email, issuer, subject: somebody.claims.sub },
      invitations: [{ email: somebody.claims.email }],
      truncated: false,
    });
    expect(data.auditEntries.map(({ action }: Json) => action)).toEqual(["member.join", "site.create"]);
    const path = `/v1/organizations/${of.id}/members/${somebody.id}`;
    expect(await succeed(200, "GET", `${path}/personal-data`, { key: of.key })).toEqual(data);

    await succeed(204, "POST", `${path}/erase`, { key: of.key });
    await refuse(404, "GET", `${path}/personal-data`, { key: of.key });
    await refuse(404, "GET", path, { key: of.key });
    const everything = await query(
      `SELECT string_agg(row, ' ') AS text FROM (
        SELECT m::text AS row FROM members m WHERE organization_id = $1 UNION ALL SELECT i::text FROM invitations i WHERE organization_id = $1
        UNION ALL SELECT a::text FROM audit_entries a WHERE organization_id = $1 UNION ALL SELECT o::text FROM outbox o WHERE $1 = ANY (organization_ids)) AS rows`,
      uuidOf(of.id),
    );
    for (const secret of [somebody.claims.email, somebody.claims.sub, "Kirsten"])
      expect(everything[0].text).not.toContain(secret);
    const entries = await query(
      "SELECT action, patch, address_hash FROM audit_entries WHERE organization_id = $1 ORDER BY id",
      uuidOf(of.id),
    );
    expect(entries.find(({ action }) => action === "site.create")).toMatchObject({
      patch: [{ op: "add", path: "" }],
      address_hash: null,
    });
    expect(entries.find(({ action }) => action === "member.invite")).toMatchObject({ patch: null });
    const erasure = entries.find(({ action }) => action === "member.erase")!;
    expect(erasure.patch.map(({ path }: Json) => path.split("/").at(-1)).sort()).toEqual([
      "origin",
      "origin",
      "patch",
      "patch",
      "person",
    ]);
    await refuse(404, "POST", `${path}/erase`, { key: of.key });
  });
});
