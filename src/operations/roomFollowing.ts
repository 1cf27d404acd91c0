import type { TurashEvent } from "../domain/event.ts";
import { type EventType, eventCatalogue } from "../domain/eventCatalogue.ts";
import type { FlowId, MatchId, Noun, OrganizationId } from "../domain/ids.ts";
import type { RequestContext } from "./context.ts";
import { eachOf } from "./rooms.ts";

/** Rooms that are read in one statement. */
const portion = 200;

/** What a change of these may end somebody's stay by. */
const nounsOfAccess: ReadonlySet<Noun | null> = new Set(["apiKey", "member", "organization", "programme"]);
/** What changes nothing in a room. */
const silent: ReadonlySet<EventType> = new Set([
  "turash.match.suggested",
  "turash.match.viewed",
  "turash.match.introduced",
  "turash.api_key.created",
  "turash.member.joined",
  "turash.organization.created",
  "turash.programme.created",
  "turash.programme.invited",
  "turash.programme.joined",
]);

/**
 * Tells the rooms of what events are about how the records stand now, and lets them look who may still be there. Events may be late or
 * come again: each room takes over what it does not know yet. Errors: `unavailable` where a room did not answer.
 */
export async function followInRooms({ services }: RequestContext, events: readonly TurashEvent[]): Promise<void> {
  const matchIds = new Set<MatchId>();
  const flowIds = new Set<FlowId>();
  const organizations = new Set<OrganizationId>();
  for (const { type, subject, organizationIds } of events) {
    if (silent.has(type)) continue;
    const { subject: noun } = eventCatalogue[type];
    if (noun === "match" && subject) matchIds.add(subject as MatchId);
    if (noun === "flow" && subject) flowIds.add(subject as FlowId);
    if (nounsOfAccess.has(noun)) for (const id of organizationIds) organizations.add(id);
  }
  if (matchIds.size + flowIds.size + organizations.size === 0 || !services.rooms.areKept) return;
  const touched = { matchIds: [...matchIds], flowIds: [...flowIds], organizationIds: [...organizations] };
  for (let after: MatchId | null = null; ; ) {
    const facts = await services.roomRecords.listTouched(touched, after, portion);
    await eachOf(facts, async (each) => {
      const room = services.rooms.find(each.matchId);
      await room.follow(each);
      if (organizations.size > 0) await room.verify();
    });
    if (facts.length < portion) return;
    after = facts.at(-1)!.matchId;
  }
}
