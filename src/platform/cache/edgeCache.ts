/** Texts that the isolates of one place share; what is there may be gone at any time. */
export type EdgeCache = {
  find(key: string): Promise<string | null>;
  keep(key: string, text: string): Promise<void>;
};

/** Whether an entry still stands, its version tells; this bounds how long one that nobody can use takes room. */
const lifetimeSeconds = 86_400;
/** No host of ours: it only names entries in the platform's cache. */
const origin = "https://cache.turash.internal";

/** For deployments that have no name: another one could answer otherwise what this one kept. */
export const noEdgeCache: EdgeCache = { find: async () => null, keep: async () => undefined };

/**
 * The platform's cache (Cache API), whose entries all isolates of a place share, for one deployment of the code. Where none is
 * configured it finds nothing and keeps nothing: bare workerd throws at its first use.
 */
export function createEdgeCache(deployment: string): EdgeCache {
  const addressOf = (key: string) => `${origin}/${deployment}/${encodeURIComponent(key)}`;
  let isThere = true;
  const orNothing = (error: unknown) => {
    if (String(error).includes("No Cache was configured")) isThere = false;
    return null;
  };
  return {
    async find(key) {
      if (!isThere) return null;
      try {
        const answer = await caches.default.match(addressOf(key));
        return answer ? await answer.text() : null;
      } catch (error) {
        return orNothing(error);
      }
    },

    async keep(key, text) {
      if (!isThere) return;
      const headers = { "cache-control": `public, max-age=${lifetimeSeconds}`, "content-type": "text/plain" };
      try {
        await caches.default.put(addressOf(key), new Response(text, { headers }));
      } catch (error) {
        orNothing(error);
      }
    },
  };
}
