import { maximumBatch, type Relay, relayOnce } from "./relay.ts";

/**
 * What an isolate remembers of its relay: one runs at a time, and a change that comes meanwhile lets it look once more. `aliveAt` is
 * when the one that runs last showed a sign of life, in milliseconds.
 */
export type RelayTurn = { aliveAt: number | null; isAskedAgain: boolean };

/** The platform ends what goes on after an answer in 30 seconds. */
const maximumRunMs = 25_000;
/** A relay ends without a word with the request that it ran behind. One that only was slow bears another beside it. */
const silenceMs = 2_000;

/** Sends on what changes have written, until nothing is due. Gives null at once where the isolate's relay is running. */
export function relayInBackground(relay: Relay, turn: RelayTurn): Promise<void> | null {
  const now = relay.now().getTime();
  if (turn.aliveAt !== null && now - turn.aliveAt < silenceMs) {
    turn.isAskedAgain = true;
    return null;
  }
  turn.aliveAt = now;
  return relayUntilQuiet(relay, turn, now + maximumRunMs);
}

async function relayUntilQuiet(relay: Relay, turn: RelayTurn, endsAt: number): Promise<void> {
  try {
    for (let isMore = true; isMore && relay.now().getTime() < endsAt; ) {
      turn.aliveAt = relay.now().getTime();
      turn.isAskedAgain = false;
      isMore = (await relayOnce(relay)) >= maximumBatch || turn.isAskedAgain;
    }
  } catch (failure) {
    // What is due stays due: the next change or the next minute sends it.
    relay.log({ level: "warn", event: "relay_failed", error: String(failure) });
  } finally {
    turn.aliveAt = null;
  }
}
