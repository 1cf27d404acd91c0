import type { Flow } from "../../domain/flow.ts";
import type { RelayTurn } from "../../events/backgroundRelay.ts";
import type { KeptAnswer } from "../../operations/context.ts";
import type { Bookmarks } from "../../stores/graph/neo4j/cypher.ts";
import type { StoredTaxonomy } from "../../stores/records/taxonomy.ts";
import { createLimiter } from "../limits/limiter.ts";
import type { LimitSettings } from "../limits/settings.ts";
import { createEdgeCache, type EdgeCache, noEdgeCache } from "./edgeCache.ts";
import { createTagVersions } from "./tagVersions.ts";
import { createVersionedCache } from "./versionedCache.ts";

/** What one isolate remembers between its requests: plain data, and nothing that may be seen by one organization only. */
export type IsolateMemory = ReturnType<typeof createIsolateMemory>;

const maximumFlows = 1_000;
const maximumAnswers = 200;

/** `deployment` names the code that runs; without it nothing is shared beyond the isolate. */
export function createIsolateMemory(deployment: string | null, limits: LimitSettings) {
  const edge = deployment === null ? noEdgeCache : createEdgeCache(deployment);
  return {
    limiter: createLimiter(limits),
    tags: createTagVersions(),
    relayTurn: { aliveAt: null, isAskedAgain: false } as RelayTurn,
    taxonomy: null as StoredTaxonomy | null,
    /** By which a request sees in the graph what another one of this isolate has written. */
    graphBookmarks: { known: [] } as Bookmarks,
    /** Public flows as others than their organizations see them, under the version of their tag. */
    flows: createVersionedCache<Flow>({
      name: "flows",
      maximumEntries: maximumFlows,
      edge,
      codec: { write: JSON.stringify, read: (text) => JSON.parse(text) as Flow },
    }),
    /** Reference data and documentation whole, by path. */
    answers: createAnswers("answers", edge),
    /** What was looked for in reference data, by path and parameters. */
    searches: createAnswers("searches", edge),
  };
}

function createAnswers(name: string, edge: EdgeCache) {
  return createVersionedCache<KeptAnswer>({
    name,
    maximumEntries: maximumAnswers,
    edge,
    codec: {
      write: ({ body, etag }) => `${etag}\n${new TextDecoder().decode(body)}`,
      read(text) {
        const end = text.indexOf("\n");
        return { etag: text.slice(0, end), body: encode(text.slice(end + 1)) };
      },
    },
  });
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}
