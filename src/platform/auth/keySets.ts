import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import * as z from "zod";
import { AppError } from "../../domain/errors.ts";

/** How long a key set is used before it is asked for again. */
const freshMs = 600_000;
/** While the provider does not answer, the keys last seen are good for this long. */
const staleMs = 86_400_000;
/** The provider is asked once in this time at most, whatever callers send and whatever it answers. */
const pauseMs = 60_000;
const answerDeadlineMs = 3_000;
const maximumBytes = 256 * 1_024;
const waitStepMs = 25;

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** What an isolate remembers of one provider, with the keys as they were imported at their first use. */
type Remembered = { keys: JWTVerifyGetKey | null; fetchedAt: number; askedAt: number; isAsking: boolean };

/** The key sets of OpenID providers, by issuer, as one isolate remembers them. */
export type KeySets = ReturnType<typeof createKeySets>;

export function createKeySets(fetchFrom: typeof fetch = (...parameters) => fetch(...parameters)) {
  const byIssuer = new Map<string, Remembered>();

  return {
    /** The keys of a provider. `unavailable` where it cannot be asked and none are remembered. */
    async find(issuer: string, at: Date): Promise<JWTVerifyGetKey> {
      const remembered = recall(issuer);
      const now = at.getTime();
      if (remembered.keys === null || now - remembered.fetchedAt > freshMs) await refresh(issuer, remembered, now);
      if (remembered.keys === null || now - remembered.fetchedAt > staleMs)
        throw new AppError("unavailable", "The sign-in provider does not answer.", {
          reason: "sign_in_provider_away",
          retryAfterSeconds: Math.max(1, Math.ceil((remembered.askedAt + pauseMs - now) / 1_000)),
        });
      return remembered.keys;
    },

    /** Asks the provider again, for a key that is not among those remembered; whether there is anything new. */
    async renew(issuer: string, at: Date): Promise<boolean> {
      const remembered = recall(issuer);
      const before = remembered.fetchedAt;
      await refresh(issuer, remembered, at.getTime());
      return remembered.fetchedAt > before;
    },
  };

  function recall(issuer: string): Remembered {
    let remembered = byIssuer.get(issuer);
    if (!remembered) {
      remembered = {
        keys: null,
        fetchedAt: Number.NEGATIVE_INFINITY,
        askedAt: Number.NEGATIVE_INFINITY,
        isAsking: false,
      };
      byIssuer.set(issuer, remembered);
    }
    return remembered;
  }

  async function refresh(issuer: string, remembered: Remembered, now: number): Promise<void> {
    if (now - remembered.askedAt < pauseMs) return waitForOther(remembered);
    remembered.askedAt = now;
    remembered.isAsking = true;
    try {
      const discovery = discoverySchema.parse(await readJson(fetchFrom, discoveryUrl(issuer)));
      if (discovery.issuer !== issuer) throw new TypeError("the discovery document is another issuer's");
      assertSafe(discovery.jwks_uri, issuer);
      const keySet = keySetSchema.parse(await readJson(fetchFrom, discovery.jwks_uri));
      remembered.keys = createLocalJWKSet(keySet as JSONWebKeySet);
      remembered.fetchedAt = now;
    } catch (error) {
      // Whoever still has keys goes on with them; the log tells the operator why they are not renewed.
      console.warn(JSON.stringify({ level: "warn", event: "key_set_failed", issuer, cause: String(error) }));
    } finally {
      remembered.isAsking = false;
    }
  }

  /** The first requests of an isolate come together: one asks, the others wait for what it remembers. */
  async function waitForOther(remembered: Remembered): Promise<void> {
    for (
      let waited = 0;
      remembered.isAsking && remembered.keys === null && waited < 2 * answerDeadlineMs;
      waited += waitStepMs
    )
      await new Promise((resolve) => setTimeout(resolve, waitStepMs));
  }
}

function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** Keys come over HTTPS, unless the provider itself is a local one. */
function assertSafe(url: string, issuer: string): void {
  if (new URL(url).protocol !== "https:" && new URL(issuer).protocol === "https:")
    throw new TypeError("the key set is not served over HTTPS");
}

/** Reads JSON from a provider: no redirects, a deadline, and no more bytes than such a document has. */
async function readJson(fetchFrom: typeof fetch, url: string): Promise<unknown> {
  const response = await fetchFrom(url, {
    redirect: "manual",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(answerDeadlineMs),
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new TypeError(`${new URL(url).pathname} answered ${response.status}`);
  }
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maximumBytes) throw new TypeError(`${new URL(url).pathname} is larger than ${maximumBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return JSON.parse(text + decoder.decode());
}
