import type { Grade } from "../domain/reference/types.ts";
import type { GradeRelation, Taxonomy } from "../domain/taxonomy.ts";
import { type Carriage, compileCarriages } from "./carriage.ts";
import { termNames } from "./evaluation.ts";
import { compileNearLimits, type NearLimits } from "./nearLimits.ts";
import type { MatchingTables } from "./tables.ts";

/** Codes of `GradeRelation` in the relation matrix. */
export const relationCodes = { none: 0, same: 1, special: 2, substitution: 3, ancestor: 4, unspecified: 5 } as const;

/** A taxonomy and tables as the kernel reads them: by index, with pairs of grades worked out once. */
export type Rules = {
  taxonomy: Taxonomy;
  tables: MatchingTables;
  gradeIndex: ReadonlyMap<string, number>;
  /** By output grade * gradeCount + input grade; see `relatePair`. */
  gradeCount: number;
  relation: Int8Array;
  relationFactor: Float64Array;
  approachKelvin: Float64Array;
  /** Of what is carried, by grade. */
  carriages: readonly Carriage[];
  limitMeters: Float64Array;
  largeLimitMeters: Float64Array;
  largeFromMegawatts: Float64Array;
  isHeat: Uint8Array;
  near: NearLimits;
  /** Weights in units of 2^-40, summing to 2^40, in the order of `termNames`. */
  weightUnits: Float64Array;
};

const known = new WeakMap<Taxonomy, WeakMap<MatchingTables, Rules>>();

/** The rules of a taxonomy and tables, compiled once for the same two objects. */
export function compileRules(taxonomy: Taxonomy, tables: MatchingTables): Rules {
  const before = known.get(taxonomy)?.get(tables);
  if (before) return before;
  const { grades } = taxonomy;
  const classOf = (grade: Grade) => tables.transport.classes[grade.transportClass];
  const carriages = compileCarriages(tables);
  const column = (figure: (grade: Grade) => number) => Float64Array.from(grades, figure);
  const rules: Rules = {
    taxonomy,
    tables,
    gradeIndex: new Map(grades.map(({ slug }, index) => [slug, index])),
    gradeCount: grades.length,
    relation: new Int8Array(grades.length ** 2).fill(-1),
    relationFactor: new Float64Array(grades.length ** 2),
    approachKelvin: new Float64Array(grades.length ** 2),
    carriages: grades.map((grade) => carriages[grade.transportClass]),
    limitMeters: column((grade) => classOf(grade).limitMeters),
    largeLimitMeters: column((grade) => classOf(grade).large?.limitMeters ?? classOf(grade).limitMeters),
    largeFromMegawatts: column((grade) => classOf(grade).large?.fromMegawatts ?? Number.POSITIVE_INFINITY),
    isHeat: Uint8Array.from(grades, ({ kind }) => (kind === "heat" ? 1 : 0)),
    near: compileNearLimits(tables),
    weightUnits: compileWeights(tables),
  };
  let ofTaxonomy = known.get(taxonomy);
  if (!ofTaxonomy) {
    ofTaxonomy = new WeakMap();
    known.set(taxonomy, ofTaxonomy);
  }
  ofTaxonomy.set(tables, rules);
  return rules;
}

/** The cell of two grades in the matrices, worked out at the first call. */
export function relatePair(rules: Rules, outputGrade: number, inputGrade: number): number {
  const cell = outputGrade * rules.gradeCount + inputGrade;
  if (rules.relation[cell]! >= 0) return cell;
  const { grades } = rules.taxonomy;
  const [output, input] = [grades[outputGrade]!, grades[inputGrade]!];
  const relation: GradeRelation = rules.taxonomy.relate(output.slug, input.slug);
  rules.relation[cell] = relationCodes[relation.kind];
  rules.relationFactor[cell] = relation.factor;
  rules.approachKelvin[cell] = findApproach(rules, output, input);
  return cell;
}

/** By the media on the two sides of the exchanger. */
function findApproach({ tables, taxonomy }: Rules, output: Grade, input: Grade): number {
  const { pairings, mediumByGrade, default: usual } = tables.approachTemperatures;
  const mediumOf = ({ slug }: Grade) =>
    taxonomy
      .ancestorsOf(slug)
      .map((grade) => mediumByGrade[grade])
      .find((medium) => medium !== undefined) ?? "liquid";
  const [from, to] = [mediumOf(output), mediumOf(input)];
  return pairings.find((pairing) => pairing.from === from && pairing.to === to)?.kelvin ?? usual.kelvin;
}

/** The greatest is given what rounding leaves over, so that the units sum to 2^40 and no score is over 1. */
function compileWeights({ scoring }: MatchingTables): Float64Array {
  const units = Float64Array.from(termNames, (term) => Math.round(scoring.weights[term] * scoreUnits));
  const rest = scoreUnits - units.reduce((sum, unit) => sum + unit, 0);
  const greatest = units.indexOf(Math.max(...units));
  units[greatest] = units[greatest]! + rest;
  return units;
}

/** Contributions are whole multiples of one of these parts of 1: any order of adding up gives the same score. */
export const scoreUnits = 2 ** 40;
