import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installClient } from "../../support/installedClient.ts";

const root = join(import.meta.dirname, "../../..");
let project: string;

beforeAll(async () => {
  project = await installClient(root);
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(script: string, ...parameters: string[]) {
  return spawnSync(process.execPath, [script, ...parameters], { cwd: project, encoding: "utf8" });
}

describe("turash/client", () => {
  it("is imported in Node, and hashes there as the service does", { timeout: 60_000 }, () => {
    const script = join(project, "use.js");
    writeFileSync(
      script,
      `import { RoomClient, originOf } from "turash/client";
       console.log(typeof RoomClient, originOf("match_1").hash);`,
    );
    const { stdout, stderr } = run(script);
    expect(stderr).toBe("");
    // printf '{"matchId":"match_1"}' | sha256sum
    expect(stdout).toBe("function feb35c332a8a7a4ee77c5d09127cc65cc7bf21801fdb2d1a36f816bba4d09850\n");
  });

  it("is bundled for browsers without anything of Node's, in less than 40 kB", async () => {
    const script = join(project, "page.js");
    writeFileSync(script, 'import { RoomClient } from "turash/client"; globalThis.RoomClient = RoomClient;');
    const { outputFiles, metafile, warnings } = await build({
      entryPoints: [script],
      absWorkingDir: project,
      bundle: true,
      minify: true,
      platform: "browser",
      write: false,
      metafile: true,
    });
    expect(warnings).toEqual([]);
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
    expect(outputFiles[0]!.contents.byteLength).toBeLessThan(40_000);
  });

  it("knows the types of commands, events and state", { timeout: 120_000 }, () => {
    const source = (code: string) => `import { RoomClient } from "turash/client";
      const room = new RoomClient({ url: "http://127.0.0.1", matchId: "match_1", credential: "key" });
      ${code}`;
    const check = (name: string, code: string) => {
      writeFileSync(join(project, name), source(code));
      const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2024", "--lib", "es2024,dom"];
      return run(join(root, "node_modules/typescript/bin/tsc"), ...options, name).stdout;
    };
    const good = `room.on("event", (event, state) => {
        if (event.type === "offer.proposed") console.log(event.data.terms.quantity.amount + state.head);
      });
      await room.send({ type: "chat.send", text: "Hello" });`;
    expect(check("good.ts", good)).toBe("");
    expect(check("command.ts", 'await room.send({ type: "chat.send", words: "Hello" });')).toContain("words");
    expect(check("event.ts", 'room.on("event", ({ data }) => console.log(data.terms));')).toContain("terms");
  });
});
