import type { FlowId, MatchId, OrganizationId } from "./ids.ts";

export const matchStates = [
  "suggested",
  "viewed",
  "interested_one",
  "interested_both",
  "negotiating",
  "agreed",
  "declined",
  "expired",
  "withdrawn",
  "superseded",
] as const;
export type MatchState = (typeof matchStates)[number];

/**
 * How a gate of the engine judges a pair. `near`: fails by an amount small enough to be worth telling; `unknown`: one side did not
 * state what the other asks for; `uncertain`: passes at one end of the stated intervals and fails at the other.
 */
export const gateVerdicts = ["pass", "fail", "near", "unknown", "uncertain"] as const;
export type GateVerdict = (typeof gateVerdicts)[number];

export const matchMoves = [
  "view",
  "interest",
  "decline",
  "offer",
  "agree",
  "expire",
  "withdraw",
  "supersede",
  "resuggest",
  "reopen",
] as const;
export type MatchMove = (typeof matchMoves)[number];

export type MatchSide = "output" | "input";

const open: readonly MatchState[] = ["suggested", "viewed", "interested_one", "interested_both", "negotiating"];

/**
 * From which states each move starts and where it ends, as data: operations turn a row into one conditional UPDATE.
 * `interest` ends in `interested_both` when the other side has already shown it; interest in a match whose round has
 * ended (`declined`, `expired`) opens the next round. So does interest in one that is `agreed` once its exchange has ended, and
 * in one that is `withdrawn` because a flow was used up, once something of that remains. The engine
 * supersedes what nobody has acted on and no longer holds, and suggests it again, in the same round, when it does.
 */
export const matchTransitions: Record<MatchMove, { from: readonly MatchState[]; to: MatchState }> = {
  view: { from: ["suggested"], to: "viewed" },
  interest: { from: ["suggested", "viewed", "interested_one"], to: "interested_one" },
  decline: { from: open, to: "declined" },
  offer: { from: ["interested_both"], to: "negotiating" },
  agree: { from: ["negotiating"], to: "agreed" },
  expire: { from: open, to: "expired" },
  withdraw: { from: open, to: "withdrawn" },
  supersede: { from: ["suggested", "viewed"], to: "superseded" },
  resuggest: { from: ["superseded"], to: "suggested" },
  reopen: { from: ["declined", "expired"], to: "interested_one" },
};

/** In which a match is scored anew when what it was scored from has changed: all in which somebody may still act on it. */
export const rescoredStates = [...open, "agreed", "declined", "expired"] as const satisfies readonly MatchState[];

/** In which a facilitator can still bring two sides together: they do not know each other, and may come to. */
export const introducibleStates = [
  "suggested",
  "viewed",
  "interested_one",
  "declined",
  "expired",
] as const satisfies readonly MatchState[];

export type MatchHistoryEntry = {
  state: MatchState;
  round: number;
  /** RFC 3339 in UTC. */
  at: string;
  by: MatchSide | "engine" | "facilitator";
  reason: string | null;
};

/** The record of a pair that the engine suggested. */
export type MatchRecord = {
  id: MatchId;
  outputFlowId: FlowId;
  inputFlowId: FlowId;
  outputOrganizationId: OrganizationId;
  inputOrganizationId: OrganizationId;
  state: MatchState;
  round: number;
  interest: Record<MatchSide, boolean>;
  history: readonly MatchHistoryEntry[];
  version: number;
  createdAt: string;
  updatedAt: string;
};
