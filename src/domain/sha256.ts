import { createHash } from "node:crypto";

/** SHA-256 of a text's UTF-8, 64 hexadecimal digits. Synchronous, for it is needed within a transaction. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
