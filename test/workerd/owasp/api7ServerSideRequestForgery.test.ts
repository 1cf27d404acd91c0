import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { attempts, createWorld, type World } from "../support/attempts.ts";
import { type Json, operatorKey } from "../support/client.ts";
import { listOperations, type Operation } from "../support/openApi.ts";
import { interceptOutbound, sqlAddress } from "../support/outbound.ts";
import { createWorker } from "../support/ownWorker.ts";
import { issuer, person, serveProvider, signToken } from "../support/signIns.ts";
import { pathOf, queryOf } from "../support/walk.ts";

let world: World;
let operations: Operation[];

beforeAll(async () => {
  world = await createWorld();
  operations = await listOperations();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Hosts that a server must not be talked into asking, in the notations by which filters are passed. */
const targets = [
  ...["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:5432/", "http://[::1]/", "http://2130706433/"],
  ...[
    "http://0x7f.1/",
    "https://ssrf.example/x",
    "//ssrf.example/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
  ],
  ...["https://user@ssrf.example", "javascript:fetch('https://ssrf.example')"],
];

/** Everything written with a target in the place of every text, one after the other. */
function forged(node: Json, target: string): Json[] {
  if (typeof node === "string") return [target];
  if (node === null || typeof node !== "object") return [];
  return Object.entries<Json>(node).flatMap(([name, part]) =>
    forged(part, target).map((value) => (Array.isArray(node) ? [value] : { ...node, [name]: value })),
  );
}

const keyFor = ({ operationId }: Operation) =>
  attempts[operationId]!.foreign === "refused" ? operatorKey : world.owner.key;

/** What a walk may ask: the database, and nothing else. */
function expectDatabaseOnly(asked: string[]): void {
  expect([...new Set(asked)]).toEqual([sqlAddress]);
}

describe("API7:2023 Server Side Request Forgery", () => {
  it("asks no host that stands in a body, by any operation, at whatever place", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    const asked = interceptOutbound();
    let tried = 0;
    let written = 0;
    for (const operation of operations) {
      const { path, body } = attempts[operation.operationId]!.request(world);
      if (body === undefined) continue;
      const { method } = operation;
      for (const target of targets)
        for (const content of [...forged(body, target), { ...(body as object), url: target, callbackUrl: target }]) {
          tried++;
          const { status } = await ask({ method, path, key: keyFor(operation), body: content });
          if (status < 300) written++;
        }
    }
    expect(tried).toBeGreaterThan(300);
    // Names and titles take such a text: it is kept, and still nobody is asked.
    expect(written).toBeGreaterThan(10);
    expectDatabaseOnly(asked);
  });

  it("asks no host that stands in a path or a query", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    const asked = interceptOutbound();
    for (const operation of operations.filter(({ method }) => method === "GET"))
      for (const target of targets) {
        const text = encodeURIComponent(target);
        for (const name of [...queryOf(operation), "url", "redirect", "next"])
          await ask({ path: `${pathOf(operation, world)}?${name}=${text}`, key: keyFor(operation) });
        if (operation.path.includes("{"))
          await ask({ path: operation.path.replaceAll(/\{[^}]+\}/g, text), key: keyFor(operation) });
      }
    expectDatabaseOnly(asked);
  });

  it("asks no host that stands in a header", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    const asked = interceptOutbound();
    const names = [
      ...["host", "origin", "referer", "forwarded", "x-forwarded-host", "x-forwarded-for", "x-original-url"],
      ...["x-rewrite-url", "x-callback-url", "x-wap-profile", "from", "via", "link", "tracestate", "baggage"],
      ...["if-none-match", "if-match", "idempotency-key", "x-request-id", "neon-connection-string"],
    ];
    for (const target of targets)
      for (const name of names) {
        const { headers } = await ask({ path: "/v1/sites?limit=1", key: world.owner.key, headers: { [name]: target } });
        for (const [answered, value] of headers)
          expect(
            value.includes("ssrf.example") && answered !== "x-request-id",
            `${name} comes back in ${answered}`,
          ).toBe(false);
      }
    expectDatabaseOnly(asked);
  });

  it("asks no host that a token names: not for its keys, not for its certificates, not for its issuer", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    const asked = interceptOutbound((url) =>
      url.startsWith(issuer) || url === sqlAddress ? null : new Response("{}"),
    );
    for (const target of targets) {
      const claims = person();
      for (const header of [{ jku: target }, { x5u: target }, { kid: target }, { jku: target, kid: "unknown" }]) {
        const key = await signToken({ claims, header });
        expect((await ask({ path: "/v1/me", key })).status, JSON.stringify(header)).toBe(401);
      }
      for (const iss of [target, `${issuer}@ssrf.example`, `${issuer}.ssrf.example`, `${issuer}/../${target}`]) {
        const key = await signToken({ claims: { ...claims, iss } });
        expect((await ask({ path: "/v1/me", key })).body.reason, iss).toBe("credential_wrong_issuer");
      }
    }
    const hosts = new Set(asked.map((url) => new URL(url).origin));
    for (const host of hosts) expect([new URL(issuer).origin, new URL(sqlAddress).origin]).toContain(host);
  });

  it("asks no host that the sign-in provider redirects to, nor one that is not served safely", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    for (const target of targets.filter((each) => !each.startsWith("https://"))) {
      for (const answer of [
        () => new Response(null, { status: 302, headers: { location: target } }),
        (url: string, own: string) =>
          url.endsWith("/keys")
            ? new Response(null, { status: 307, headers: { location: target } })
            : Response.json({ issuer: own, jwks_uri: `${own}/keys` }),
        (_: string, own: string) => Response.json({ issuer: own, jwks_uri: target }),
      ]) {
        const { OIDC_ISSUER, asked } = serveProvider(answer);
        const ask = createWorker({ OIDC_ISSUER, LOG_REQUESTS: "none" });
        const { status, body } = await ask({
          path: "/v1/me",
          key: await signToken({ claims: { ...person(), iss: OIDC_ISSUER } }),
        });
        expect([status, body.reason], target).toEqual([503, "sign_in_provider_away"]);
        expect(asked.length).toBeGreaterThan(0);
        for (const url of asked) expect(new URL(url).origin, target).toBe(OIDC_ISSUER);
        vi.mocked(globalThis.fetch).mockRestore();
      }
    }
  });

  it("sends no caller to another host", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    for (const path of [
      "/docs",
      "/docs/index.html",
      "/docs//ssrf.example/%2e%2e",
      "/docs/\\ssrf.example",
      "//ssrf.example/docs",
    ]) {
      const { headers } = await ask({ path, headers: { host: "ssrf.example", "x-forwarded-host": "ssrf.example" } });
      const location = headers.get("location") ?? "/";
      expect(new URL(location, "https://turash.test").origin, `${path} leads to ${location}`).toBe(
        "https://turash.test",
      );
    }
  });
});
