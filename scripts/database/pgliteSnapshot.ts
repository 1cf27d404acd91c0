import { createHash } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { applyMigrations, type Migration } from "./migrations.ts";
import { openPgliteEngine } from "./pgliteEngine.ts";

/** Snapshots kept besides the one in use: changing a migration back and forth then costs one build each. */
const kept = 2;

/** A build that has not ended by then was killed. */
const abandonedAfterMs = 3_600_000;

/**
 * Puts a new database, extensions and migrations applied, into `folder`, which must not exist. It is a copy of a
 * snapshot: a data folder that was closed in order, built once for each text of the migrations and version of the
 * engine. Building takes 15-20 s, copying a fraction of one. A folder is there whole or not at all.
 */
export async function copySnapshot(
  folder: string,
  snapshotsFolder: string,
  migrations: readonly Migration[],
  report: (line: string) => void,
): Promise<void> {
  const snapshot = join(snapshotsFolder, await snapshotName(migrations));
  await mkdir(snapshotsFolder, { recursive: true });
  if (!existsSync(snapshot)) {
    report("Building the embedded database (once for each version of the migrations, about 20 s)");
    await buildSnapshot(snapshot, migrations);
  }
  await utimes(snapshot, new Date(), new Date());
  const draft = `${folder}.new-${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await cp(snapshot, draft, { recursive: true, mode: constants.COPYFILE_FICLONE });
  await rename(draft, folder);
  await forgetOldSnapshots(snapshotsFolder);
}

async function buildSnapshot(snapshot: string, migrations: readonly Migration[]): Promise<void> {
  const draft = `${snapshot}.building-${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  try {
    const engine = await openPgliteEngine(draft);
    try {
      await applyMigrations(engine, migrations);
    } finally {
      await engine.close();
    }
    await rename(draft, snapshot).catch((error) => {
      // Somebody else built the same one meanwhile.
      if (!existsSync(snapshot)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function snapshotName(migrations: readonly Migration[]): Promise<string> {
  const hash = createHash("sha256").update(await engineVersion());
  for (const { name, sha256 } of migrations) hash.update(`\n${name} ${sha256}`);
  return `pglite-${hash.digest("hex").slice(0, 16)}`;
}

/** Versions of the packages that make a data folder: another version does not open it. */
export async function engineVersion(): Promise<string> {
  const require = createRequire(import.meta.url);
  const versions = ["@electric-sql/pglite", "@electric-sql/pglite-postgis"].map(async (name) => {
    let folder = dirname(require.resolve(name));
    while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
    return `${name}@${JSON.parse(await readFile(join(folder, "package.json"), "utf8")).version}`;
  });
  return (await Promise.all(versions)).join(" ");
}

async function forgetOldSnapshots(folder: string): Promise<void> {
  const everything = await readdir(folder);
  for (const name of everything.filter((found) => found.includes(".building-")))
    if (Date.now() - (await stat(join(folder, name))).mtimeMs > abandonedAfterMs)
      await rm(join(folder, name), { recursive: true, force: true });
  const names = everything.filter((name) => /^pglite-[0-9a-f]{16}$/.test(name));
  const aged = await Promise.all(names.map(async (name) => ({ name, used: (await stat(join(folder, name))).mtimeMs })));
  aged.sort((a, b) => b.used - a.used);
  for (const { name } of aged.slice(kept + 1)) await rm(join(folder, name), { recursive: true, force: true });
}
