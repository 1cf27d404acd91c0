import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRandom } from "./bench/random.ts";
import { createStack, type Part } from "./chaos/stack.ts";
import { judge, type Verdict } from "./chaos/verdict.ts";
import { startWriters, type Writers } from "./chaos/writers.ts";
import { StartProblem } from "./start/problem.ts";
import { createProgress } from "./start/progress.ts";
import { print, runUntilStopped } from "./start/run.ts";

const usage = `Usage: npm run chaos -- [--kills N] [--seed N]
Stops in turn a consumer, the relay and the database, then kills the Worker with its process group and the database at random
points under a stream of writes, and looks whether every answered write has its event, every event was dealt with, and the graph
equals the records. 50 kills unless said otherwise.`;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

const writers = 4;
const pauseMs = 3_000;
/** Before each kill so many more writes are answered at the most, and then some time passes. */
const mostWrites = 12;
const longestMs = 300;
const writesDeadlineMs = 3_000;
/** Events that are not dealt with are sent again after this long. */
const resendAfterSeconds = "2";

async function chaos(kills: number, seed: number, signal: AbortSignal): Promise<void> {
  const progress = createProgress();
  const random = createRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), "turash-chaos-"));
  const limits = { addressPerMinute: null, credentialPerMinute: null, requestsPerDay: null };
  const variables = {
    RESEND_AFTER_SECONDS: resendAfterSeconds,
    LIMITS: JSON.stringify(limits),
    LOG_REQUESTS: "failures",
  };
  const stack = await createStack(folder, variables, signal);
  try {
    progress("Starting ...");
    await stack.start();
    const writing = startWriters(stack.url, stack.operatorKey, writers);
    for (const paused of ["graph", "relay"]) {
      progress(`Stopping the ${paused} ...`);
      await stack.restartWith({ EVENTS_PAUSED: paused });
      await sleep(pauseMs, undefined, { signal });
    }
    progress("Stopping the database ...");
    await stack.restartWith({});
    await stack.kill("database");
    await sleep(pauseMs, undefined, { signal });
    await stack.start();
    for (let kill = 1; kill <= kills; kill++) {
      await waitForWrites(writing, Math.ceil(random.between(1, mostWrites)), signal);
      await sleep(random.between(0, longestMs), undefined, { signal });
      const parts: Part[] = random.chance(0.15) ? ["worker", "database"] : [random.chance(0.5) ? "worker" : "database"];
      for (const part of parts) await stack.kill(part);
      await stack.start();
      progress(
        `Kill ${kill} of ${kills} (${parts.join(" and ")}): ${writing.acknowledged.length} writes answered so far`,
      );
    }
    await writing.stop();
    progress("Waiting until every event is dealt with ...");
    const verdict = await judge(
      stack,
      writing.acknowledged,
      ({ noun, id, kind }) => progress(`The graph has ${noun} ${id} ${kind}`),
      signal,
    );
    await print(`${describe(kills, seed, writing, verdict)}\n`);
    if (verdict.withoutEvent.length + verdict.differences > 0) throw new StartProblem("something was lost");
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lets the stream of writes come into flow again; a start that answers none in time is killed all the same. */
async function waitForWrites({ acknowledged }: Writers, count: number, signal: AbortSignal): Promise<void> {
  const [wanted, deadline] = [acknowledged.length + count, Date.now() + writesDeadlineMs];
  while (acknowledged.length < wanted && Date.now() < deadline) await sleep(20, undefined, { signal });
}

function describe(
  kills: number,
  seed: number,
  { acknowledged, unanswered }: Writers,
  { quietAfterSeconds, events, deadLetters, resent, withoutEvent, compared, differences }: Verdict,
): string {
  return `${kills} kills (seed ${seed}): ${acknowledged.length} writes answered, ${unanswered()} requests not; ${withoutEvent.length} of the answered without an event
${events} events, all dealt with ${quietAfterSeconds.toFixed(1)} s after the last write, ${deadLetters} of them by a dead letter; ${resent} were sent more than once
${compared} records compared with the graph, ${differences} differences`;
}

if (values.help) await print(`${usage}\n`);
else if (!/^\d{1,6}$/.test(values.kills) || !/^\d{1,9}$/.test(values.seed)) {
  process.stderr.write(`turash: --kills and --seed take whole numbers\n${usage}\n`);
  process.exit(2);
} else await runUntilStopped((signal) => chaos(Number(values.kills), Number(values.seed), signal));
