import fc from "fast-check";
import { TypeID } from "typeid-js";
import { describe, expect, it } from "vitest";
import { createId, type Id, idFromUuid, idPrefixes, idSchema, isId, type Noun, uuidOf } from "../../src/domain/ids.ts";

const nouns = Object.keys(idPrefixes) as Noun[];
const anyBytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe("an id", () => {
  it("is the UUID that it was made of, and its UUID the id", () => {
    for (const noun of nouns) {
      const id = createId(noun);
      expect(uuidOf(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(idFromUuid(noun, uuidOf(id))).toBe(id);
    }
  });

  it("has a UUID whatever its 128 bits are, for a caller may send any", () => {
    fc.assert(
      fc.property(fc.constantFrom(...nouns), anyBytes, (noun, bytes) => {
        const id = TypeID.fromUUIDBytes(idPrefixes[noun], bytes).toString() as Id<typeof noun>;
        expect(isId(noun, id)).toBe(true);
        expect(uuidOf(id).replaceAll("-", "")).toBe(Array.from(bytes, (byte) => hex(byte)).join(""));
        expect(idFromUuid(noun, uuidOf(id))).toBe(id);
      }),
    );
  });

  it("is taken where it fits the pattern that the document gives, and nowhere else", () => {
    for (const noun of nouns) {
      const { pattern } = idSchema(noun).meta() as { pattern: string };
      fc.assert(fc.property(fc.stringMatching(new RegExp(pattern)), (text) => isId(noun, text)));
      for (const text of [`${idPrefixes[noun]}_8${"0".repeat(25)}`, `${idPrefixes[noun]}_${"0".repeat(25)}`, "x_y"]) {
        expect(text).not.toMatch(new RegExp(pattern));
        expect(isId(noun, text)).toBe(false);
      }
    }
  });
});

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
