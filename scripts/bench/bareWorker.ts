import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { StartProblem } from "../start/problem.ts";
import { repositoryRoot } from "../wrangler.ts";

/** A Worker under `workerd serve` alone: no proxy, no logger, no cache, queue or rate-limit binding. */
export type BareWorker = {
  url: string;
  pid: number;
  /** Fails, with what it said last, when workerd has ended by itself. */
  check(): void;
  stop(): Promise<void>;
};

export type BareWorkerOptions = {
  name: string;
  /** The bundle: one ES module. */
  modulePath: string;
  compatibilityDate: string;
  bindings: Readonly<Record<string, string>>;
  /** Classes of Durable Objects that the bundle exports, by the name of their binding; kept on disk in its folder. */
  objects?: Readonly<Record<string, string>>;
  /** Where its configuration is written. */
  folder: string;
  /** For `taskset -c`; not pinned where null. */
  core: string | null;
};

const startDeadlineMs = 20_000;

export async function startBareWorker(options: BareWorkerOptions): Promise<BareWorker> {
  const folder = join(options.folder, options.name);
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, "workerd.capnp");
  writeFileSync(configuration, formatConfiguration(options, folder), { mode: 0o600 });
  const command = [join(repositoryRoot, "node_modules/.bin/workerd"), "serve", configuration, "--control-fd=3"];
  if (options.core !== null) command.unshift("taskset", "-c", options.core);
  // A group of its own: Ctrl-C is for this process, which then stops it.
  const workerd = spawn(command[0]!, command.slice(1), { detached: true, stdio: ["ignore", "ignore", "pipe", "pipe"] });
  let lastWords = "";
  (workerd.stderr as Readable).setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-2_000);
  });
  const stop = () => stopProcess(workerd);
  try {
    const port = await Promise.race([
      readPort(workerd.stdio[3] as Readable),
      new Promise<never>((_, reject) => {
        workerd.once("error", reject);
        workerd.once("exit", () => reject(new StartProblem(`workerd ended: ${lastWords.trim()}`)));
      }),
      sleep(startDeadlineMs, null, { ref: false }).then(() => {
        throw new StartProblem(`workerd does not listen after ${startDeadlineMs / 1_000} s`);
      }),
    ]);
    const check = () => {
      if (workerd.exitCode !== null || workerd.signalCode !== null)
        throw new StartProblem(
          `workerd (${options.name}) ended with ${workerd.exitCode ?? workerd.signalCode}: ${lastWords.trim()}`,
        );
    };
    return { url: `http://127.0.0.1:${port}`, pid: workerd.pid!, check, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** workerd tells over its control descriptor, a line of JSON each, where it listens. */
export function readPort(control: Readable): Promise<number> {
  return new Promise((resolve) => {
    let text = "";
    control.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const port = /"event":"listen".*"port":(\d+)/.exec(text)?.[1];
      if (port) resolve(Number(port));
    });
  });
}

async function stopProcess(workerd: ChildProcess): Promise<void> {
  if (workerd.pid === undefined || workerd.exitCode !== null || workerd.signalCode !== null) return;
  const ended = new Promise((resolve) => workerd.once("exit", resolve));
  workerd.kill("SIGKILL");
  await ended;
}

function formatConfiguration(
  { modulePath, compatibilityDate, bindings, objects = {} }: BareWorkerOptions,
  folder: string,
): string {
  const text = (value: string) => JSON.stringify(value);
  const bound = [
    ...Object.entries(bindings).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.entries(objects).map(
      ([name, value]) => `(name = ${text(name)}, durableObjectNamespace = ${text(value)})`,
    ),
  ];
  const namespaces = Object.values(objects).map(
    (className) => `(className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true)`,
  );
  const disk = join(folder, "objects");
  mkdirSync(disk, { recursive: true });
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "objects", disk = (path = ${text(disk)}, writable = true)),
    (name = "network", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ${text(relative(folder, modulePath))})],
  compatibilityDate = ${text(compatibilityDate)},
  bindings = [${bound.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
  globalOutbound = "network",
);
`;
}
