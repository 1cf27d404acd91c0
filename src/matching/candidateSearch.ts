import type { Direction, PrecisionLevel, QuantityBasis } from "../domain/flow.ts";
import type { Position } from "../domain/geography.ts";
import type { FlowId, OrganizationId } from "../domain/ids.ts";
import type { GradeRelation } from "../domain/taxonomy.ts";

/** What a candidates query fetches for one subject. Every condition is necessary for a match, none is sufficient. */
export type CandidateSearch = {
  subject: { flowId: FlowId; organizationId: OrganizationId; position: Position };
  /** Of the counterparts: `["output", "shared"]` for an input, else `["input"]`. */
  directions: readonly Direction[];
  /**
   * Grades that a counterpart may have, with the most that the quality term can be for each. A counterpart of another
   * grade still qualifies by `ewc` or `hs`, with a quality of at most 1.
   */
  grades: readonly { grade: string; relation: GradeRelation["kind"]; qualityBound: number }[];
  /** A counterpart with this EWC code qualifies whatever its grade. */
  ewc: string | null;
  /**
   * A counterpart qualifies whose HS code starts with this or is the start of this:
   * `hs LIKE $1 || '%' OR $1 LIKE hs || '%'`.
   */
  hs: string | null;
  /** `dimension` column: dimension and what it is per. */
  dimensions: readonly string[];
  bases: readonly QuantityBasis[];
  /** The subject's own organization; its flows are left out unless `isAllowed` or the counterpart allows it itself. */
  ownOrganization: { id: OrganizationId; isAllowed: boolean };
  blockedOrganizationIds: readonly OrganizationId[];
  match: SearchLimits;
  /** The same, every limit widened by the near table. */
  near: SearchLimits;
  bound: BoundParameters;
};

export type SearchLimits = {
  /** For `ST_DWithin` on geography: the class limit or the subject's own, with allowance for sphere against spheroid. */
  radiusMeters: number;
  /** A counterpart shares at least one bit: `(months_mask & $1) <> 0`; null when any will do. */
  monthsMask: number | null;
  /**
   * `temperature_maximum_kelvin IS NULL OR temperature_maximum_kelvin >= $1`, and the minimum likewise; null when the
   * subject sets no such bound.
   */
  temperatureMaximumAtLeastKelvin: number | null;
  temperatureMinimumAtMostKelvin: number | null;
};

/** The constants of `scoreBound` for one subject. */
export type BoundParameters = {
  weights: { quality: number; quantity: number; temporal: number; proximity: number; economics: number; trust: number };
  subjectIsInput: boolean;
  /** `dimension` column of the subject where its amount is comparable (no recurring quantity), else null. */
  dimension: string | null;
  /** Canonical amount left of the subject. */
  remaining: number;
  /** UTC months in which the subject can be open. */
  monthsMask: number;
  /** Hours in the year that the subject is open, where it is an input on a yearly basis; else null. */
  needHours: number | null;
  /** The greatest distance limit that any counterpart can have. */
  limitMeters: number;
  /** What keeps the bound above the score whatever is rounded: see `scoreBound`. */
  allowances: { spheroid: number; rounding: number; hoursPerMonth: number };
  trust: {
    /** The subject's own trust, 0 to 1. */
    subject: number;
    /** Value of each precision level, and the parts that make up a side's trust (they sum to 1). */
    levels: Record<PrecisionLevel, number>;
    precisionShare: number;
    verifiedShare: number;
    exchangesShare: number;
    /** Completed exchanges at which half of that share is earned: n / (n + half). */
    exchangesAtHalf: number;
  };
};

/** What the bound reads of a counterpart: columns that the database has. */
export type BoundCandidate = {
  /** The most its grade allows; 1 for one that qualifies by a code. */
  qualityBound: number;
  /** Any of `ST_Distance(geography, geography)` on the spheroid or the sphere. */
  distanceMeters: number;
  dimension: string;
  basis: QuantityBasis;
  canonicalRemaining: number;
  monthsMask: number;
  precisionLevel: PrecisionLevel;
  verified: boolean;
  exchangesCompleted: number;
};

/**
 * How coarsely the searcher sees candidates. Their columns tell the true place and quantity, the engine is given what the
 * searcher may know: with these two nothing that could match is left out, and no bound is less than the score.
 */
export type Coarseness = {
  /**
   * A distance measured to the true place is at most this much more than the nearest that the engine takes it for: twice the
   * greatest radius of a candidate's cell (to its centre, and from there to any place in it), and the subject's own radius.
   */
  slackMeters: number;
  /** What is left by the columns and what the engine is told of it differ by this factor at the most, up or down. */
  quantityFactor: number;
};

/** Of who sees everything as it is. */
export const exactly: Coarseness = { slackMeters: 0, quantityFactor: 1 };
