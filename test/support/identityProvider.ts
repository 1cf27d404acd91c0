import { exportJWK, generateKeyPair, type JWK } from "jose";
import { OAuth2Server } from "oauth2-mock-server";

/** An OpenID provider on this machine, and the private key that its tokens are signed with. */
export type IdentityProvider = { issuer: string; signingKey: JWK; stop(): Promise<void> };

export const audience = "https://api.turash.test";

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const signingKey: JWK = { ...(await exportJWK(privateKey)), alg: "ES256", kid: "first", use: "sig" };
  const server = new OAuth2Server();
  await server.issuer.keys.add(signingKey as never);
  await server.start(0, "127.0.0.1");
  const { port } = server.address();
  server.issuer.url = `http://127.0.0.1:${port}`;
  return { issuer: server.issuer.url, signingKey, stop: () => server.stop() };
}
