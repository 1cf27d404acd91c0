import { randomBytes } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { createApiKeyText, isApiKeyText } from "../../src/platform/auth/apiKeyText.ts";
import { readIfThere, writePrivateFile } from "./files.ts";
import { StartProblem } from "./problem.ts";

const secretsSchema = z.strictObject({
  operatorKey: z.string().refine(isApiKeyText),
  keyPepper: z.string().min(32),
});
export type Secrets = z.infer<typeof secretsSchema>;

export function createSecrets(): Secrets {
  return { operatorKey: createApiKeyText("live"), keyPepper: randomBytes(32).toString("base64url") };
}

/** The secrets of this data folder: made once, kept where only their owner may read them. */
export function loadSecrets(dataFolder: string): Secrets {
  const path = join(dataFolder, "secrets.json");
  const text = readIfThere(path);
  if (text !== null) {
    try {
      return secretsSchema.parse(JSON.parse(text));
    } catch {
      throw new StartProblem(`${path} is damaged, and the stored keys need it; start anew with --fresh`);
    }
  }
  const secrets = createSecrets();
  writePrivateFile(path, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}
