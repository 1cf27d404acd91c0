import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson, digestOf } from "../../../src/domain/canonicalJson.ts";
import { sha256 as portable } from "../../../src/domain/sha256Portable.ts";

it("is the same in browsers as on the server, of any text", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.nat(2_000).map((n) => "€".repeat(n)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(portable(text)).toBe(createHash("sha256").update(text).digest("hex"));
    }),
  );
});

it("does not depend on the order of fields, and is that of RFC 8785", () => {
  expect(canonicalJson({ b: 1e21, a: [null, "€"] })).toBe('{"a":[null,"€"],"b":1e+21}');
  expect(digestOf({ b: 2, a: 1 })).toBe(portable('{"a":1,"b":2}'));
});
