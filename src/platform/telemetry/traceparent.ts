import { Buffer } from "node:buffer";

/** Where a request stands in a distributed trace (W3C Trace Context, level 1). */
export type TraceContext = {
  /** 32 hexadecimal digits, shared by everything that one cause has set going. */
  traceId: string;
  /** 16 hexadecimal digits: this request's own part of it. */
  spanId: string;
  /** What is handed on: version 00, the two ids, and whether the trace is recorded. */
  traceparent: string;
};

const given = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const sampledBit = 1;

/**
 * Goes on with the caller's trace, by a span of our own; begins a new one where the header is absent or not as it must be. Of a
 * later version only what version 00 has is read, as its authors ask for (section 3.2.4 there).
 */
export function continueTrace(header: string | null): TraceContext {
  const [, version, traceId, , flags, rest] = (header !== null && given.exec(header)) || [];
  const spanId = nextHex(16);
  if (traceId === undefined || (version === "00" && rest !== undefined))
    return createTrace(nextHex(32), spanId, sampledBit);
  return createTrace(traceId, spanId, Number.parseInt(flags!, 16) & sampledBit);
}

function createTrace(traceId: string, spanId: string, flags: number): TraceContext {
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-0${flags}` };
}

const bytesAtOnce = 4_096;
/** Drawn many at a time, for a call into the runtime costs more than the ids of a request. */
let random = "";
let used = 0;

/** So many random hexadecimal digits, not all of them zero: that would mean that there is no id. */
export function nextHex(digits: number): string {
  if (used + digits > random.length) {
    random = Buffer.from(crypto.getRandomValues(new Uint8Array(bytesAtOnce))).toString("hex");
    used = 0;
  }
  const text = random.slice(used, used + digits);
  used += digits;
  return /[^0]/.test(text) ? text : nextHex(digits);
}
