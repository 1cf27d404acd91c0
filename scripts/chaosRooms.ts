import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRandom } from "./bench/random.ts";
import { percentile } from "./bench/statistics.ts";
import { createRooms } from "./chaos/rooms.ts";
import { type RoomTraffic, startRoomTraffic } from "./chaos/roomTraffic.ts";
import { judgeRooms, type RoomVerdict } from "./chaos/roomVerdict.ts";
import { createStack } from "./chaos/stack.ts";
import { StartProblem } from "./start/problem.ts";
import { createProgress } from "./start/progress.ts";
import { print, runUntilStopped } from "./start/run.ts";

const usage = `Usage: npm run chaos:rooms -- [--kills N] [--rooms N] [--seed N]
Four members talk and bargain in each of some rooms over WebSocket while connections are cut and the Worker, now and then with the
database, is killed at random. Then looks whether every acknowledged message is there once, in one order for every member, and every
agreement once in room and records. 20 kills and 20 rooms unless said otherwise.`;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    rooms: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

/** Between two kills. */
const longestCalmMs = 4_000;
const dropsPerCalm = 3;
const droppedShare = 0.1;
const withDatabaseShare = 0.1;
/** From a start until somebody's message is acknowledged again. */
const resumeDeadlineMs = 30_000;

async function chaosRooms(kills: number, count: number, seed: number, signal: AbortSignal): Promise<void> {
  const progress = createProgress();
  const random = createRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), "turash-chaos-rooms-"));
  const limits = { addressPerMinute: null, credentialPerMinute: null, requestsPerDay: null };
  const stack = await createStack(folder, { LIMITS: JSON.stringify(limits), LOG_REQUESTS: "failures" }, signal);
  let traffic: RoomTraffic | null = null;
  try {
    progress("Starting ...");
    await stack.start();
    progress(`Opening ${count} rooms ...`);
    const rooms = await createRooms(stack, count, signal);
    traffic = startRoomTraffic(stack.url, rooms, random);
    let drops = 0;
    const resumedMs: number[] = [];
    for (let kill = 1; kill <= kills; kill++) {
      for (let drop = 0; drop < dropsPerCalm; drop++) {
        await sleep(random.between(0, longestCalmMs / dropsPerCalm), undefined, { signal });
        drops += traffic.dropSome(droppedShare);
      }
      await stack.kill("worker");
      if (random.chance(withDatabaseShare)) await stack.kill("database");
      await stack.start();
      resumedMs.push(await waitForNextMessage(traffic, signal));
      progress(`Kill ${kill} of ${kills}: ${traffic.acknowledged()} messages acknowledged so far`);
    }
    await traffic.quiet();
    progress("Looking through the logs ...");
    const verdict = await judgeRooms(stack, rooms, traffic.listeners, signal);
    for (const fault of verdict.faults) progress(fault);
    await print(`${describe(kills, seed, rooms.length, drops, traffic, resumedMs, verdict)}\n`);
    if (verdict.faults.length > 0) throw new StartProblem("the rooms did not keep what they promise");
  } finally {
    traffic?.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds until the next message is acknowledged. */
async function waitForNextMessage(traffic: RoomTraffic, signal: AbortSignal): Promise<number> {
  const [before, begun] = [traffic.acknowledged(), performance.now()];
  while (traffic.acknowledged() === before) {
    if (performance.now() - begun > resumeDeadlineMs) throw new StartProblem("no room went on after a kill");
    await sleep(10, undefined, { signal });
  }
  return performance.now() - begun;
}

function describe(
  kills: number,
  seed: number,
  rooms: number,
  drops: number,
  { acknowledged, absences, listeners }: RoomTraffic,
  resumedMs: readonly number[],
  { events, agreements, faults }: RoomVerdict,
): string {
  const seconds = (milliseconds: number) => (milliseconds / 1_000).toFixed(1);
  return `${kills} kills and ${drops} cut connections (seed ${seed}): ${acknowledged()} messages acknowledged to ${listeners.length} members of ${rooms} rooms, ${agreements} agreements, ${events} events
The first message after a start came through after ${seconds(percentile(resumedMs, 0.5))} s (p50), ${seconds(percentile(resumedMs, 0.95))} s (p95); a member that was cut off or whose room was killed was back after ${seconds(percentile(absences, 0.5))} s (p50), ${seconds(percentile(absences, 0.95))} s (p95)
${faults.length} messages, orders, agreements or records are not as they must be`;
}

const numbers = [values.kills, values.rooms, values.seed];
if (values.help) await print(`${usage}\n`);
else if (!numbers.every((text) => /^\d{1,6}$/.test(text))) {
  process.stderr.write(`turash: --kills, --rooms and --seed take whole numbers\n${usage}\n`);
  process.exit(2);
} else {
  const [kills, rooms, seed] = numbers.map(Number) as [number, number, number];
  await runUntilStopped((signal) => chaosRooms(kills, rooms, seed, signal));
}
