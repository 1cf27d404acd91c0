import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { retention } from "../../src/domain/retention.ts";
import { crons } from "../../src/operations/schedule.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("how long records are kept", () => {
  it("is told by the guide as the code has it", () => {
    const rows = read("docs/guides/retention.md")
      .split("\n")
      .flatMap((line) => /^\| `(\w+)` +\| (.+?) +\| (.+?) +\| (.+?) +\|$/.exec(line)?.slice(1) ?? [])
      .map((cell) => cell.trim());
    const expected = Object.entries(retention).flatMap(([kind, { days, from, why }]) => [
      kind,
      `${days} ${days === 1 ? "day" : "days"}`,
      from,
      why,
    ]);
    expect(rows).toEqual(expected);
  });

  it("is seen to by the cron triggers of the deployment", () => {
    const listed = /^crons = (\[.*\])$/m.exec(read("wrangler.toml"))?.[1];
    expect(JSON.parse(listed!)).toEqual(Object.values(crons));
  });
});
