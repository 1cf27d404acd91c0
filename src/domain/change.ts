import type { Actor } from "./actor.ts";

/** What every change carries with it: by whom, when, in answer to which request. */
export type ChangeStamp = {
  actor: Actor;
  at: Date;
  requestId: string;
  /** The W3C trace context of the request: its trace, and the span that it is here. */
  traceparent: string;
  /** SHA-256 of the caller's network address under a secret, or null where it is not known. */
  addressHash: Uint8Array | null;
  /** Present when the caller named an Idempotency-Key. */
  idempotency: { key: string; requestHash: Uint8Array } | null;
};

/** The outcome of a change: what stands now, and whether it is the answer of an earlier, equal request. */
export type Changed<Value> = { value: Value; replayed: boolean };

/** What must stand for a write to go ahead: a version, nothing at all, or anything. */
export type Expectation = { version: number } | "absent" | null;
