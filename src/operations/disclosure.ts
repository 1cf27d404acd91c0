import type { Actor } from "../domain/actor.ts";
import { maximumCellRadiusMeters } from "../domain/cell.ts";
import type { Position } from "../domain/geography.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { NaceDivisionOrSection } from "../domain/nace.ts";
import { type Coarseness, exactly } from "../matching/candidateSearch.ts";
import { coarsenMoney, coarsenParty, quantityStep } from "../matching/coarseParty.ts";
import type { Party } from "../matching/party.ts";
import type { Sight } from "../stores/records/sight.ts";
import type { SightedParty } from "../stores/spatial/candidates.ts";
import type { RequestContext } from "./context.ts";

/** Who stands behind a flow of another organization, as far as the caller may know. */
export type Counterpart = {
  /** Null until a match of the two is of interest to both. */
  organizationId: OrganizationId | null;
  /** The same for the same organization in all that one caller sees, and another for every caller; null for one that is known. */
  pseudonym: string | null;
  /** The H3 cell of resolution 7 in which the flow's site lies, and its centre; null where the place itself is known. */
  cell: string | null;
  position: Position | null;
  industry: NaceDivisionOrSection | null;
};

/** A party as the caller's side may know it: what the engine is given is all that an answer can tell. */
export function partyFor(actor: Actor, party: SightedParty): Party {
  if (actor.kind === "operator" || actor.organizationId === party.organizationId) return party;
  return party.sight.isOpen
    ? coarsenMoney(party, { showsPrice: party.sight.isPublic })
    : coarsenParty(party, party.sight.cell);
}

/**
 * A party as everybody may know it. What leads to records that both sides can see, such as whether a pair is suggested at
 * all, is decided on this, or each side could find out from it what it does not know of the other.
 */
export function partyForAnyone(party: SightedParty): Party {
  return party.sight.isPublic ? coarsenMoney(party, { showsPrice: true }) : coarsenParty(party, party.sight.cell);
}

/**
 * How much farther than a search reaches a candidate's true place can be, and how much more it can have left, so that none
 * is left out for what is hidden of it.
 */
export function coarsenessFor(actor: Actor | null, subject: Party): Coarseness {
  if (actor?.kind === "operator") return exactly;
  return { slackMeters: 2 * maximumCellRadiusMeters + subject.site.radiusMeters, quantityFactor: quantityStep };
}

/** Whether the caller sees a pair with this counterpart in steps only. */
export function isHiddenFrom(actor: Actor, counterpart: SightedParty): boolean {
  return actor.kind !== "operator" && actor.organizationId !== counterpart.organizationId && !counterpart.sight.isOpen;
}

/** Who stands behind a flow, for the caller. */
export function describeCounterpart(
  { actor, services }: Pick<RequestContext, "actor" | "services">,
  organizationId: OrganizationId,
  { isOpen, cell, industry }: Sight,
): Counterpart {
  if (actor.kind === "operator" || actor.organizationId === organizationId || isOpen)
    return { organizationId, pseudonym: null, cell: null, position: null, industry };
  const pseudonym = services.pseudonymOf(actor.organizationId, organizationId);
  return { organizationId: null, pseudonym, cell: cell.id, position: cell.center, industry };
}
