import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { findFreePort } from "../freePort.ts";
import { repositoryRoot, wranglerEnvironment } from "../wrangler.ts";
import { writePrivateFile } from "./files.ts";
import { StartProblem } from "./problem.ts";
import { findProcess, type ProcessInfo, signalProcess } from "./processes.ts";
import { configFor } from "./workerConfig.ts";

export type LocalWorker = {
  url: string;
  /** Resolves, with what wrangler said last, when it ends without having been asked to. */
  ended: Promise<string>;
  stop(): Promise<void>;
};

export type WorkerOptions = {
  port: number;
  dataFolder: string;
  secrets: Readonly<Record<string, string>>;
  /** Variables that are no secrets; they show in the process list. */
  variables: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** Told as soon as the process group exists, so that it can be ended even if this process cannot. */
  onGroup(leader: ProcessInfo): void;
  /** Takes what the Worker logs; nothing is shown where missing. */
  onLog?(text: string): void;
};

const readyDeadlineMs = 90_000;
const answerDeadlineMs = 5_000;
const stopDeadlineMs = 5_000;

/** A free port of 127.0.0.1 for 0; otherwise the port itself, or a problem when somebody has it. */
export async function claimPort(port: number): Promise<number> {
  if (port === 0) return findFreePort();
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new StartProblem(
          error.code === "EADDRINUSE"
            ? `port ${port} is in use; stop what listens there, or take another with --port N (0 for any free one)`
            : `port ${port} cannot be used (${error.message}); take another with --port N`,
        ),
      ),
    );
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(port)));
  });
}

/** How often a Worker is started anew because another socket of wrangler's own was given its port. */
const maximumStarts = 3;

/** The port answers, and not with the Worker: wrangler's inner servers take any free port, so now and then this one. */
class StrangerOnPort extends StartProblem {}

/** Starts `wrangler dev` in a process group of its own and waits until the Worker says that it is ready. */
export async function startWorker(options: WorkerOptions): Promise<LocalWorker> {
  for (let start = 1; ; start++) {
    try {
      return await tryToStartWorker(options);
    } catch (error) {
      if (!(error instanceof StrangerOnPort) || start === maximumStarts) throw error;
    }
  }
}

async function tryToStartWorker(options: WorkerOptions): Promise<LocalWorker> {
  const { port, dataFolder, signal } = options;
  const environmentFile = join(dataFolder, "worker.env");
  writePrivateFile(environmentFile, formatEnvironmentFile(options.secrets));
  const wrangler = spawn(
    process.execPath,
    [
      "--no-warnings",
      `--import=${pathToFileURL(join(import.meta.dirname, "leaveWithParent.mjs"))}`,
      join(repositoryRoot, "node_modules", "wrangler", "wrangler-dist", "cli.js"),
      "dev",
      `--config=${configFor(Object.keys(options.secrets), dataFolder)}`,
      "--ip=127.0.0.1",
      `--port=${port}`,
      "--inspector-port=0",
      `--persist-to=${join(dataFolder, "worker")}`,
      `--env-file=${environmentFile}`,
      ...Object.entries(options.variables).map(([name, value]) => `--var=${name}:${value}`),
      "--show-interactive-dev-session=false",
      `--log-level=${options.onLog ? "log" : "warn"}`,
    ],
    {
      cwd: repositoryRoot,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...wranglerEnvironment(), WRANGLER_REGISTRY_PATH: join(dataFolder, "worker", "registry") },
    },
  );
  let lastWords = "";
  for (const stream of [wrangler.stdout!, wrangler.stderr!])
    stream.setEncoding("utf8").on("data", (text: string) => {
      lastWords = (lastWords + text).slice(-4_000);
      options.onLog?.(text);
    });
  let isStopping = false;
  const closed = new Promise<void>((resolve) => {
    wrangler.on("close", () => resolve());
    wrangler.on("error", (error) => {
      lastWords += error.message;
      resolve();
    });
  });
  const stop = async () => {
    isStopping = true;
    await stopGroup(wrangler, closed);
  };
  if (wrangler.pid) {
    const leader = findProcess(wrangler.pid);
    if (leader) options.onGroup(leader);
  }
  const ended = closed.then(async () => {
    if (isStopping) return new Promise<string>(() => {});
    if (wrangler.pid) signalProcess(-wrangler.pid, "SIGKILL");
    return summarise(lastWords);
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await Promise.race([
      waitUntilReady(url, signal, () => summarise(lastWords)),
      ended.then((words) => {
        throw new StartProblem(`the Worker did not start: ${words}`);
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, ended, stop };
}

async function stopGroup(wrangler: ChildProcess, closed: Promise<void>): Promise<void> {
  if (!wrangler.pid) return;
  signalProcess(wrangler.pid, "SIGTERM");
  await Promise.race([closed, sleep(stopDeadlineMs, undefined, { ref: false })]);
  signalProcess(-wrangler.pid, "SIGKILL");
  await closed;
}

async function waitUntilReady(url: string, signal: AbortSignal, lastWords: () => string): Promise<void> {
  const deadline = Date.now() + readyDeadlineMs;
  let answer = "no answer";
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    try {
      const response = await fetch(`${url}/health/ready`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerDeadlineMs)]),
      });
      // Wrangler's own proxy answers 503 while it waits for the Worker.
      if (!response.headers.has("x-request-id") && response.status !== 503)
        throw new StrangerOnPort(`something else answers at ${url}; take another port with --port N`);
      if (response.ok) return void (await response.text());
      answer = `${response.status} ${(await response.text()).slice(0, 500)}`;
      // The Worker says 503 while a dependency is away; any other refusal will not change by waiting.
      if (response.status !== 503) break;
    } catch (error) {
      if (error instanceof StrangerOnPort) throw error;
      signal.throwIfAborted();
      answer = (error as Error).message;
      // A Worker that could not be built never answers.
      if (lastWords().includes("[ERROR]")) break;
    }
    await sleep(100, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  throw new StartProblem(
    `the Worker is not ready: ${answer.replaceAll(/\s+/g, " ")}${lastWords() && ` (${lastWords()})`}`,
  );
}

/** Values are quoted so that nothing in them is read as syntax; single quotes have no escape in such a file. */
function formatEnvironmentFile(secrets: Readonly<Record<string, string>>): string {
  return Object.entries(secrets)
    .map(([name, value]) => {
      if (/['\n]/.test(value)) throw new StartProblem(`${name} may hold neither a quote (') nor a line break`);
      return `${name}='${value.replaceAll("$", "\\$")}'\n`;
    })
    .join("");
}

/** What a tool said, as one line without colours, stacks or frames. */
function summarise(words: string): string {
  return stripVTControlCharacters(words)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^at\s|^🪵|^─+$/u.test(line))
    .slice(-6)
    .join(" ")
    .slice(-600);
}
