import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../wrangler.ts";
import { writePrivateFile } from "./files.ts";
import { StartProblem } from "./problem.ts";

const declared = /^required = (\[.*\])$/m;

/**
 * The configuration that wrangler is given: wrangler.toml, or where the Worker gets secrets that a deployment may do without, a copy
 * of it in the data folder that declares them. Wrangler hands on no other secrets than the declared ones, and asks for all of
 * those when it deploys.
 */
export function configFor(secretNames: readonly string[], dataFolder: string): string {
  const path = join(repositoryRoot, "wrangler.toml");
  const text = readFileSync(path, "utf8");
  const list = declared.exec(text)?.[1];
  if (!list) throw new StartProblem(`${path} declares no secrets`);
  const required = JSON.parse(list) as string[];
  if (secretNames.every((name) => required.includes(name))) return path;
  const absolute = (relative: string) => JSON.stringify(join(repositoryRoot, relative));
  const copy = join(dataFolder, "wrangler.toml");
  writePrivateFile(
    copy,
    text
      .replace(declared, `required = ${JSON.stringify([...new Set([...required, ...secretNames])])}`)
      .replace(
        /^(main|directory) = "([^"]+)"$/gm,
        (_, name: string, relative: string) => `${name} = ${absolute(relative)}`,
      ),
  );
  return copy;
}
