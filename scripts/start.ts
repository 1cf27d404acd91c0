import { dealInRoom } from "./start/dealInRoom.ts";
import { formatDeal } from "./start/dealReport.ts";
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
    const findAll = () => findSupplies(network, seeded, api, operatorKey);
    const found = await findAll();
    progress(`Matched ${found.length} needs`);
    const deal = await dealInRoom(found, { network, seeded, api, url, operatorKey });
    if (deal?.isNew) progress(`Both sides of the best match agreed in its room`);
    // What an agreement has reserved is no longer to be had.
    const supplies = deal?.isNew ? await findAll() : found;
    const keys = { operator: operatorKey, ...seeded.keys };
    if (options.json) await print(`${JSON.stringify({ url, keys, mainJob: toJsonMainJob(supplies, deal) })}\n`);
    else
      await print(`\n${formatSupplies(supplies)}${deal ? `\n${formatDeal(deal)}` : ""}\n${describeAccess(url, keys)}`);
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
