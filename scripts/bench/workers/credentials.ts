import type { OrganizationId } from "../../../src/domain/ids.ts";
import { createVerifications } from "../../../src/platform/auth/authenticate.ts";
import { createKeySets } from "../../../src/platform/auth/keySets.ts";
import { verifyToken } from "../../../src/platform/auth/verifyToken.ts";

type Bindings = {
  PEPPER: string;
  API_KEY: string;
  TOKEN: string;
  ISSUER: string;
  AUDIENCE: string;
  PUBLIC_KEY: string;
};

const keySets = createKeySets();
const encoder = new TextEncoder();

/** Verifies as often as the path says (`/key/2000`), in turn what the service does and what the runtime's cryptography alone takes. */
const verifying: Record<string, (env: Bindings, times: number) => Promise<void>> = {
  /** A key that is not remembered: form, checksum, digest, comparison, all but the database. */
  async key({ PEPPER: pepper, API_KEY: key }, times) {
    const authenticate = createVerifications();
    const actor = {
      kind: "member",
      organizationId: "org" as OrganizationId,
      memberId: null,
      role: "owner",
      scopes: [],
      credential: "sign_in:bench",
    } as const;
    const authenticator = {
      pepper,
      operatorKey: "",
      findActor: async () => ({ actor, expiresAt: new Date(0) }),
      verifySignIn: null,
    };
    for (let count = 0; count < times; count++) await authenticate(`Bearer ${key}`, new Date(1), authenticator);
  },

  async token({ TOKEN: token, ISSUER: issuer, AUDIENCE: audience }, times) {
    const at = new Date();
    for (let count = 0; count < times; count++)
      await verifyToken(token, { issuer, audience, algorithms: ["ES256"] }, keySets, at);
  },

  async hmac({ PEPPER: pepper, API_KEY: key }, times) {
    const secret = await crypto.subtle.importKey(
      "raw",
      encoder.encode(pepper),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const data = encoder.encode(key);
    for (let count = 0; count < times; count++) await crypto.subtle.sign("HMAC", secret, data);
  },

  async signature({ TOKEN: token, PUBLIC_KEY: publicKey }, times) {
    const key = await crypto.subtle.importKey(
      "jwk",
      JSON.parse(publicKey),
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["verify"],
    );
    const end = token.lastIndexOf(".");
    const data = encoder.encode(token.slice(0, end));
    const text = token
      .slice(end + 1)
      .replaceAll("-", "+")
      .replaceAll("_", "/");
    const signature = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    for (let count = 0; count < times; count++)
      if (!(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, data)))
        throw new Error("the signature does not hold");
  },
};

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const [, name, times] = new URL(request.url).pathname.split("/");
    await verifying[name!]!(env, Number(times));
    return new Response("done");
  },
};
