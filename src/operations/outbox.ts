import type { Changed } from "../domain/change.ts";
import type { DeadLetter } from "../domain/deadLetter.ts";
import { conflict, notFound } from "../domain/errors.ts";
import type { DeadLetterId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import type { DeadLetterFilter } from "../stores/records/deadLetters.ts";
import type { OutboxStatus } from "../stores/records/outbox.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";

/** Dead letters sent back in one request. */
const maximumReplays = 1_000;

export async function readOutboxStatus(context: RequestContext): Promise<OutboxStatus & { at: string }> {
  authorize(context.actor, "readOutbox");
  return { at: context.at.toISOString(), ...(await context.services.outbox.readStatus(context.at)) };
}

export async function listDeadLetters(
  context: RequestContext,
  filter: DeadLetterFilter,
  page: Page,
): Promise<Paged<DeadLetter>> {
  authorize(context.actor, "listDeadLetters");
  return context.services.deadLetters.list(filter, page);
}

export async function replayDeadLetter(context: RequestContext, id: DeadLetterId): Promise<Changed<DeadLetter>> {
  authorize(context.actor, "replayDeadLetters");
  const written = await context.services.deadLetters.replay(context, id);
  if (written.kind === "written") return { value: written.value, replayed: written.replayed };
  if (written.kind === "missing") throw notFound("dead_letter");
  if (written.current.isReplayed)
    throw conflict("already_replayed", "It was sent back already and has not died again since.");
  throw conflict(
    "nothing_to_replay",
    "There is no event to send: the message was none, or its event is no longer kept.",
  );
}

/** Sends back all that lie and fit; how many. More than `maximumReplays` take several requests. */
export async function replayDeadLetters(context: RequestContext, filter: DeadLetterFilter): Promise<number> {
  authorize(context.actor, "replayDeadLetters");
  return context.services.deadLetters.replayAll(context, filter, maximumReplays);
}
