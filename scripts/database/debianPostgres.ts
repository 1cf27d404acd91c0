import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { LocalDatabaseError } from "./localDatabaseError.ts";

const execute = promisify(execFile);

/** Oldest major version that the migrations are written for, and the one that Debian 12 has. */
const version = 15;
const packages = [`postgresql-${version}`, `postgresql-${version}-postgis-3`];

/** Folder of `initdb` and `postgres`. */
export type PostgresBinaries = { folder: string; version: number };

/**
 * Finds Debian's PostgreSQL with PostGIS; as root it installs what is missing of it.
 * Errors: `postgres_missing`, with the one line to run.
 */
export async function findPostgres(report: (line: string) => void): Promise<PostgresBinaries> {
  const found = findInstalled();
  if (found) return found;
  const command = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get"))
    throw new LocalDatabaseError(
      "postgres_missing",
      `PostgreSQL ${version} with PostGIS 3 is not installed. Run as root: apt-get update && ${command}`,
    );
  report(`Installing ${packages.join(" and ")}`);
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
    await execute("apt-get", ["update"], { env, maxBuffer: 1e8 });
    await execute("apt-get", [...command.split(" ").slice(1)], { env, maxBuffer: 1e8 });
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split("\n")
      .slice(-3)
      .join(" ");
    throw new LocalDatabaseError(
      "postgres_missing",
      `${packages.join(" and ")} could not be installed: ${said}`,
      error,
    );
  }
  const installed = findInstalled();
  if (!installed)
    throw new LocalDatabaseError(
      "postgres_missing",
      `${packages.join(" and ")} are installed but not where Debian puts them.`,
    );
  return installed;
}

function findInstalled(): PostgresBinaries | null {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .filter((found) => found >= version)
    : [];
  const complete = versions.filter(
    (found) =>
      existsSync(join(root, `${found}/bin/initdb`)) &&
      existsSync(join(root, `${found}/bin/postgres`)) &&
      // Two packages: the extension's SQL is one, its library another, and the first may be there alone.
      existsSync(`/usr/share/postgresql/${found}/extension/postgis.control`) &&
      existsSync(join(root, `${found}/lib/postgis-3.so`)) &&
      existsSync(`/usr/share/postgresql/${found}/extension/btree_gist.control`),
  );
  // The oldest that serves: what runs there runs on later ones.
  const chosen = Math.min(...complete);
  return complete.length > 0 ? { folder: join(root, `${chosen}/bin`), version: chosen } : null;
}
