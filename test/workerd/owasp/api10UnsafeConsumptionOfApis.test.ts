import { env } from "cloudflare:workers";
import { type JWK, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Json, succeed } from "../support/client.ts";
import { countRows } from "../support/database.ts";
import { interceptOutbound, sqlAddress, stall } from "../support/outbound.ts";
import { createWorker } from "../support/ownWorker.ts";
import { audience, person, publicJwk, serveProvider, signToken } from "../support/signIns.ts";
import { createTenant, insertKey, invite, type Tenant } from "../support/tenants.ts";

let tenant: Tenant;

beforeAll(async () => {
  tenant = await createTenant();
});
beforeEach(() => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type ProviderFault = (url: string, issuer: string, init: RequestInit) => Response | Promise<Response>;

/** A provider whose discovery is as it should be, and whose keys are these. */
const withKeys =
  (keys: unknown): ProviderFault =>
  (url, issuer) =>
    url.endsWith("/keys") ? Response.json({ keys }) : Response.json({ issuer, jwks_uri: `${issuer}/keys` });

const page = "<html><h1>502 Bad Gateway</h1>inner-host-17</html>";
const html = (status: number) => new Response(page, { status, headers: { "content-type": "text/html" } });
const taken = { bytes: 0 };

/** JSON that goes on and on, and how much of it was taken. */
function goOn(): Response {
  taken.bytes = 0;
  const chunk = new TextEncoder().encode(`{"issuer": "${"x".repeat(65_000)}"`);
  return new Response(
    new ReadableStream({
      pull(controller) {
        taken.bytes += chunk.byteLength;
        controller.enqueue(chunk);
      },
    }),
  );
}

const providerFaults: [string, ProviderFault][] = [
  ["an error page", () => html(502)],
  ["an error page that says that all is well", () => html(200)],
  ["nothing", () => new Response("")],
  ["null", () => new Response("null")],
  ["JSON cut short", () => new Response('{"issuer": "https://')],
  ["a document without end", goOn],
  ["a document that stops coming", (_, __, init) => stall(init)],
  ["another issuer's document", (_, issuer) => Response.json({ issuer: `${issuer}/`, jwks_uri: `${issuer}/keys` })],
  ["an address of keys that is none", (_, issuer) => Response.json({ issuer, jwks_uri: "keys" })],
  ["keys in an error page", (url, issuer) => (url.endsWith("/keys") ? html(200) : withKeys([])(url, issuer, {}))],
  ["keys without end", (url, issuer) => (url.endsWith("/keys") ? goOn() : withKeys([])(url, issuer, {}))],
  ["a hundred keys and one", withKeys(Array(101).fill({ kty: "EC" }))],
  ["keys that are no list", withKeys({ first: publicJwk })],
  ["a connection that breaks", () => Promise.reject(new TypeError("connect ECONNREFUSED inner-host-17"))],
];

const unsoundKeys: [string, unknown[]][] = [
  ["none", []],
  ["none of its name", [{ ...publicJwk, kid: "second" }]],
  ["a shared secret of its name", [{ kty: "oct", kid: "first", k: "c2VjcmV0" }]],
  ["one for encryption", [{ ...publicJwk, kid: "first", use: "enc" }]],
  ["one of no curve's point", [{ ...publicJwk, kid: "first", x: publicJwk.y, y: publicJwk.x }]],
  ["one without its point", [{ kty: "EC", crv: "P-256", kid: "first" }]],
  ["one that is cut short", [{ ...publicJwk, kid: "first", x: "AAAA" }]],
  ["one of numbers", [{ ...publicJwk, kid: "first", x: 17, y: 17 }]],
  [
    "two of one name",
    [
      { ...publicJwk, kid: "first" },
      { ...publicJwk, kid: "first" },
    ],
  ],
];

const databaseFaults: [string, (init: RequestInit) => Response | Promise<Response>, number][] = [
  ["an error page", () => html(502), 503],
  ["an error page that says that all is well", () => html(200), 503],
  ["nothing", () => new Response(""), 503],
  ["null", () => new Response("null"), 503],
  ["JSON cut short", () => new Response('{"fields": [{"name": "inner-host-17"'), 503],
  ["rows that are none", () => Response.json({ fields: null, rows: null }), 503],
  ["that it is overloaded", () => Response.json({ message: "inner-host-17", code: "53300" }, { status: 400 }), 503],
  [
    "that the password is wrong",
    () => Response.json({ message: "inner-host-17", code: "28P01" }, { status: 400 }),
    500,
  ],
  [
    "another address",
    () => new Response(null, { status: 307, headers: { location: "https://inner-host-17.example/" } }),
    503,
  ],
  ["and stops in the middle", stall, 504],
  ["and breaks off", () => Promise.reject(new TypeError("inner-host-17 hung up")), 503],
];

describe("API10:2023 Unsafe Consumption of APIs", () => {
  it.each(providerFaults)(
    "takes %s of the sign-in provider for its absence: bounded, told without its words, and kept by nobody",
    async (_, fault) => {
      let isWell = false;
      const well = withKeys([{ ...publicJwk, kid: "first" }]);
      const { OIDC_ISSUER } = serveProvider((...asked) => (isWell ? well : fault)(...asked));
      const ask = createWorker({ OIDC_ISSUER, LOG_REQUESTS: "none" });
      const claims = { ...person(), iss: OIDC_ISSUER };
      await invite(tenant, { email: claims.email });
      const key = await signToken({ claims });
      const before = await countRows();
      const begun = performance.now();
      const { status, body, text, headers } = await ask({ path: "/v1/me", key });
      expect([status, body.reason]).toEqual([503, "sign_in_provider_away"]);
      expect(performance.now() - begun).toBeLessThan(8_000);
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      expect(text).not.toMatch(/inner-host-17|html|Bad Gateway|provider\.example|ECONN/);
      expect(taken.bytes).toBeLessThan(1_000_000);
      expect(await countRows()).toEqual(before);
      // Who comes by a key does not notice; a minute later the provider is asked again, and taken for what it is then.
      expect((await ask({ path: "/v1/me", key: tenant.key })).status).toBe(200);
      isWell = true;
      expect((await ask({ path: "/v1/me", key })).status).toBe(503);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
      expect((await ask({ path: "/v1/me", key })).status).toBe(200);
    },
  );

  it.each(unsoundKeys)("takes no token where the provider has for its key %s", async (_, keys) => {
    const { OIDC_ISSUER } = serveProvider(withKeys(keys));
    const claims = { ...person(), iss: OIDC_ISSUER };
    await invite(tenant, { email: claims.email });
    const before = await countRows();
    const answer = await createWorker({ OIDC_ISSUER })({ path: "/v1/me", key: await signToken({ claims }) });
    expect([answer.status, answer.body.reason]).toEqual([401, "credential_unknown_key"]);
    expect(await countRows()).toEqual(before);
  });

  it("takes no signature by a secret, though the provider names the secret among its keys", async () => {
    const secret = new TextEncoder().encode("a-secret-that-the-provider-shares");
    const k = btoa(String.fromCharCode(...secret)).replaceAll("=", "");
    const { OIDC_ISSUER } = serveProvider(withKeys([{ kty: "oct", kid: "first", alg: "HS256", k } satisfies JWK]));
    const key = await new SignJWT({ ...person(), iss: OIDC_ISSUER, aud: audience })
      .setExpirationTime("5 minutes")
      .setProtectedHeader({ alg: "HS256", kid: "first" })
      .sign(secret);
    const { status, body } = await createWorker({ OIDC_ISSUER })({ path: "/v1/me", key });
    expect([status, body.reason]).toEqual([401, "credential_wrong_algorithm"]);
  });

  it.each<[string, object, (name: string) => void]>([
    ["the character zero", { name: "Kim\u0000\u0000" }, (name) => expect(name).toBe("Kim")],
    ["half a surrogate pair", { name: "Kim\ud800" }, (name) => expect(name).toBe("Kim\ufffd")],
    ["a pair on the edge", { name: `${"x".repeat(199)}🏭` }, (name) => expect(name.isWellFormed()).toBe(true)],
    ["no end", { name: "x".repeat(4_000) }, (name) => expect(name).toBe("x".repeat(200))],
    ["nothing but the character zero", { name: "\u0000" }, (name) => expect(name).toBe("Ingrid")],
    ["parts", { name: { given: "Kim" } }, (name) => expect(name).toBe("Ingrid")],
    ["markup", { name: "<script>alert(1)</script>" }, (name) => expect(name).toBe("<script>alert(1)</script>")],
  ])("keeps of a name with %s what can be kept", async (_, spoiled, expectName) => {
    const claims = { ...person(), ...spoiled };
    await invite(tenant, { email: claims.email });
    const { member } = await succeed(200, "GET", "/v1/me", { key: await signToken({ claims: claims as never }) });
    expectName(member.name);
  });

  it("takes nobody for whom the provider has no keepable name, so that no two become one", async () => {
    const claims = person();
    await invite(tenant, { email: claims.email });
    const before = await countRows();
    for (const [spoiled, reason] of [
      [{ sub: "kim\u0000" }, "credential_malformed"],
      [{ sub: "kim\ud800" }, "credential_malformed"],
      [{ email: `${claims.email}\u0000` }, "credential_refused"],
      [{ email: [claims.email] }, "credential_refused"],
      [{ email_verified: [true] }, "credential_refused"],
    ] as const) {
      const key = await signToken({ claims: { ...claims, ...spoiled } as never });
      const { status, body } = await createWorker({})({ path: "/v1/me", key });
      expect([status, body.reason], JSON.stringify(spoiled)).toEqual([401, reason]);
    }
    expect(await countRows()).toEqual(before);
  });

  it.each(databaseFaults)(
    "when the database answers %s, tells nothing of it, hands its address to nobody, and keeps nothing",
    async (_, fault, expected) => {
      const key = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
      const ask = createWorker({
        REQUEST_TIMEOUT_SECONDS: "0.5",
        CF_VERSION_METADATA: { id: crypto.randomUUID(), tag: "", timestamp: "" },
      });
      const asked = interceptOutbound((url, init) =>
        url === sqlAddress ? fault(init) : Response.json({ fields: [], rows: [] }),
      );
      const questions = [{ path: "/v1/me", key }, { path: "/v1/taxonomy/kinds" }];
      for (const question of questions) {
        const begun = performance.now();
        const { status, text, headers } = await ask(question);
        expect(status, text).toBe(expected);
        expect(performance.now() - begun).toBeLessThan(5_000);
        expect(text).not.toMatch(/inner-host-17|html|28P01|53300|password/i);
        expect(text).not.toContain(new URL(env.DATABASE_URL).hostname);
        expect(headers.get("cache-control")).toBe("no-store");
      }
      expect([...new Set(asked)]).toEqual([sqlAddress]);
      vi.mocked(globalThis.fetch).mockRestore();
      for (const question of questions) {
        const { status, body }: Json = await ask(question);
        expect([status, body.data?.length ?? body.kind], question.path).toEqual([200, body.kind ?? expect.any(Number)]);
        if (body.data) expect(body.data.length).toBeGreaterThan(3);
      }
    },
  );
});
