import { describe, expect, it } from "vitest";
import { findImportFaults, readImports } from "../../../scripts/verify/imports.ts";

function faultsOf(files: Record<string, string>): string[] {
  return findImportFaults(new Map(Object.entries(files))).map(({ message }) => message);
}

describe("the direction of imports", () => {
  it("lets every room import inward", () => {
    expect(
      faultsOf({
        "src/domain/flow.ts": 'import * as z from "zod";\nimport { a } from "./ids.ts";',
        "src/domain/ids.ts": 'import { typeid } from "typeid-js";',
        "src/matching/gates.ts": 'import { a } from "../domain/flow.ts";',
        "src/operations/flows.ts":
          'import { b } from "../matching/gates.ts";\nimport type { Flows } from "../stores/records/port.ts";',
        "src/stores/records/port.ts":
          'import { sql } from "drizzle-orm";\nimport type { a } from "../../domain/flow.ts";',
        "src/http/flows.ts": 'import { c } from "../operations/flows.ts";',
        "src/services.ts": 'import { d } from "./stores/records/port.ts";\nimport { c } from "./operations/flows.ts";',
        "src/app.ts": 'import { e } from "./http/flows.ts";\nimport { s } from "./services.ts";',
        "src/index.ts": 'import { f } from "./app.ts";',
      }),
    ).toEqual([]);
  });

  it.each([
    ["src/domain/flow.ts", "../matching/gates.ts", "src/domain may not import src/matching"],
    ["src/domain/flow.ts", "hono", "src/domain may not import the package hono"],
    ["src/matching/gates.ts", "../operations/flows.ts", "src/matching may not import src/operations"],
    ["src/matching/gates.ts", "drizzle-orm/pg-core", "src/matching may not import the package drizzle-orm"],
    ["src/operations/flows.ts", "../stores/records/flows.ts", "src/operations may import only types from src/stores"],
    ["src/operations/flows.ts", "../http/flows.ts", "src/operations may not import src/http"],
    ["src/http/flows.ts", "../stores/records/flows.ts", "src/http may not import src/stores"],
    ["src/http/flows.ts", "../services.ts", "src/http may not import src/services.ts"],
    ["src/stores/records/flows.ts", "../../operations/flows.ts", "src/stores may not import src/operations"],
    ["src/app.ts", "./stores/records/flows.ts", "src/app.ts may not import src/stores"],
    ["src/app.ts", "../scripts/migrate.ts", "src may not import scripts/migrate.ts"],
    ["src/http/flows.ts", "../operations/flows", "relative imports name their .ts extension"],
    ["src/helpers/text.ts", "../domain/flow.ts", "is a room that scripts/verify/imports.ts does not know"],
  ])("refuses %s importing %s", (file, target, message) => {
    expect(faultsOf({ [file]: `import { a } from "${target}";` })).toEqual([expect.stringContaining(message)]);
  });

  it("refuses an outward import however it is written", () => {
    const target = "../http/flows.ts";
    for (const source of [
      `import "${target}";`,
      `export { a } from "${target}";`,
      `export * from "${target}";`,
      `import {\n  a,\n  b,\n} from "${target}";`,
      `const a = await import("${target}");`,
      `import type { A } from "${target}";`,
    ])
      expect(faultsOf({ "src/domain/flow.ts": source }), source).toHaveLength(1);
  });

  it("names the files of a cycle", () => {
    expect(
      faultsOf({
        "src/domain/a.ts": 'import { b } from "./b.ts";',
        "src/domain/b.ts": 'import { c } from "./c.ts";',
        "src/domain/c.ts": 'import { a } from "./a.ts";\nimport type { D } from "./d.ts";',
        "src/domain/d.ts": 'import { c } from "./c.ts";',
      }),
    ).toEqual(["import cycle: src/domain/a.ts -> src/domain/b.ts -> src/domain/c.ts -> src/domain/a.ts"]);
  });

  it("reads no import out of a comment and tells types from values", () => {
    expect(
      readImports(
        '/* import { a } from "./a.ts"; */\n// import "./b.ts";\nimport { type C } from "./c.ts";\nimport { type D, e } from "./d.ts";',
      ),
    ).toEqual([
      { target: "./c.ts", typeOnly: true, line: 3 },
      { target: "./d.ts", typeOnly: false, line: 4 },
    ]);
  });
});
