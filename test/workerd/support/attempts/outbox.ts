import { createId } from "../../../../src/domain/ids.ts";
import type { Attempt } from "../attempts.ts";

const operations = "/v1/operations";

/** Of the way of events to their consumers, which is the operator's. */
export const outboxAttempts: Record<string, Attempt> = {
  readOutbox: { permission: "readOutbox", foreign: "refused", request: () => ({ path: `${operations}/outbox` }) },
  listDeadLetters: {
    permission: "listDeadLetters",
    foreign: "refused",
    request: () => ({ path: `${operations}/dead-letters` }),
  },
  replayDeadLetter: {
    permission: "replayDeadLetters",
    foreign: "refused",
    request: () => ({ path: `${operations}/dead-letters/${createId("deadLetter")}/replay` }),
  },
  replayDeadLetters: {
    permission: "replayDeadLetters",
    foreign: "refused",
    request: () => ({ path: `${operations}/dead-letters/replay`, body: { type: "turash.nothing.happened" } }),
  },
};
