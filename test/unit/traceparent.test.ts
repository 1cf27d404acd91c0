import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { continueTrace } from "../../src/platform/telemetry/traceparent.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const span = "b7ad6b7169203331";

describe("a traceparent", () => {
  it.each([
    [`00-${trace}-${span}-01`, "01"],
    [`00-${trace}-${span}-00`, "00"],
    [`00-${trace}-${span}-ff`, "01"],
    [`cc-${trace}-${span}-01-what-comes-later`, "01"],
  ])("is gone on with under a span of our own: %s", (header, flags) => {
    const { traceId, spanId, traceparent } = continueTrace(header);
    expect(traceId).toBe(trace);
    expect(spanId).not.toBe(span);
    expect(traceparent).toBe(`00-${trace}-${spanId}-${flags}`);
  });

  it.each([
    null,
    "",
    `ff-${trace}-${span}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${"0".repeat(32)}-${span}-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}`,
    `00-${trace.slice(1)}-${span}-01`,
  ])("that is not one begins a new trace: %s", (header) => {
    const { traceId, traceparent } = continueTrace(header);
    expect(traceId).not.toBe(trace);
    expect(traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
  });

  it("is answered well formed whatever is sent, and never twice the same", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (header) => {
        const { traceparent, spanId } = continueTrace(header);
        expect(traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
        expect(seen.has(spanId)).toBe(false);
        seen.add(spanId);
      }),
      { numRuns: 1_000 },
    );
  });
});
