import { maximumBatch, type Relay, relayOnce } from "./relay.ts";

/** What an isolate remembers of its relay: one runs at a time, and a change that comes meanwhile lets it look once more. */
export type RelayTurn = { startedAt: number | null; isAskedAgain: boolean };

/** The platform ends what goes on after an answer in 30 seconds; one that began longer ago is no more. */
const maximumRunMs = 25_000;

/** Sends on what changes have written, until nothing is due. Gives null at once where the isolate's relay is running. */
export function relayInBackground(relay: Relay, turn: RelayTurn): Promise<void> | null {
  const startedAt = relay.now().getTime();
  if (turn.startedAt !== null && startedAt - turn.startedAt < maximumRunMs) {
    turn.isAskedAgain = true;
    return null;
  }
  turn.startedAt = startedAt;
  return relayUntilQuiet(relay, turn, startedAt);
}

async function relayUntilQuiet(relay: Relay, turn: RelayTurn, startedAt: number): Promise<void> {
  try {
    for (let isMore = true; isMore && relay.now().getTime() - startedAt < maximumRunMs; ) {
      turn.isAskedAgain = false;
      isMore = (await relayOnce(relay)) >= maximumBatch || turn.isAskedAgain;
    }
  } catch (failure) {
    // What is due stays due: the next change or the next minute sends it.
    relay.log({ level: "warn", event: "relay_failed", error: String(failure) });
  } finally {
    if (turn.startedAt === startedAt) turn.startedAt = null;
  }
}
