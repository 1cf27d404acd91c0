import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { LocalDatabaseError } from "./localDatabaseError.ts";

type Owner = { pid: number; started: string };

/**
 * Takes a lock file that says which process owns a folder; gives what releases it. A lock whose process is gone is taken
 * over. Errors: `data_folder_locked` while the owner lives.
 */
export function takeFolderLock(path: string, folder: string): () => void {
  const self: Owner = { pid: process.pid, started: processStart(process.pid) };
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, JSON.stringify(self));
  try {
    // A link is made whole or not at all, and fails when the name is taken.
    for (let attempt = 0; attempt < 20; attempt += 1) {
      if (tryLink(draft, path)) return () => releaseIfOwn(path, self);
      const owner = readOwner(path);
      if (owner && isAlive(owner)) throw locked(folder, owner);
      takeAway(path, draft, owner);
    }
    throw locked(folder, readOwner(path));
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes a dead owner's lock, unless another process has taken it over in between. */
function takeAway(path: string, draft: string, dead: Owner | null): void {
  const aside = `${draft}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readOwner(aside);
  if (moved && (moved.pid !== dead?.pid || moved.started !== dead.started) && isAlive(moved)) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function releaseIfOwn(path: string, self: Owner): void {
  const owner = readOwner(path);
  if (owner?.pid === self.pid && owner.started === self.started) rmSync(path, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readOwner(path: string): Owner | null {
  try {
    const owner = JSON.parse(readFileSync(path, "utf8"));
    return Number.isInteger(owner?.pid) ? { pid: owner.pid, started: String(owner.started) } : null;
  } catch {
    return null;
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return processStart(pid) === started;
}

/**
 * When a process started, in clock ticks after boot, and whether it is one still: Linux hands process numbers out again.
 * Elsewhere an empty text, and the number alone decides.
 */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z"
      ? "ended"
      : `${fields[19]}@${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
  } catch {
    return "";
  }
}

function locked(folder: string, owner: Owner | null): LocalDatabaseError {
  const who = owner ? `process ${owner.pid}` : "another process";
  return new LocalDatabaseError(
    "data_folder_locked",
    `The data folder ${folder} is in use by ${who}. Stop it first, or start with another --data DIR.`,
  );
}
