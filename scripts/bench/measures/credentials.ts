import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createApiKeyText } from "../../../src/platform/auth/apiKeyText.ts";
import { buildComparison } from "../bundles.ts";
import { createFigure, type Figure } from "../figures.ts";
import { measureOne } from "../load.ts";
import type { Stage } from "../stage.ts";
import { median } from "../statistics.ts";

const audience = "bench";
const times = 2_000;

/** How many keys and tokens a second are verified, beside the cryptography that each needs at the least. */
export async function measureCredentials(stage: Stage): Promise<Figure[]> {
  stage.progress("Verifications a second ...");
  const provider = await startProvider();
  const worker = await stage.startWorker({
    name: "credentials",
    modulePath: await buildComparison("credentials", stage.folder),
    bindings: { PEPPER: stage.pepper, API_KEY: createApiKeyText("live"), AUDIENCE: audience, ...provider.bindings },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (name: string, count: number) =>
    measureOne(worker.url, { method: "GET", path: `/${name}/${count}`, headers: {} }, agent);
  const kinds = ["hmac", "key", "signature", "token"] as const;
  const perSecond = { hmac: [] as number[], key: [] as number[], signature: [] as number[], token: [] as number[] };
  for (const kind of kinds) await ask(kind, times);
  for (let round = 0; round < (stage.isQuick ? 3 : 9); round++)
    for (const kind of kinds) {
      stage.signal.throwIfAborted();
      const milliseconds = (await ask(kind, times)) - (await ask(kind, 1));
      perSecond[kind].push((times * 1_000) / milliseconds);
    }
  agent.destroy();
  await worker.stop();
  provider.stop();
  const rate = (kind: (typeof kinds)[number]) => median(perSecond[kind]);
  const note = "in workerd, one after the other, timed from outside; rounds in turn, medians";
  return [
    createFigure({
      measure: "credentials",
      name: "API keys verified, without the database",
      value: rate("key"),
      unit: "1/s",
      beside: { name: "crypto.subtle HMAC-SHA-256", value: rate("hmac") },
      note,
    }),
    createFigure({
      measure: "credentials",
      name: "JWTs verified (ES256)",
      value: rate("token"),
      unit: "1/s",
      beside: { name: "crypto.subtle ECDSA P-256 verify", value: rate("signature") },
      note,
    }),
  ];
}

/** An OpenID provider with one key, and a token that it signed. */
async function startProvider(): Promise<{ bindings: Record<string, string>; stop(): void }> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const key = { ...(await exportJWK(publicKey)), kid: "bench", alg: "ES256", use: "sig" };
  let issuer = "";
  const server = createServer((request, response) => {
    const isDiscovery = request.url === "/.well-known/openid-configuration";
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: [key] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = await new SignJWT({ email: "kirsten@example.org", email_verified: true, name: "Kirsten" })
    .setProtectedHeader({ alg: "ES256", kid: "bench" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject("kirsten")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(privateKey);
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { bindings: { ISSUER: issuer, TOKEN: token, PUBLIC_KEY: JSON.stringify(key) }, stop };
}
