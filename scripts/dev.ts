import { parseStartOptions, usage } from "./start/options.ts";
import { createProgress } from "./start/progress.ts";
import { print, runUntilStopped, waitForEnd } from "./start/run.ts";
import { readSampleNetwork } from "./start/sampleNetwork.ts";
import { seedNetwork } from "./start/seedNetwork.ts";
import { startService } from "./start/service.ts";

// The developer's loop: as `npm start`, without the main job, and with what the Worker logs. wrangler builds anew
// whenever a file of src changes.
const options = parseStartOptions(process.argv.slice(2));
if ("problem" in options) {
  process.stderr.write(`turash: ${options.problem}\n${usage.replace("npm start", "npm run dev")}\n`);
  process.exit(2);
}
await runUntilStopped(async (signal) => {
  const progress = createProgress();
  const service = await startService(options, progress, signal, (text) => process.stderr.write(text));
  try {
    const { keys } = await seedNetwork(
      readSampleNetwork(),
      service.api,
      service.operatorKey,
      service.dataFolder,
      progress,
    );
    await print(`Turash listens at ${service.url}; it reloads when src changes. Press Ctrl-C to stop.\n`);
    for (const [name, key] of Object.entries({ operator: service.operatorKey, ...keys }))
      await print(`  ${name.padEnd(13)} ${key}\n`);
    await waitForEnd(service.ended, signal);
  } finally {
    await service.stop();
  }
});
