import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type Caller, describePersonalCaller, describeSampleCaller } from "./fuzz/callers.ts";
import { type FuzzOptions, parseFuzzOptions, usage } from "./fuzz/options.ts";
import { type Report, runSchemathesis } from "./fuzz/schemathesis.ts";
import { openEnvironment } from "./python/environment.ts";
import { StartProblem } from "./start/problem.ts";
import { createProgress, type Progress } from "./start/progress.ts";
import { print, runUntilStopped } from "./start/run.ts";
import { readSampleNetwork } from "./start/sampleNetwork.ts";
import { seedNetwork } from "./start/seedNetwork.ts";
import { type Service, startService } from "./start/service.ts";

/**
 * Nothing is refused for being too much, or most answers would be 429. The day's counts stay on, with figures that are not
 * reached, so that their headers are on the answers.
 */
const limits = {
  addressPerMinute: null,
  credentialPerMinute: null,
  probesPerMinute: null,
  probesPerDay: 1_000_000_000,
  requestsPerDay: 1_000_000_000,
};

const shownFaults = 5;
const requirements = join(import.meta.dirname, "fuzz", "requirements.txt");

async function fuzz(options: FuzzOptions, signal: AbortSignal): Promise<void> {
  const progress = createProgress();
  const python = await openEnvironment("schemathesis", requirements, progress, signal);
  const folder = mkdtempSync(join(tmpdir(), "turash-fuzz-"));
  const faults: string[] = [];
  try {
    process.env.LIMITS = JSON.stringify(limits);
    const place = { port: 0, dataFolder: join(folder, "data"), fresh: false };
    const service = await startService(place, progress, signal, (text) => faults.push(...findFaults(text)));
    try {
      await fuzzService(service, { python, folder, options, signal, progress });
    } finally {
      progress("Stopping ...");
      await service.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    // The answer to a fault of this side gives its request's id; the log gives the causes.
    for (const fault of faults.slice(0, shownFaults)) process.stderr.write(`${fault}\n`);
  }
}

type Circumstances = {
  python: string;
  folder: string;
  options: FuzzOptions;
  signal: AbortSignal;
  progress: Progress;
};

async function fuzzService(service: Service, { progress, ...circumstances }: Circumstances): Promise<void> {
  const { api, dataFolder, operatorKey, url } = service;
  const seeded = await seedNetwork(readSampleNetwork(), api, operatorKey, dataFolder, progress);
  const callers = [await describeSampleCaller(api, seeded), await describePersonalCaller(api, operatorKey)];
  const reports: { caller: Caller; report: Report }[] = [];
  for (const caller of callers) {
    progress(`Asking as ${caller.name} ...`);
    const report = await runSchemathesis({ ...circumstances, url, caller });
    // Of a key that has ended every answer is 401, which the document names: nothing would have been tried.
    await api.get("/v1/me", caller.key).catch((error: Error) => {
      throw new StartProblem(`the key of ${caller.name} stopped working during the run: ${error.message}`);
    });
    reports.push({ caller, report });
  }
  const failures = reports.reduce((sum, { report }) => sum + report.failures, 0);
  const { seed } = circumstances.options;
  await print(`\n${reports.map(formatReport).join("\n")}\nFuzz: ${failures} failures, seed ${seed}\n`);
  if (failures > 0)
    throw new StartProblem(`${failures} answers are not as documented; --seed ${seed} asks the same again`);
}

function formatReport({ caller, report }: { caller: Caller; report: Report }): string {
  const { requests, operations, failures, isComplete } = report;
  const extent = isComplete ? "" : " (cut off)";
  return `As ${caller.name}: ${requests} requests to ${operations} operations, ${failures} failures${extent}`;
}

/** The lines of the Worker's log that tell of faults of this side. */
function findFaults(text: string): string[] {
  return stripVTControlCharacters(text)
    .split("\n")
    .flatMap((line) => /\{"level":"error".*/.exec(line)?.[0] ?? []);
}

const options = parseFuzzOptions(process.argv.slice(2));
if ("problem" in options) {
  process.stderr.write(`turash: ${options.problem}\n${usage}\n`);
  process.exit(2);
}
// A run that was broken off shows nothing, so it is no success either.
await runUntilStopped((signal) => fuzz(options, signal), 130);
