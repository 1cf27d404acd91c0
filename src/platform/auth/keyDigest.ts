const encoder = new TextEncoder();

/** The secret under which keys and addresses are hashed, by pepper. No promise is kept: one that a request made is that request's. */
const importedKeys = new Map<string, CryptoKey>();

/** HMAC-SHA-256 of a text under the pepper, which the database never sees; 32 bytes. */
export async function computeDigest(
  pepper: string,
  purpose: "api-key" | "address" | "api-key-secret" | "event-ticket" | "room-ticket" | "webhook-secret",
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  let key = importedKeys.get(pepper);
  if (!key) {
    key = await crypto.subtle.importKey("raw", encoder.encode(pepper), { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
    ]);
    importedKeys.set(pepper, key);
  }
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(`${purpose}\n${text}`)));
}

export async function computeSha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Compares in a time that does not depend on where the two differ. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index++) difference |= one[index]! ^ other[index]!;
  return difference === 0;
}
