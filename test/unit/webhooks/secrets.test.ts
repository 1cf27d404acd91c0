import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { redact } from "../../../src/domain/redaction.ts";
import { createSecretBox } from "../../../src/platform/webhooks/secretBox.ts";
import { formatSecret, signMessage } from "../../../src/platform/webhooks/signature.ts";

const pepper = "a pepper of this test, long enough for all";
const newSecret = () => crypto.getRandomValues(new Uint8Array(32));

describe("a signature", () => {
  it("is one that the library of Standard Webhooks verifies, whatever the body", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (body) => {
        const secret = newSecret();
        const headers = await signMessage({ id: "evt_1", body, at: new Date() }, [secret]);
        expect(new Webhook(formatSecret(secret)).verify(body, headers)).toEqual(JSON.parse(body));
      }),
    );
  });

  it("is the library's own for the same secret, id and time", async () => {
    const secret = newSecret();
    const at = new Date("2026-11-27T12:00:00.999Z");
    const headers = await signMessage({ id: "evt_1", body: '{"ü":1}', at }, [secret]);
    const whole = new Date("2026-11-27T12:00:00Z");
    expect(headers["webhook-signature"]).toBe(new Webhook(formatSecret(secret)).sign("evt_1", whole, '{"ü":1}'));
    expect(headers["webhook-timestamp"]).toBe(String(whole.getTime() / 1_000));
  });

  it("verifies by either of two secrets that overlap, and by no third", async () => {
    const [current, previous] = [newSecret(), newSecret()];
    const headers = await signMessage({ id: "evt_1", body: "{}", at: new Date() }, [current, previous]);
    for (const secret of [current, previous])
      expect(() => new Webhook(formatSecret(secret)).verify("{}", headers)).not.toThrow();
    expect(() => new Webhook(formatSecret(newSecret())).verify("{}", headers)).toThrow();
  });

  it("holds for no other body, id or time", async () => {
    const secret = newSecret();
    const receiver = new Webhook(formatSecret(secret));
    const headers = await signMessage({ id: "evt_1", body: '{"a":1}', at: new Date() }, [secret]);
    expect(() => receiver.verify('{"a":2}', headers)).toThrow();
    expect(() => receiver.verify('{"a":1}', { ...headers, "webhook-id": "evt_2" })).toThrow();
    const later = String(Number(headers["webhook-timestamp"]) + 1);
    expect(() => receiver.verify('{"a":1}', { ...headers, "webhook-timestamp": later })).toThrow();
  });
});

describe("a secret that is kept", () => {
  const box = createSecretBox(pepper);

  it("is opened again under the same pepper for the same endpoint", async () => {
    const secret = newSecret();
    const sealed = await box.seal("hook_1", secret);
    expect(await createSecretBox(pepper).open("hook_1", sealed)).toEqual(secret);
  });

  it("is opened neither under another pepper nor as another endpoint's, nor when a bit of it was changed", async () => {
    const sealed = await box.seal("hook_1", newSecret());
    await expect(createSecretBox(`${pepper}!`).open("hook_1", sealed)).rejects.toThrow();
    await expect(box.open("hook_2", sealed)).rejects.toThrow();
    for (const index of [0, 20, sealed.length - 1]) {
      const changed = sealed.slice();
      changed[index]! ^= 1;
      await expect(box.open("hook_1", changed)).rejects.toThrow();
    }
  });

  it("looks different each time and never has the secret in it", async () => {
    const secret = newSecret();
    const [one, other] = [await box.seal("hook_1", secret), await box.seal("hook_1", secret)];
    expect(one).toHaveLength(60);
    expect(Buffer.from(one).equals(Buffer.from(other))).toBe(false);
    expect(Buffer.from(one).includes(Buffer.from(secret))).toBe(false);
  });

  it("is lost from what is logged", () => {
    fc.assert(
      fc.property(fc.string(), (before) => {
        fc.pre(!/\w$/.test(before));
        const text = formatSecret(newSecret());
        expect(redact(`${before}${text} after`)).not.toContain(text.slice(6));
      }),
    );
  });
});
