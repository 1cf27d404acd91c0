import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../../src/domain/ids.ts";
import { createApiKeyText } from "../../../src/platform/auth/apiKeyText.ts";
import { verificationLifetimeMs } from "../../../src/platform/auth/authenticate.ts";
import { computeDigest, toHex } from "../../../src/platform/auth/keyDigest.ts";
import { createWorld, type World } from "../support/attempts.ts";
import { type Answer, call, type Json, succeed, withoutRequestId } from "../support/client.ts";
import { countRows, query } from "../support/database.ts";
import { listOperations, type Operation } from "../support/openApi.ts";
import { interceptOutbound, sqlAddress } from "../support/outbound.ts";
import { createWorker } from "../support/ownWorker.ts";
import { audience, encodeToken, issuer, person, signToken } from "../support/signIns.ts";
import { createKey, createTenant, insertKey, invite, type Tenant } from "../support/tenants.ts";
import { ask, attemptOf } from "../support/walk.ts";

let world: World;
let tenant: Tenant;
let operations: Operation[];

beforeAll(async () => {
  world = await createWorld();
  tenant = await createTenant();
  operations = await listOperations();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const whoIs = (key: string) => call("GET", "/v1/me", { key });
const reasonOf = ({ status, body }: Answer) => (status === 401 ? body.reason : status);
const pass = (milliseconds: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });

describe("API2:2023 Broken Authentication", () => {
  it("lets nobody in without a credential by any operation, unless the document says that it is open", async () => {
    for (const operation of operations) {
      const { status, body } = await ask(operation, world);
      const security = operation.definition.security as object[];
      const isOpen = security.length === 0 || security.some((scheme) => Object.keys(scheme).length === 0);
      expect(isOpen, operation.operationId).toBe(attemptOf(operation).foreign === "open");
      expect(status, operation.operationId).toBe(isOpen ? 200 : 401);
      if (!isOpen) expect(body.reason).toBe("credential_missing");
    }
  });

  it("refuses a malformed credential, a mistyped key and an unknown one by every operation, and writes nothing", async () => {
    const { key } = tenant;
    const mistyped = key.slice(0, 20) + (key[20] === "a" ? "b" : "a") + key.slice(21);
    const unknown = createApiKeyText("live");
    const before = await countRows();
    for (const operation of operations) {
      if (operation.path.startsWith("/health/")) continue;
      const reasons = [];
      for (const credential of ["nonsense", mistyped, unknown])
        reasons.push(reasonOf(await ask(operation, world, { key: credential })));
      const basic = await ask(operation, world, { headers: { authorization: "Basic dTpw" } });
      expect([...reasons, reasonOf(basic)], operation.operationId).toEqual([
        "credential_malformed",
        "credential_malformed",
        "credential_refused",
        "credential_malformed",
      ]);
    }
    expect(await countRows()).toEqual(before);
  });

  it("answers a key that was revoked, has expired or ended with its member or organization as one that never was", async () => {
    const limited = { role: "viewer", scopes: ["flows:read"] } as const;
    const revoked = await createKey(tenant);
    await succeed(204, "DELETE", `/v1/api-keys/${revoked.id}`, { key: tenant.key });
    const expired = await insertKey(tenant, { ...limited, expiresAt: "2020-01-02" });
    const closing = await createTenant();
    const closed = await insertKey(closing, limited);
    await succeed(204, "DELETE", `/v1/organizations/${closing.id}`, { key: closing.key });
    const claims = person();
    await invite(tenant, { email: claims.email, role: "owner" });
    const token = await signToken({ claims });
    const { member } = await succeed(200, "GET", "/v1/me", { key: token });
    const removed = await succeed(201, "POST", "/v1/api-keys", {
      key: token,
      body: { name: "Hers", scopes: ["flows:read"] },
    });
    const successor = person();
    await invite(tenant, { email: successor.email, role: "owner" });
    await succeed(200, "GET", "/v1/me", { key: await signToken({ claims: successor }) });
    await succeed(204, "DELETE", `/v1/organizations/${tenant.id}/members/${member.id}`, { key: tenant.key });

    const unknown = createApiKeyText("live");
    // Behind earlier answers the Worker may ask for other things.
    let lookups = 0;
    interceptOutbound((url, { body }) => {
      if (url === sqlAddress && String(body).includes("api_keys")) lookups++;
      return null;
    });
    const answers: [lookups: number, problem: Json, headers: string[]][] = [];
    for (const key of [unknown, revoked.key, expired, closed, removed.key]) {
      lookups = 0;
      const { status, body, headers } = await createWorker({})({ path: "/v1/me", key });
      expect([status, body.reason]).toEqual([401, "credential_refused"]);
      answers.push([lookups, withoutRequestId(body), [...headers.keys()]]);
    }
    expect(answers[0]![0]).toBe(1);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    // A refusal is not remembered, so that the second one takes as long as the first.
    lookups = 0;
    for (let again = 0; again < 2; again++) await createWorker({})({ path: "/v1/me", key: unknown });
    expect(lookups).toBe(2);
  });

  it("takes a credential at no other place than the Authorization header", async () => {
    const { key } = tenant;
    for (const headers of [
      { cookie: `token=${key}; authorization=Bearer ${key}` },
      { "x-api-key": key },
      { "x-authorization": `Bearer ${key}` },
      { "proxy-authorization": `Bearer ${key}` },
      { "x-forwarded-user": tenant.id, "x-remote-user": "owner" },
      { "cf-access-jwt-assertion": await signToken({ claims: person() }) },
    ])
      expect(reasonOf(await call("GET", "/v1/me", { headers })), Object.keys(headers)[0]).toBe("credential_missing");
    for (const path of [`/v1/me?access_token=${key}`, `/v1/me?authorization=Bearer%20${key}`])
      expect(reasonOf(await call("GET", path)), path.slice(0, 20)).toBe("credential_missing");
    const basic = { authorization: `Basic ${btoa(`key:${key}`)}` };
    expect(reasonOf(await call("GET", "/v1/me", { headers: basic }))).toBe("credential_malformed");
    const twice = { authorization: `Bearer ${key}, Bearer ${key}` };
    expect(reasonOf(await call("GET", "/v1/me", { headers: twice }))).toBe("credential_malformed");
  });

  it("takes nothing that a stolen database holds for a key: neither its digest, its hint nor its id", async () => {
    const digest = await computeDigest(env.KEY_PEPPER, "api-key", tenant.key);
    const [kept] = await query(
      "SELECT id, hint, digest = decode($2, 'hex') AS same FROM api_keys WHERE organization_id = $1 ORDER BY id LIMIT 1",
      uuidOf(tenant.id),
      toHex(digest),
    );
    expect(kept.same).toBe(true);
    const base64 = btoa(String.fromCharCode(...digest));
    for (const stolen of [toHex(digest), base64, kept.hint, kept.id, `turash_live_${toHex(digest).slice(0, 49)}`])
      expect(reasonOf(await whoIs(stolen)), stolen).toBe("credential_malformed");
  });

  it("remembers a credential by the whole of it, and forgets each way of writing it in the same five seconds", async () => {
    const { id, key } = await createKey(tenant);
    const other = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    const ways = [`Bearer ${key}`, `bearer ${key}`, `BEARER ${key}`];
    const asking = (authorization: string) => call("GET", "/v1/me", { headers: { authorization } });
    for (const way of ways) expect(reasonOf(await asking(way))).toBe(200);
    for (const near of [`Bearer ${key}x`, `Bearer ${key.slice(0, -1)}`, `Bearer ${key.toUpperCase()}`])
      expect(reasonOf(await asking(near)), near.slice(-8)).toBe("credential_malformed");
    expect((await whoIs(other)).body.role).toBe("viewer");
    await succeed(204, "DELETE", `/v1/api-keys/${id}`, { key: tenant.key });
    pass(verificationLifetimeMs);
    for (const way of ways) expect(reasonOf(await asking(way))).toBe("credential_refused");
  });

  it("takes no token whose parts are not as they should be, whoever it names", async () => {
    const claims = person();
    await invite(tenant, { email: claims.email, role: "owner" });
    const now = Math.floor(Date.now() / 1_000);
    const right = { ...claims, iss: issuer, aud: audience, exp: now + 300 };
    const header = { alg: "ES256", kid: "first" };
    const [, , signature] = (await signToken({ claims })).split(".") as [string, string, string];
    const zeros = btoa(String.fromCharCode(...new Uint8Array(64))).replaceAll("=", "");
    const before = await countRows();
    for (const alg of [
      "none",
      "None",
      "nOnE",
      "",
      "HS256",
      "HS512",
      "ES256K",
      "RS1",
      "es256",
      "dir",
      null,
      7,
      ["ES256"],
    ])
      expect(reasonOf(await whoIs(encodeToken({ ...header, alg }, right, signature))), String(alg)).toBe(
        "credential_wrong_algorithm",
      );
    for (const [token, why] of [
      [encodeToken(header, right, zeros), "a signature of zeros"],
      [encodeToken(header, right, "A"), "a signature of one digit"],
      [encodeToken(header, { ...right, role: "owner", sub: world.memberId }, signature), "another's signature"],
      [encodeToken({ ...header, crit: ["exp"], b64: false }, right, signature), "an extension that is critical"],
      [encodeToken({ ...header, kid: "../../dev/null" }, right, signature), "a kid that is a path"],
      [encodeToken({ ...header, kid: "' OR 1=1 --" }, right, signature), "a kid that is SQL"],
      [`${encodeToken(header, right, signature)}.e30.e30`, "five parts"],
      [encodeToken([] as never, right, signature), "a header that is a list"],
      [encodeToken(header, "right" as never, signature), "claims that are a text"],
    ] as const) {
      const answer = await whoIs(token);
      expect(answer.status, why).toBe(401);
      expect(answer.body.reason, why).toMatch(/^credential_/);
    }
    expect(await countRows()).toEqual(before);
  });

  it.each<[string, object]>([
    ["an end in words", { exp: "9999999999" }],
    ["an end before time", { exp: -1 }],
    ["no end", { exp: null }],
    ["a beginning in words", { nbf: "yesterday" }],
    ["a beginning in a day", { nbf: Math.floor(Date.now() / 1_000) + 86_400 }],
    ["a subject that is a number", { sub: 1 }],
    ["a subject that is a list", { sub: ["a"] }],
    ["an empty subject", { sub: "" }],
    ["a subject of 256 characters", { sub: "x".repeat(256) }],
    ["an issuer in a list", { iss: [issuer] }],
    ["an issuer with a slash more", { iss: `${issuer}/` }],
    ["an audience that only begins as ours", { aud: `${audience}.evil.example` }],
    ["an audience that is an object", { aud: { [audience]: true } }],
    ["no audience in its list", { aud: [] }],
  ])("takes no token with %s, though the provider has signed it", async (_, spoiled) => {
    const claims = person();
    await invite(tenant, { email: claims.email });
    const before = await countRows();
    const answer = await whoIs(await signToken({ claims: { ...claims, ...spoiled } as never }));
    expect(answer.status).toBe(401);
    expect(answer.body.reason).toMatch(/^credential_(malformed|expired|not_yet_valid|wrong_issuer|wrong_audience)$/);
    expect(await countRows()).toEqual(before);
  });
});
