import type { ExecutionContext } from "hono";
import { readGatewaySettings } from "../../../src/env.ts";
import { createAnswerHeaders } from "../../../src/http/middleware/answerHeaders.ts";
import { arrive, leave } from "../../../src/http/middleware/visit.ts";
import { openRequest } from "../../../src/request.ts";

const layers = ["visit", "address", "credential"] as const;
export type Layer = (typeof layers)[number];

const headers = createAnswerHeaders({ "content-type": "application/json" });

/** A hello behind more and more of what stands before an answer that is at hand; the path picks how much. */
export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const depth = layers.indexOf(request.url.slice(request.url.lastIndexOf("/") + 1) as Layer);
    const visit = arrive(request.headers, readGatewaySettings(env));
    const { at, requestId, trace } = visit;
    const opened =
      depth < layers.indexOf("address")
        ? undefined
        : openRequest({
            env,
            at,
            request,
            requestId,
            traceparent: trace.traceparent,
            waitUntil: (work) => context.waitUntil(work),
          });
    await opened?.admit();
    const isIdentified = opened && depth >= layers.indexOf("credential");
    const actor = isIdentified ? await opened.identify(request.headers.get("authorization") ?? undefined) : null;
    const answer = new Response(JSON.stringify({ hello: "world" }), { headers });
    leave(visit, answer, { method: request.method, route: "/", opened, actor, failure: undefined });
    return answer;
  },
};
