import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { StartProblem } from "../start/problem.ts";

const execute = promisify(execFile);

const pom = join(import.meta.dirname, "pom.xml");
const cacheFolder = resolve(import.meta.dirname, "../../node_modules/.cache/turash-neo4j");
const oldestJava = 17;
const fetchDeadlineMs = 10 * 60_000;

export type Neo4jFiles = { version: string; jars: string; java: string };

/**
 * Neo4j's community server as a folder of jars: fetched from Maven Central by mvn, once for each version of pom.xml.
 * Errors: `StartProblem` with what is missing and the line that brings it.
 */
export async function fetchNeo4j(report: (line: string) => void): Promise<Neo4jFiles> {
  const version = await readVersion();
  const java = await findJava();
  const jars = join(cacheFolder, version);
  if (existsSync(jars)) return { version, jars, java };
  report(`Fetching Neo4j ${version} from Maven Central (once; 116 MB) ...`);
  // Fetched aside and renamed: one that is broken off leaves nothing that looks whole.
  const draft = `${jars}.${process.pid}`;
  await mkdir(cacheFolder, { recursive: true });
  try {
    await runMaven(draft);
    await rename(draft, jars).catch((error: unknown) => {
      // Another process was quicker.
      if (!existsSync(jars)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { version, jars, java };
}

async function readVersion(): Promise<string> {
  const found = /<artifactId>neo4j<\/artifactId>\s*<version>([\d.]{3,})<\/version>\s*<exclusions>/.exec(
    await readFile(pom, "utf8"),
  );
  if (!found) throw new StartProblem(`${pom} names no version of neo4j`);
  return found[1]!;
}

async function findJava(): Promise<string> {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, "bin", "java") : "java";
  const advice = `Neo4j needs Java ${oldestJava} or 21: install it (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME`;
  const said = await execute(java, ["-version"]).then(
    ({ stderr, stdout }) => stderr + stdout,
    (error: Error) => {
      throw new StartProblem(`${advice}; there is no Java that runs here (${error.message.split("\n")[0]})`);
    },
  );
  const major = Number(/version "(\d+)/.exec(said)?.[1]);
  if (!(major >= oldestJava)) throw new StartProblem(`${advice}; this one is ${major}`);
  return java;
}

async function runMaven(outputFolder: string): Promise<void> {
  const goal = ["-q", "-B", "-f", pom, "dependency:copy-dependencies", "-DincludeScope=runtime"];
  try {
    await execute("mvn", [...goal, `-DoutputDirectory=${outputFolder}`], {
      cwd: dirname(pom),
      timeout: fetchDeadlineMs,
      maxBuffer: 1e8,
    });
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: string | number; stdout?: string; stderr?: string };
    if (code === "ENOENT")
      throw new StartProblem(
        "Neo4j is fetched by Maven, and there is no mvn: install it (Debian: apt-get install maven)",
      );
    const words = `${stdout}\n${stderr}`.split("\n").find((line) => line.includes("ERROR")) ?? String(error);
    throw new StartProblem(`Maven could not fetch Neo4j: ${words.trim().slice(0, 400)}`);
  }
}
