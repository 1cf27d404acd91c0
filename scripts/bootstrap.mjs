// Plain JavaScript that any Node from 20 on runs: installs what is missing, then hands over to the Node 24 of
// node_modules, which runs the TypeScript scripts directly. Everything that it says goes to standard error.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const oldestNode = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const nodeBinary = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
const [command = "", ...parameters] = process.argv.slice(2);

function fail(message) {
  process.stderr.write(`turash: ${message}\n`);
  process.exit(1);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/**
 * Whether node_modules holds what package-lock.json names. npm writes node_modules/.package-lock.json as its last act,
 * so an installation that was broken off has none.
 */
function isInstalled() {
  const wanted = readJson(join(root, "package-lock.json"))?.packages;
  const present = readJson(join(root, "node_modules", ".package-lock.json"))?.packages;
  if (!wanted || !present || !existsSync(nodeBinary)) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = present[path];
    // Optional packages of other platforms are never installed.
    if (!found ? !entry.optional : found.version !== entry.version || found.integrity !== entry.integrity) return false;
  }
  return true;
}

/** `npm ci`, with a line that tells how long it has been at work. */
function install() {
  const startedAt = Date.now();
  const elapsedSeconds = () => Math.round((Date.now() - startedAt) / 1000);
  process.stderr.write("Installing packages (once; about half a minute) ...\n");
  const ticker = setInterval(() => {
    process.stderr.write(`  still installing packages, ${elapsedSeconds()} s\n`);
  }, 10_000);
  const npmScript = process.env.npm_execpath ?? "";
  const isNpm = /npm-cli\.c?js$/.test(npmScript);
  const npmArguments = ["ci", "--include=dev", "--include=optional", "--ignore-scripts=false", "--loglevel=error"];
  const npm = spawn(isNpm ? process.execPath : "npm", isNpm ? [npmScript, ...npmArguments] : npmArguments, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    shell: !isNpm && process.platform === "win32",
  });
  let words = "";
  npm.stdout.resume();
  npm.stderr.on("data", (chunk) => {
    words += chunk;
  });
  const stop = (signal) => npm.kill(signal);
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return new Promise((resolve) => {
    const finish = (problem) => {
      clearInterval(ticker);
      process.off("SIGINT", stop).off("SIGTERM", stop);
      resolve(problem);
    };
    npm.on("error", (error) => finish(`npm does not start: ${error.message}`));
    npm.on("close", (code, signal) => {
      if (signal) return finish("the installation was stopped; run the same command again");
      if (code !== 0) return finish(`npm ci failed (exit ${code}):\n${words.trim()}`);
      if (!isInstalled()) return finish("npm ci left packages out; remove node_modules and run the same command again");
      process.stderr.write(`Packages installed in ${elapsedSeconds()} s\n`);
      return finish(null);
    });
  });
}

/** Runs the TypeScript script, passing signals on and its exit code back. */
function run(script) {
  const child = spawn(nodeBinary, ["--disable-warning=ExperimentalWarning", script, ...parameters], {
    stdio: "inherit",
    env: {
      // wrangler alone is megabytes of JavaScript, which each start would compile anew.
      NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "node"),
      ...process.env,
      PATH: `${dirname(nodeBinary)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}`,
    },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // When npm is killed outright no signal arrives; without this the services would outlive it.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event)
    setInterval(() => {
      if (process.ppid !== parent) child.kill("SIGTERM");
    }, 1_000).unref();
  child.on("error", (error) => fail(`cannot run ${nodeBinary}: ${error.message}`));
  child.on("close", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

const nodeMajor = Number(process.versions.node.split(".")[0]);
if (nodeMajor < oldestNode) fail(`needs Node ${oldestNode} or later; this is ${process.versions.node}`);
const script = join(root, "scripts", `${command}.ts`);
if (!/^[a-z][A-Za-z]*$/.test(command) || !existsSync(script)) fail(`there is no script "${command}" in scripts/`);
if (!isInstalled()) {
  const problem = await install();
  if (problem) fail(problem);
}
run(script);
