import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson, digestOf } from "../../../src/domain/canonicalJson.ts";
import { sha256 } from "../../../src/domain/sha256.ts";

it("is SHA-256, of any text, whatever was hashed before", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.nat(20_000).map((n) => "€".repeat(n)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"));
    }),
  );
});

it("does not depend on the order of fields, and is that of RFC 8785", () => {
  expect(canonicalJson({ b: 1e21, a: [null, "€"] })).toBe('{"a":[null,"€"],"b":1e+21}');
  expect(digestOf({ b: 2, a: 1 })).toBe(sha256('{"a":1,"b":2}'));
});

it("is the same of what is in order already, which is not ordered again", () => {
  const names = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("10", "9", "toJSON", "__proto__", "\u{1f600}", "\ufb33"),
  );
  const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, -0),
      ),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(names, tie("value"), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(values, (value) => {
      const text = canonicalJson(value);
      expect(text).toBe(canonicalize(value));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, "\ud800", { "\ud800": 1 }, undefined, { a: [Number.NaN] }])(
  "refuses what RFC 8785 has no text for: %j",
  (value) => {
    expect(() => canonicalJson(value)).toThrow();
  },
);
