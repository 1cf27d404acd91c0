const encoder = new TextEncoder();
const ivBytes = 12;

/** Keeps secrets so that a stolen database yields none: AES-256-GCM under a key that HKDF makes of the pepper. */
export type SecretBox = {
  /** `owner` is whose secret it is: sealed for one, it cannot be opened as another's. */
  seal(owner: string, secret: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Throws where it was sealed for another owner or under another pepper. */
  open(owner: string, sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
};

/** By pepper. No promise is kept: one that a request made is that request's. */
const keys = new Map<string, CryptoKey>();

export function createSecretBox(pepper: string): SecretBox {
  const key = async () => {
    const made = keys.get(pepper) ?? (await deriveKey(pepper));
    keys.set(pepper, made);
    return made;
  };
  const algorithm = (iv: Uint8Array<ArrayBuffer>, owner: string) => ({
    name: "AES-GCM",
    iv,
    additionalData: encoder.encode(owner),
  });
  return {
    async seal(owner, secret) {
      const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
      const sealed = await crypto.subtle.encrypt(algorithm(iv, owner), await key(), secret);
      const whole = new Uint8Array(ivBytes + sealed.byteLength);
      whole.set(iv);
      whole.set(new Uint8Array(sealed), ivBytes);
      return whole;
    },
    async open(owner, sealed) {
      const iv = sealed.slice(0, ivBytes);
      return new Uint8Array(await crypto.subtle.decrypt(algorithm(iv, owner), await key(), sealed.slice(ivBytes)));
    },
  };
}

async function deriveKey(pepper: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", encoder.encode(pepper), "HKDF", false, ["deriveKey"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encoder.encode("webhook-secret") };
  return crypto.subtle.deriveKey(parameters, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}
