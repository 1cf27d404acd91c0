import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { forwardedVariables } from "../../../scripts/start/forwardedVariables.ts";

const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");

describe("npm start", () => {
  it("hands on every variable that the configuration names, but for where its own database is", () => {
    const documented = readme.split("\n").flatMap((line) => /^\| `(\w+)` +\| variable +\|/.exec(line)?.[1] ?? []);
    expect(documented.toSorted()).toEqual([...forwardedVariables, "DATABASE_FETCH_ENDPOINT"].toSorted());
  });
});
