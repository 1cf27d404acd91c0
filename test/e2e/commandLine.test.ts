import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import type { ProcessInfo } from "../../scripts/start/processes.ts";
import { type Command, findSurvivors, findTree, npmStart, readAnswer, waitForWords } from "../support/commandLine.ts";

const organizations = [
  "asnaes",
  "statoil",
  "novo",
  "gyproc",
  "municipality",
  "fishfarm",
  "aalborg",
  "kemira",
  "farms",
  "soilrem",
];

/** Several starts of some seconds each, on a machine that may be busy. */
const startsTimeoutMs = 180_000;

let folder: string;
const running: Command[] = [];

function start(...parameters: string[]): Command {
  const command = npmStart("--port", "0", ...parameters);
  running.push(command);
  return command;
}

async function stop(command: Command, signal: NodeJS.Signals = "SIGINT"): Promise<number | string | null> {
  command.process.kill(signal);
  return command.exit;
}

/** Kills all of them at once, before one can react to another's end. */
function killOutright(processes: readonly ProcessInfo[]): void {
  for (const { pid } of processes) process.kill(pid, "SIGSTOP");
  for (const { pid } of processes) process.kill(pid, "SIGKILL");
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "turash-start-"));
});

afterEach(async () => {
  for (const command of running.splice(0)) if (command.process.exitCode === null) await stop(command, "SIGTERM");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("npm start", { timeout: startsTimeoutMs }, () => {
  it("prints one line of JSON, keeps its data for the next start, and leaves nothing running on SIGINT or SIGTERM", async () => {
    const first = start("--json", "--data", folder);
    const answer = await readAnswer(first);
    expect(first.stdout().trimEnd().split("\n")).toHaveLength(1);
    expect(Object.keys(answer).sort()).toEqual(["keys", "mainJob", "url"]);
    expect(Object.keys(answer.keys).sort()).toEqual(["operator", ...organizations].sort());
    expect(answer.mainJob).toHaveLength(17);
    const [dealt, ...others] = answer.mainJob.filter(({ room }) => room);
    expect(others).toEqual([]);
    expect(dealt!.room).toMatchObject({ round: 1, verified: true });
    expect(dealt!.room!.agreementHash).toMatch(/^[0-9a-f]{64}$/);
    const firstTree = findTree(first.process.pid!);
    expect(firstTree.some(({ command }) => command.includes("workerd"))).toBe(true);
    expect(await stop(first, "SIGINT")).toBe(0);
    expect(await findSurvivors(firstTree)).toEqual([]);

    const second = start("--json", "--data", folder);
    const again = await readAnswer(second);
    expect(second.stderr()).toContain("The Kalundborg network is there");
    expect(again.keys).toEqual(answer.keys);
    // The room's log goes on, as when what its agreement has reserved reaches the scores; it is not bargained anew.
    const shown = again.mainJob.find(({ room }) => room)!.room!;
    expect(shown.events).toBeGreaterThanOrEqual(dealt!.room!.events);
    expect(shown).toEqual({ ...dealt!.room, events: shown.events });
    const withoutRoom = ({ mainJob }: typeof answer) => mainJob.map(({ room: _, ...entry }) => entry);
    expect(withoutRoom(again)).toEqual(withoutRoom(answer));
    const secondTree = findTree(second.process.pid!);
    expect(await stop(second, "SIGTERM")).toBe(0);
    expect(await findSurvivors(secondTree)).toEqual([]);
  });

  it("keeps secrets and keys where only their owner can read them, and off the command line", () => {
    const { folder: usedFolder, pid } = inject("serviceProcess");
    for (const name of ["secrets.json", "network.json", "worker.env"])
      expect(statSync(join(usedFolder, name)).mode & 0o777, name).toBe(0o600);
    const commandLines = findTree(pid)
      .map((found) => found.command)
      .join("\n");
    expect(commandLines).toContain("wrangler");
    for (const key of Object.values(inject("service").keys)) expect(commandLines).not.toContain(key);
    expect(commandLines).not.toContain("postgres");
  });

  it("says in one line that the folder or the port is taken, and leaves the run that has them alone", async () => {
    const { url } = inject("service");
    const other = start("--data", inject("serviceProcess").folder);
    expect(await other.exit).toBe(1);
    expect(other.stderr()).toMatch(/^turash: .*in use by process \d+.*--data DIR.*\n$/);
    const { port } = new URL(url);
    const third = npmStart("--port", port, "--data", join(folder, "third"));
    expect(await third.exit).toBe(1);
    expect(third.stderr()).toBe(
      `turash: port ${port} is in use; stop what listens there, or take another with --port N (0 for any free one)\n`,
    );
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });

  it("leaves no Worker behind when it is killed outright, and goes on with the same data however it was killed", async () => {
    const first = start("--json", "--data", folder);
    const answer = await readAnswer(first);
    const firstTree = findTree(first.process.pid!);
    killOutright(firstTree.filter((found) => found.command.includes("scripts/start.ts")));
    expect(await findSurvivors(firstTree, 10_000)).toEqual([]);

    // This time nobody is left to end the Worker: the next start does, and ends nothing else.
    const second = start("--json", "--data", folder);
    expect((await readAnswer(second)).keys).toEqual(answer.keys);
    const secondTree = findTree(second.process.pid!);
    const workers = secondTree.filter((found) => found.command.includes("workerd serve"));
    const others = secondTree.filter((found) => !workers.includes(found));
    killOutright(others);
    expect(await findSurvivors(others, 10_000)).toEqual([]);
    // The Worker's own processes are left; the service by which webhooks leave ends with its parent.
    expect((await findSurvivors(workers, 0)).length).toBeGreaterThan(0);
    const third = start("--json", "--data", folder);
    expect((await readAnswer(third)).keys).toEqual(answer.keys);
    expect(await findSurvivors(workers, 0)).toEqual([]);
  });

  it("stops at once, with exit 0 and nothing left, when it is interrupted while it starts", async () => {
    const command = start("--json", "--data", folder);
    await waitForWords(command, "Starting the Worker");
    const tree = findTree(command.process.pid!);
    expect(await stop(command)).toBe(0);
    expect(await findSurvivors(tree)).toEqual([]);
    expect(command.stdout()).toBe("");
  });

  it("prints the matches as a table and stops by itself with --once", async () => {
    const command = start("--once", "--data", folder);
    expect(await command.exit).toBe(0);
    expect(command.stdout()).toMatch(/^novo-steam-need\s+1\s+asnaes-steam\s+0\.\d+/m);
    expect(command.stdout()).toMatch(/agreement\.confirmed [0-9a-f]{8}: exch_/);
    expect(command.stdout()).toContain("The log verifies");
    expect(command.stdout()).toMatch(/near misses/i);
    expect(command.stdout()).toContain("turash_live_");
  });

  it("says in one line what to do about damaged data, and --fresh mends it", async () => {
    const secrets = join(folder, "secrets.json");
    const kept = readFileSync(secrets);
    writeFileSync(secrets, "{");
    const command = start("--json", "--data", folder);
    expect(await command.exit).toBe(1);
    expect(command.stderr()).toMatch(/^turash: .*secrets\.json is damaged.*--fresh\n$/);
    writeFileSync(secrets, kept);

    const control = readdirSync(join(folder, "database"), { recursive: true, encoding: "utf8" }).find((name) =>
      name.endsWith("pg_control"),
    )!;
    writeFileSync(join(folder, "database", control), "damaged");
    const damaged = start("--json", "--data", folder);
    expect(await damaged.exit).toBe(1);
    expect(damaged.stderr()).toMatch(/^turash: .*--fresh.*$/m);
    expect(damaged.stderr()).not.toMatch(/^\s+at /m);

    const fresh = start("--json", "--fresh", "--data", folder);
    expect((await readAnswer(fresh)).mainJob).toHaveLength(17);
  });

  it("never touches a folder that holds something else", async () => {
    const strange = mkdtempSync(join(tmpdir(), "turash-strange-"));
    writeFileSync(join(strange, "letter.txt"), "dear reader");
    const command = start("--fresh", "--data", strange);
    expect(await command.exit).toBe(1);
    expect(command.stderr()).toMatch(/^turash: .*holds other files; .*--data\n$/);
    expect(readdirSync(strange)).toEqual(["letter.txt"]);
    const file = start("--data", join(strange, "letter.txt"));
    expect(await file.exit).toBe(1);
    expect(file.stderr()).toMatch(/^turash: .*is not a folder.*\n$/);
    chmodSync(strange, 0o700);
    rmSync(strange, { recursive: true });
  });

  it.each([
    [["--frsh"], "Unknown option '--frsh'"],
    [["extra"], "Unexpected argument 'extra'"],
    [["--port", "many"], '--port takes a number from 0 to 65535, not "many"'],
    [["--port", "70000"], "--port takes a number"],
    [["--data"], "--data"],
  ])("answers %j with the usage and exit 2", async (parameters, words) => {
    const command = npmStart(...parameters);
    expect(await command.exit).toBe(2);
    expect(command.stderr()).toContain(words);
    expect(command.stderr()).toContain("Usage: npm start -- [--port N]");
    expect(command.stdout()).toBe("");
  });
});
