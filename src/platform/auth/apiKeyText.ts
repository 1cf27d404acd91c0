import { crc32 } from "node:zlib";
import baseX from "base-x";

const base62 = baseX("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
const secretBytes = 32;
/** 32 bytes need at most 43 digits of base 62, and a CRC-32 six. */
const secretLength = 43;
const checksumLength = 6;

/** `turash_live_` or `turash_test_`, 43 characters of secret, 6 of checksum: secret scanners can find it. */
const apiKeyPattern = /^turash_(live|test)_[0-9A-Za-z]{49}$/;

/** The text of a key over 32 secret bytes: random ones, unless a repeated request must find the same key again. */
export function createApiKeyText(
  mode: "live" | "test",
  secret = crypto.getRandomValues(new Uint8Array(secretBytes)),
): string {
  const body = `turash_${mode}_${base62.encode(secret).padStart(secretLength, "0")}`;
  return body + checksum(body);
}

/** Whether a text can be a key at all; a typing error is found here, without asking the database. */
export function isApiKeyText(text: string): boolean {
  return apiKeyPattern.test(text) && checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

function checksum(body: string): string {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, crc32(body));
  return base62.encode(bytes).replace(/^0+/, "").padStart(checksumLength, "0");
}
