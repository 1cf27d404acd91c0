import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFrame } from "../../../src/rooms/frames.ts";
import { commandSchemas } from "../../../src/rooms/protocol.ts";
import { fullBucket, takeFrame } from "../../../src/rooms/rate.ts";
import { terms } from "../../support/roomWorld.ts";

const codeOf = (text: string) => {
  const frame = readFrame(text);
  return "code" in frame ? frame.code : frame.kind;
};
const chat = { type: "chat.send", clientMessageId: "1", text: "Hello" };

describe("a frame", () => {
  it("is a greeting, a command, or something that passes and leaves no trace", () => {
    expect(readFrame('{"type":"hello"}')).toEqual({ kind: "hello", lastSeq: null });
    expect(readFrame('{"type":"hello","lastSeq":7}')).toEqual({ kind: "hello", lastSeq: 7 });
    expect(readFrame(JSON.stringify(chat))).toEqual({ kind: "command", command: chat });
    expect(readFrame('{"type":"typing","isTyping":true}')).toEqual({ kind: "typing", isTyping: true });
    expect(readFrame('{"type":"presence.set","status":"away"}')).toEqual({ kind: "presence", status: "away" });
    expect(readFrame('{"type":"seen","seq":3}')).toEqual({ kind: "seen", seq: 3 });
  });

  it.each([
    ["half JSON", '{"type":"hel', "not_json"],
    ["a number", "7", "not_an_object"],
    ["a list", "[]", "not_an_object"],
    ["nothing", "null", "not_an_object"],
    ["no type", "{}", "unknown_command"],
    ["a command that nobody knows", '{"type":"offer.steal"}', "unknown_command"],
    ["a name of JavaScript's own", '{"type":"constructor"}', "unknown_command"],
    ["an unknown field", JSON.stringify({ ...chat, colour: "red" }), "invalid_fields"],
    ["a field of another type", JSON.stringify({ ...chat, text: 7 }), "invalid_fields"],
    ["a field that is missing", '{"type":"chat.send","clientMessageId":"1"}', "invalid_fields"],
    ["no id", '{"type":"chat.send","text":"Hello"}', "invalid_fields"],
    ["a number that is none", '{"type":"hello","lastSeq":-1}', "invalid_fields"],
    ["too deep", `{"type":"hello","x":${"[".repeat(40)}${"]".repeat(40)}}`, "too_deep"],
    ["too large", JSON.stringify({ ...chat, text: "x".repeat(70_000) }), "frame_too_large"],
    ["too large in bytes only", JSON.stringify({ ...chat, text: "\u{1F525}".repeat(17_000) }), "frame_too_large"],
    ["the character zero", '{"type":"chat.send","clientMessageId":"1","text":"\\u0000"}', "unkeepable_text"],
    ["half a surrogate pair", '{"type":"chat.send","clientMessageId":"1","text":"\\ud83d"}', "unkeepable_text"],
  ])("that is none is answered with its code: %s", (_, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it("names each wrong field of an offer, and the client's own id where it can be read", () => {
    const offer = { ...terms({ quantity: { amount: -1, unit: "kWh" } }), until: "2026-01-01" };
    const text = JSON.stringify({ type: "offer.propose", clientMessageId: "o-1", terms: offer, validUntil: "soon" });
    const fault = readFrame(text);
    expect(fault).toMatchObject({ code: "invalid_fields", clientMessageId: "o-1" });
    const pointers = "errors" in fault ? fault.errors.map(({ pointer }) => pointer) : [];
    expect(pointers).toEqual(expect.arrayContaining(["/terms/quantity/amount", "/terms/quantity/unit", "/validUntil"]));
  });

  it("is read or refused, and never breaks anything, whatever it is made of", () => {
    const type = fc.constantFrom(...Object.keys(commandSchemas), "hello", "typing", "__proto__");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .record({
              type,
              clientMessageId: fc.anything(),
              terms: fc.anything(),
              hash: fc.anything(),
              seq: fc.anything(),
            })
            .map((body) => JSON.stringify(body) ?? ""),
        ),
        (text) => {
          expect(codeOf(text)).toBeTypeOf("string");
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe("the rate of a socket's frames", () => {
  it("lets a burst through and then so many a second, refuses what is over, and ends with whoever does not heed that", () => {
    const bucket = fullBucket(0);
    const verdicts = Array.from({ length: 10_000 }, () => takeFrame(bucket, 0));
    expect(verdicts.filter((verdict) => verdict === "pass")).toHaveLength(60);
    expect(verdicts.filter((verdict) => verdict === "refuse")).toHaveLength(200);
    expect(verdicts.at(-1)).toBe("close");
    const calm = fullBucket(0);
    for (let second = 0; second < 100; second++)
      for (let frame = 0; frame < 20; frame++) expect(takeFrame(calm, second * 1_000)).toBe("pass");
  });
});
