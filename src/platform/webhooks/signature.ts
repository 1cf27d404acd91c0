/** As Standard Webhooks has it: `whsec_` and the base64 of the secret. */
const secretPrefix = "whsec_";

export function formatSecret(secret: Uint8Array): string {
  return secretPrefix + toBase64(secret);
}

/**
 * The headers of a delivery by Standard Webhooks 1.0 (https://github.com/standard-webhooks/standard-webhooks): an HMAC-SHA-256
 * over id, time and body by each secret, so that either of two that overlap verifies it.
 */
export async function signMessage(
  message: { id: string; body: string; at: Date },
  secrets: readonly Uint8Array<ArrayBuffer>[],
): Promise<{ "webhook-id": string; "webhook-timestamp": string; "webhook-signature": string }> {
  const timestamp = String(Math.floor(message.at.getTime() / 1_000));
  const content = new TextEncoder().encode(`${message.id}.${timestamp}.${message.body}`);
  const signatures = await Promise.all(secrets.map(async (secret) => `v1,${toBase64(await sign(secret, content))}`));
  return { "webhook-id": message.id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

async function sign(secret: Uint8Array<ArrayBuffer>, content: BufferSource): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, content));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
