import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { findFreePort } from "../../scripts/freePort.ts";
import { formatSecret, signMessage } from "../../src/platform/webhooks/signature.ts";

const root = join(import.meta.dirname, "../..");

it("the receiver of the guide takes what is signed and refuses what is not", async () => {
  const guide = readFileSync(join(root, "docs/guides/webhooks.md"), "utf8");
  const [, code] = /```js\n([\s\S]*?)```/.exec(guide)!;
  // Where the library is found.
  const folder = mkdtempSync(join(root, "node_modules", ".guide-"));
  writeFileSync(join(folder, "receiver.mjs"), code!);
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const port = await findFreePort();
  const environment = { ...process.env, WEBHOOK_SECRET: formatSecret(secret), PORT: String(port) };
  const receiver = spawn(process.execPath, [join(folder, "receiver.mjs")], { env: environment });
  let said = "";
  receiver.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  try {
    const body = JSON.stringify({ id: "evt_1", type: "turash.flow.created", subject: "flow_1" });
    const headers = await signMessage({ id: "evt_1", body, at: new Date() }, [secret]);
    const post = (text: string) =>
      fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: text }).then(({ status }) => status);
    const postOnceThere = async (): Promise<number> => post(body).catch(() => sleep(50).then(postOnceThere));
    expect(await postOnceThere()).toBe(204);
    expect(said).toBe("evt_1 turash.flow.created flow_1\n");
    expect(await post(`${body} `)).toBe(401);
  } finally {
    receiver.kill();
    rmSync(folder, { recursive: true });
  }
});
