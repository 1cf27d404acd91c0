import type { Taxonomy } from "../domain/taxonomy.ts";
import type { CandidateSearch } from "./candidateSearch.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Party } from "./party.ts";
import type { MatchingTables } from "./tables.ts";

/** A counterpart with the pair's evaluation. */
export type RankedPair = { party: Party; evaluation: Evaluation };

export type RankOptions = {
  limit: number;
  /** Pairs under this score are left out; 0 where not stated. */
  minScore?: number;
};

/** The best matches of one subject over pages of candidates; exactly the best, whatever the order of the pages. */
export type BestMatches = {
  add(candidates: readonly Party[]): void;
  /** Whether `limit` matches have been found. */
  isFull(): boolean;
  /**
   * The score below which a further match cannot enter: a search by descending `scoreBound` may stop at the first
   * candidate whose bound is less (not equal: ties are decided by value, distance and id).
   */
  scoreToBeat(): number;
  /** Best first, explained. */
  results(): RankedPair[];
};

export type MatcherOptions = {
  taxonomy: Taxonomy;
  tables: MatchingTables;
  /** The start of the year over which hours are shared; one value for all that is to be compared. */
  asOf: Date;
};

/** The engine for one taxonomy, set of tables and year. Pure: no clock, no randomness, no I/O. */
export type Matcher = {
  /** One pair, every gate and every term, also when it fails. `output` is a supply (`output` or `shared`). */
  evaluate(output: Party, input: Party): Evaluation;
  /** Matches by score, then joint value, then distance, then id of the counterpart. Of the subject's own side are none. */
  rank(subject: Party, candidates: readonly Party[], options: RankOptions): RankedPair[];
  createBestMatches(subject: Party, options: RankOptions): BestMatches;
  /** Pairs that fail one gate narrowly, in the order of `rank`. */
  nearMisses(subject: Party, candidates: readonly Party[], options: { limit: number }): RankedPair[];
  /** What a store fetches for a subject; see `scoreBound` for the order of its pages. */
  search(subject: Party): CandidateSearch;
};
