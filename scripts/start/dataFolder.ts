import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { takeFolderLock } from "../database/folderLock.ts";
import { LocalDatabaseError } from "../database/localDatabase.ts";
import { readIfThere, writePrivateFile } from "./files.ts";
import { StartProblem } from "./problem.ts";
import { findGroup, findProcess, type ProcessInfo, signalProcess } from "./processes.ts";

/** The folder that holds everything local, locked for this process. */
export type DataFolder = {
  path: string;
  /** Notes the leader of a process group, so that a later start can end what this one could not. */
  recordGroup(leader: ProcessInfo): void;
  release(): void;
};

const lockName = "start.lock";
const groupName = "worker-processes.json";
const readmeName = "README.txt";
/** What `--fresh` forgets. */
const dataNames = [
  "database",
  "worker",
  "worker.env",
  "secrets.json",
  "network.json",
  "database-address.json",
  "neo4j",
  "wrangler.toml",
];
/** What may lie in the default folder besides: made by the database scripts, and no data of a start. */
const otherNames = ["snapshots", "postgres", ".gitignore"];

const readme = `Local data of Turash: the embedded database, the Worker's state, secrets and keys.
"npm start -- --fresh" forgets it; the folder may be deleted while nothing runs on it.
`;

/** Makes the folder, takes its lock, ends what a killed run left behind and, if asked to, forgets the data. */
export function openDataFolder(path: string, { fresh }: { fresh: boolean }): DataFolder {
  const folder = resolve(path);
  let unlock: (() => void) | undefined;
  try {
    makeFolder(folder);
    unlock = takeFolderLock(join(folder, lockName), folder);
    endLeftovers(folder);
    if (fresh) for (const name of dataNames) rmSync(join(folder, name), { recursive: true, force: true });
    writeFileSync(join(folder, readmeName), readme);
    // Kept out of version control wherever it is.
    writeFileSync(join(folder, ".gitignore"), "*\n");
  } catch (error) {
    unlock?.();
    throw describeFolderError(folder, error);
  }
  const free = unlock;
  return {
    path: folder,
    recordGroup: (leader) => writePrivateFile(join(folder, groupName), `${JSON.stringify(leader)}\n`),
    release() {
      rmSync(join(folder, groupName), { force: true });
      free();
    },
  };
}

/** Never takes over, let alone empties, a folder that somebody uses for something else. */
function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const names = readdirSync(folder);
  if (names.includes(readmeName) || names.every((name) => otherNames.includes(name))) return;
  if (names.some((name) => name.startsWith(lockName))) return;
  throw new StartProblem(`${folder} holds other files; name an empty or new folder with --data`);
}

function describeFolderError(folder: string, error: unknown): Error {
  if (error instanceof StartProblem || error instanceof LocalDatabaseError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return new StartProblem(`${folder} cannot be written; name another folder with --data`);
  if (code === "EEXIST" || code === "ENOTDIR")
    return new StartProblem(`${folder} is not a folder; name another one with --data`);
  if (code === "ENOSPC") return new StartProblem(`no space is left for ${folder}; free some or name another folder`);
  return new StartProblem(`${folder} cannot be used (${message}); name another folder with --data`);
}

/** Ends a Worker that outlived its start: of the recorded process group only what is that wrangler, or a workerd. */
function endLeftovers(folder: string): void {
  const file = join(folder, groupName);
  if (!existsSync(file)) return;
  const recorded = readRecorded(file);
  const leader = recorded && findProcess(recorded.pid);
  // A leader that started at another time has only got the number again: its group is another one.
  if (recorded && (!leader || leader.startedAt === recorded.startedAt))
    for (const found of findGroup(recorded.pid))
      if (found.command === recorded.command || /\bworkerd\b.*\bserve\b/.test(found.command))
        signalProcess(found.pid, "SIGKILL");
  rmSync(file, { force: true });
}

function readRecorded(file: string): ProcessInfo | null {
  try {
    const recorded = JSON.parse(readIfThere(file) ?? "null") as ProcessInfo | null;
    return Number.isInteger(recorded?.pid) && typeof recorded?.command === "string" ? recorded : null;
  } catch {
    return null;
  }
}
