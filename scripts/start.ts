import { findSupplies, toJsonMainJob } from "./start/mainJob.ts";
import { parseStartOptions, type StartOptions, usage } from "./start/options.ts";
import { createProgress } from "./start/progress.ts";
import { formatSupplies } from "./start/report.ts";
import { print, runUntilStopped, waitForEnd } from "./start/run.ts";
import { readSampleNetwork } from "./start/sampleNetwork.ts";
import { seedNetwork } from "./start/seedNetwork.ts";
import { startService } from "./start/service.ts";

async function start(options: StartOptions, signal: AbortSignal): Promise<void> {
  const progress = createProgress();
  const network = readSampleNetwork();
  const service = await startService(options, progress, signal);
  const { api, dataFolder, operatorKey, url } = service;
  try {
    const seeded = await seedNetwork(network, api, operatorKey, dataFolder, progress);
    const supplies = await findSupplies(network, seeded, api, operatorKey);
    progress(`Matched ${supplies.length} needs`);
    const keys = { operator: operatorKey, ...seeded.keys };
    if (options.json) await print(`${JSON.stringify({ url, keys, mainJob: toJsonMainJob(supplies) })}\n`);
    else await print(`\n${formatSupplies(supplies)}\n${describeAccess(url, keys)}`);
    if (options.once) return;
    if (!options.json) await print("Press Ctrl-C to stop.\n");
    await waitForEnd(service.ended, signal);
  } finally {
    progress("Stopping ...");
    await service.stop();
  }
}

function describeAccess(url: string, keys: { operator: string; [organization: string]: string }): string {
  return `Turash listens at ${url} (reference: ${url}/docs)
Key of Asnaes Power Station: ${keys.asnaes}
Key of the operator:         ${keys.operator}
Try: curl -H "Authorization: Bearer ${keys.asnaes}" ${url}/v1/flows
`;
}

const options = parseStartOptions(process.argv.slice(2));
if ("problem" in options) {
  process.stderr.write(`turash: ${options.problem}\n${usage}\n`);
  process.exit(2);
}
await runUntilStopped((signal) => start(options, signal));
