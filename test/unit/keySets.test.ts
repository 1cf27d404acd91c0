import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { OAuth2Server } from "oauth2-mock-server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createKeySets, type KeySets } from "../../src/platform/auth/keySets.ts";
import { type Provider, verifyToken } from "../../src/platform/auth/verifyToken.ts";

const audience = "https://api.example.org";
const start = new Date("2026-11-24T10:00:00Z");
const later = (seconds: number) => new Date(start.getTime() + seconds * 1_000);
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const stop of stops.splice(0)) await stop();
});

/** A provider of the library, with its requests counted. */
async function startProvider() {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const server = new OAuth2Server();
  await server.start(0, "127.0.0.1");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  server.issuer.url = issuer;
  const asked: string[] = [];
  const counting: typeof fetch = (url, options) => {
    asked.push(new URL(String(url)).pathname);
    return fetch(url, options);
  };
  stops.push(() => server.stop().catch(() => {}));
  const addKey = async (kid: string, alg: "ES256" | "RS256" = "ES256") => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    const jwk: JWK = { ...(await exportJWK(privateKey)), alg, kid, use: "sig" };
    await server.issuer.keys.add(jwk as never);
    return (claims: object = {}, header: object = {}) =>
      new SignJWT({ iss: issuer, aud: audience, sub: "kirsten", exp: start.getTime() / 1_000 + 86_400, ...claims })
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey);
  };
  const provider: Provider = { issuer, audience, algorithms: ["ES256", "RS256"] };
  return { server, provider, asked, addKey, keySets: createKeySets(counting) };
}

/** A server that answers as it likes. */
async function startImpostor(answer: (request: IncomingMessage, response: ServerResponse, issuer: string) => void) {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  let issuer = "";
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    answer(request, response, issuer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stops.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return { issuer, asked };
}

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error) => error.details?.reason ?? String(error),
  );
const discovery = ["/.well-known/openid-configuration", "/jwks"];

describe("the keys of a provider", () => {
  it("are found by discovery, and asked for once for many tokens, however many come first", async () => {
    const { provider, asked, addKey, keySets } = await startProvider();
    const sign = await addKey("one");
    const token = await sign();
    await Promise.all(Array.from({ length: 10 }, () => verifyToken(token, provider, keySets, start)));
    await verifyToken(await sign({ sub: "another" }), provider, keySets, later(599));
    expect(asked).toEqual(discovery);
    await verifyToken(token, provider, keySets, later(601));
    expect(asked).toEqual([...discovery, ...discovery]);
  });

  it("are asked for once more for a key that is new, and never twice in a minute", async () => {
    const { provider, asked, addKey, keySets } = await startProvider();
    const [first] = [await addKey("one")];
    await verifyToken(await first(), provider, keySets, start);
    const second = await addKey("two", "RS256");
    expect(await reasonOf(verifyToken(await second(), provider, keySets, later(59)))).toBe("credential_unknown_key");
    expect(asked).toEqual(discovery);
    expect(await reasonOf(verifyToken(await second(), provider, keySets, later(61)))).toBe("accepted");
    expect(await reasonOf(verifyToken(await first(), provider, keySets, later(61)))).toBe("accepted");
    for (let second = 62; second < 120; second += 5)
      expect(
        await reasonOf(verifyToken(await first({}, { kid: `guess-${second}` }), provider, keySets, later(second))),
      ).toBe("credential_unknown_key");
    expect(asked).toHaveLength(4);
  });

  it("serve on while the provider is away, for a day, and then the sign-in is not available", async () => {
    const { server, provider, asked, addKey, keySets } = await startProvider();
    const token = await (await addKey("one"))();
    await verifyToken(token, provider, keySets, start);
    await server.stop();
    expect(await reasonOf(verifyToken(token, provider, keySets, later(3_600)))).toBe("accepted");
    const late = await verifyToken(token, provider, keySets, later(86_401)).catch((error) => error);
    expect(late).toMatchObject({
      code: "unavailable",
      details: { reason: "sign_in_provider_away", retryAfterSeconds: 60 },
    });
    const again = await verifyToken(token, provider, keySets, later(86_431)).catch((error) => error);
    expect(again.details.retryAfterSeconds).toBe(30);
    expect(asked).toHaveLength(4);
  });

  it("are not asked for by tokens of other issuers, of refused algorithms or of no form", async () => {
    const { provider, asked, addKey, keySets } = await startProvider();
    const sign = await addKey("one");
    const reasons = [await sign({ iss: "https://elsewhere.example" }), "a.b.c", `${"x".repeat(9_000)}.y.z`].map(
      (token) => reasonOf(verifyToken(token, provider, keySets, start)),
    );
    expect(await Promise.all(reasons)).toEqual([
      "credential_wrong_issuer",
      "credential_malformed",
      "credential_malformed",
    ]);
    const narrow = { ...provider, algorithms: ["RS256"] };
    expect(await reasonOf(verifyToken(await sign(), narrow, keySets, start))).toBe("credential_wrong_algorithm");
    expect(asked).toEqual([]);
  });
});

describe("a provider that is not as it should be", () => {
  const json = (response: ServerResponse, body: unknown) => response.end(JSON.stringify(body));
  const faults: Record<string, (request: IncomingMessage, response: ServerResponse, issuer: string) => void> = {
    "sends rubbish": (_, response) => response.end("<html>"),
    "names another issuer": (_, response) =>
      json(response, { issuer: "https://elsewhere.example", jwks_uri: "https://x.example" }),
    "names no keys": (_, response, issuer) => json(response, { issuer }),
    "names keys by a file": (_, response, issuer) => json(response, { issuer, jwks_uri: "file:///etc/passwd" }),
    redirects: (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    fails: (_, response) => response.writeHead(500).end(),
    "sends a document without end": (_, response) => {
      const more = () => {
        while (response.writable && response.write(" ".repeat(65_536)));
      };
      response.on("drain", more).on("close", () => response.off("drain", more));
      more();
    },
    "sends keys that are none": (request, response, issuer) =>
      request.url!.endsWith("/keys")
        ? json(response, { keys: "all" })
        : json(response, { issuer, jwks_uri: `${issuer}/keys` }),
    "sends too many keys": (request, response, issuer) =>
      request.url!.endsWith("/keys")
        ? json(response, { keys: Array(101).fill({ kty: "EC" }) })
        : json(response, { issuer, jwks_uri: `${issuer}/keys` }),
    "never answers": () => {},
  };

  it.each(Object.entries(faults))(
    "%s: sign-ins are not available, and it is asked once a minute",
    async (_, answer) => {
      const { issuer, asked } = await startImpostor(answer);
      const keySets: KeySets = createKeySets();
      const find = (seconds: number) => reasonOf(keySets.find(issuer, later(seconds)));
      expect(await find(0)).toBe("sign_in_provider_away");
      const once = asked.length;
      expect(once).toBeGreaterThan(0);
      expect(await find(30)).toBe("sign_in_provider_away");
      expect(asked).toHaveLength(once);
      const [line] = vi.mocked(console.warn).mock.calls[0]!;
      expect(JSON.parse(line)).toMatchObject({ level: "warn", event: "key_set_failed", issuer });
    },
  );
});
