import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { readPort } from "../bench/bareWorker.ts";
import { StartProblem } from "../start/problem.ts";
import { repositoryRoot } from "../wrangler.ts";

export type Egress = { url: string; stop(): Promise<void> };

export type EgressOptions = {
  /** Where its configuration is written. */
  folder: string;
  /** What it reaches, of what the name of a host resolves to. `public` leaves out private, loopback and link-local addresses. */
  networks?: readonly ("public" | "private")[];
};

const startDeadlineMs = 20_000;

/**
 * Starts the service by which webhooks leave this machine: workerd connects to no address but public ones, whatever a name
 * resolves to at that moment. A shell waits for the end of its input, which is that of this process, however it ends.
 */
export async function startEgress({ folder, networks = ["public"] }: EgressOptions): Promise<Egress> {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(import.meta.dirname, "worker.mjs"), join(folder, "worker.mjs"));
  const configuration = join(folder, "egress.capnp");
  writeFileSync(configuration, formatConfiguration(networks));
  const workerd = join(repositoryRoot, "node_modules/.bin/workerd");
  const guard = '"$@" & child=$!; cat > /dev/null; kill -9 "$child"';
  const shell = spawn("sh", ["-c", guard, "sh", workerd, "serve", configuration, "--control-fd=3"], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => {
    shell.once("exit", () => resolve());
    shell.once("error", () => resolve());
  });
  const stop = async () => {
    shell.stdin!.end();
    await ended;
  };
  const port = await Promise.race([
    readPort(shell.stdio[3] as Readable),
    ended.then(() => null),
    sleep(startDeadlineMs, null, { ref: false }),
  ]);
  if (port === null) {
    await stop();
    throw new StartProblem("the egress service of webhooks does not start");
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

function formatConfiguration(networks: readonly string[]): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "network", network = (allow = ${JSON.stringify(networks)}, tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-11-01",
  globalOutbound = "network",
);
`;
}
