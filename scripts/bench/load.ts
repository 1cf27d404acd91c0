import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import autocannon from "autocannon";

/** One HTTP request of a load. */
export type LoadRequest = {
  method: "GET" | "PUT";
  path: string;
  headers: Record<string, string>;
  body?: string;
};

/** Loads as fast as answers come, over a number of connections; fails when an answer is not 2xx. */
export async function measureThroughput(
  url: string,
  requests: readonly LoadRequest[],
  { seconds, connections }: { seconds: number; connections: number },
): Promise<{ requestsPerSecond: number; requests: number }> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: requests.map(({ method, path, headers, body }) => ({ method, path, headers, ...(body && { body }) })),
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests to ${requests[0]!.path} failed`);
  return { requestsPerSecond: result.requests.total / result.duration, requests: result.requests.total };
}

export type OpenLoopResult = {
  latenciesMs: number[];
  /** Requests whose answer was not 2xx or did not come. */
  failed: number;
  /** The first failure in words. */
  failure: string | null;
  /** Most requests that were due and not answered. */
  atOnce: number;
};

const drainDeadlineMs = 15_000;
/** More that are due wait here, and their latency counts on: a Worker far behind would only fill its memory with them. */
const mostAtOnce = 500;

/**
 * Sends at a rate, whatever comes back. A latency counts from when its request was due, so that a server that falls behind
 * is not flattered by requests that were held back.
 */
export async function measureAtRate(
  url: string,
  next: (index: number) => LoadRequest,
  { seconds, perSecond, signal }: { seconds: number; perSecond: number; signal: AbortSignal },
): Promise<OpenLoopResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: mostAtOnce });
  const result: OpenLoopResult = { latenciesMs: [], failed: 0, failure: null, atOnce: 0 };
  const total = Math.round(seconds * perSecond);
  const begun = performance.now();
  let open = 0;
  let sent = 0;
  const settle = (failure: string | null) => {
    open -= 1;
    if (failure === null) return;
    result.failed += 1;
    result.failure ??= failure;
  };
  while (sent < total && !signal.aborted) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) / 1_000) * perSecond));
    for (; sent < due; sent++) {
      const dueAt = begun + ((sent + 1) / perSecond) * 1_000;
      open += 1;
      result.atOnce = Math.max(result.atOnce, open);
      exchange(url, next(sent), agent).then(
        (status) => {
          result.latenciesMs.push(performance.now() - dueAt);
          settle(status >= 200 && status < 300 ? null : `status ${status}`);
        },
        (error: Error) => settle(error.message),
      );
    }
    await sleep(1);
  }
  const deadline = performance.now() + drainDeadlineMs;
  while (open > 0 && performance.now() < deadline && !signal.aborted) await sleep(5);
  if (open > 0) {
    result.failed += open;
    result.failure ??= `no answer within ${drainDeadlineMs / 1_000} s`;
  }
  agent.destroy();
  return result;
}

/** One request; its milliseconds until the last byte. Fails when the answer is not 2xx. */
export async function measureOne(url: string, load: LoadRequest, agent: Agent): Promise<number> {
  const begun = performance.now();
  const status = await exchange(url, load, agent);
  if (status < 200 || status > 299) throw new Error(`${load.method} ${load.path} was answered ${status}`);
  return performance.now() - begun;
}

/** The status, once the body is there. */
function exchange(url: string, { method, path, headers, body }: LoadRequest, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method, agent, headers }, (answer) => {
      answer.on("error", reject);
      answer.on("end", () => resolve(answer.statusCode!));
      answer.resume();
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
