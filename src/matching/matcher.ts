import { isSupply } from "../domain/flow.ts";
import type { Taxonomy } from "../domain/taxonomy.ts";
import { createBest, type RankKey } from "./best.ts";
import type { CandidateSearch } from "./candidateSearch.ts";
import { encodeParties } from "./encodeParties.ts";
import type { Evaluation } from "./evaluation.ts";
import { explainEvaluation } from "./explain/evaluation.ts";
import { createInterner } from "./interner.ts";
import { evaluatePair, everything, match, nearMiss, onlyMatches, onlyNearMisses } from "./kernel.ts";
import { at, createPair } from "./pair.ts";
import type { Party } from "./party.ts";
import { compileRules, type Rules } from "./rules.ts";
import { describeSearch } from "./searchCandidates.ts";
import type { MatchingTables } from "./tables.ts";

/** A counterpart with the pair's evaluation. */
export type RankedPair = { party: Party; evaluation: Evaluation };

export type RankOptions = {
  limit: number;
  /** Pairs under this score are left out; 0 where not stated. */
  minScore?: number;
  /** The score by which a pair is ranked and held against `minScore`, as its reader is shown it; the score itself where absent. */
  showScore?: (counterpart: Party, score: number) => number;
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

/** The engine; compiling the taxonomy and tables is done once for the same two objects. */
export function createMatcher({ taxonomy, tables, asOf }: MatcherOptions): Matcher {
  const rules = compileRules(taxonomy, tables);
  const createBestMatches = (subject: Party, options: RankOptions): BestMatches => {
    const ranking = createRanking(rules, asOf, subject, match, options);
    return {
      add: ranking.add,
      isFull: ranking.isFull,
      scoreToBeat: ranking.scoreToBeat,
      results: ranking.results,
    };
  };
  return {
    evaluate: (output, input) => createEvaluator(rules, asOf)(output, input),
    createBestMatches,
    rank(subject, candidates, options) {
      const best = createBestMatches(subject, options);
      best.add(candidates);
      return best.results();
    },
    nearMisses(subject, candidates, { limit }) {
      const ranking = createRanking(rules, asOf, subject, nearMiss, { limit });
      ranking.add(candidates);
      return ranking.results();
    },
    search(subject) {
      const interner = createInterner(rules, asOf);
      return describeSearch(subject, encodeParties([subject], rules, interner), rules, interner);
    },
  };
}

/** One pair after the other in full. What is interned lives as long as the function, so it is made for one job. */
function createEvaluator(rules: Rules, asOf: Date) {
  const interner = createInterner(rules, asOf);
  const pair = createPair(rules, interner);
  return (output: Party, input: Party): Evaluation => {
    const outputColumns = encodeParties([output], rules, interner);
    const inputColumns = encodeParties([input], rules, interner);
    const verdict = evaluatePair(pair, outputColumns, 0, inputColumns, 0, everything);
    return explainEvaluation({ pair, output, input, outputColumns, i: 0, inputColumns, j: 0 }, verdict);
  };
}

/** Ranks the pairs of one verdict by the kernel's figures, and explains only those that are asked for in the end. */
function createRanking(
  rules: Rules,
  asOf: Date,
  subject: Party,
  wanted: number,
  { limit, minScore = 0, showScore = (_, score) => score }: RankOptions,
) {
  const interner = createInterner(rules, asOf);
  const pair = createPair(rules, interner);
  const own = encodeParties([subject], rules, interner);
  const isSubjectSupply = isSupply(subject.flow.direction);
  const asked = wanted === match ? onlyMatches : onlyNearMisses;
  const best = createBest<RankKey & { party: Party }>(limit);
  return {
    add(candidates: readonly Party[]) {
      const counterparts = candidates.filter(({ flow }) => isSupply(flow.direction) !== isSubjectSupply);
      const columns = encodeParties(counterparts, rules, interner);
      for (const [row, party] of counterparts.entries()) {
        const verdict = isSubjectSupply
          ? evaluatePair(pair, own, 0, columns, row, asked)
          : evaluatePair(pair, columns, row, own, 0, asked);
        if (verdict !== wanted) continue;
        const score = showScore(party, pair.figures[at.score + 1]!);
        if (score < minScore) continue;
        const joint = pair.figures[at.joint + 1]!;
        best.add({ score, joint, distanceMeters: pair.figures[at.distanceMeters]!, id: party.flowId, party });
      }
    },
    isFull: best.isFull,
    scoreToBeat: () => (best.isFull() ? Math.max(minScore, best.worst()?.score ?? minScore) : minScore),
    results(): RankedPair[] {
      const evaluate = createEvaluator(rules, asOf);
      return best.sorted().map(({ party }) => ({
        party,
        evaluation: isSubjectSupply ? evaluate(subject, party) : evaluate(party, subject),
      }));
    },
  };
}
