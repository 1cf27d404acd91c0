import type { MemberActor } from "../../domain/actor.ts";
import type { MatchId } from "../../domain/ids.ts";
import type { AcceptedOffer, AgreementOutcome, RoomEntry, RoomFacts } from "../../domain/roomFacts.ts";

/**
 * What a room asks and tells the records. All can be called again for whoever did not get the answer; each throws where it is not
 * known what became of it.
 */
export type RoomRecords = {
  /** Null for a match that is gone. */
  readFacts(matchId: MatchId): Promise<RoomFacts | null>;
  /** The match is being bargained over; without effect where it is already, or its round is over. */
  negotiate(actor: MemberActor, matchId: MatchId, round: number): Promise<void>;
  agree(accepted: AcceptedOffer): Promise<AgreementOutcome>;
  /** The round is over without an agreement; `actor` is null where nobody has closed it. Likewise. */
  end(
    actor: MemberActor | null,
    matchId: MatchId,
    round: number,
    by: "decline" | "expire",
    reason: string,
  ): Promise<void>;
  /** Who a credential speaks for now, and on which side; null where it may not be here any more. */
  verify(actor: MemberActor, matchId: MatchId): Promise<Verified | null>;
};

export type Verified = { actor: MemberActor } & Pick<RoomEntry, "side" | "endsAt">;

export type OpenRecords = (env: object, waitUntil: (work: Promise<unknown>) => void) => RoomRecords;
