import { haveEqualHs } from "../../domain/taxonomy.ts";
import type { Columns } from "../columns.ts";
import { at, type Pair } from "../pair.ts";
import { relatePair, relationCodes } from "../rules.ts";
import { fail, pass, unknown } from "../verdictCodes.ts";

/**
 * Same or finer grade, equal EWC or HS at the level both declare, or a substitution that the taxonomy states pass; a
 * coarser grade than is asked for is `unknown`.
 */
export function decideResource(pair: Pair, output: Columns, i: number, input: Columns, j: number): number {
  const { figures, rules } = pair;
  const isEqualByCode =
    (output.ewc[i]! >= 0 && output.ewc[i] === input.ewc[j]) || haveEqualHs(output.hs[i]!, input.hs[j]!);
  const outputGrade = output.grade[i]!;
  const inputGrade = input.grade[j]!;
  const hasGrades = outputGrade >= 0 && inputGrade >= 0;
  const cell = hasGrades ? relatePair(rules, outputGrade, inputGrade) : -1;
  const relation = hasGrades ? rules.relation[cell]! : relationCodes.none;
  figures[at.relation] = relation;
  figures[at.isEqualByCode] = isEqualByCode ? 1 : 0;
  figures[at.qualityFactor] = isEqualByCode ? 1 : hasGrades ? rules.relationFactor[cell]! : 0;
  figures[at.approachKelvin] = hasGrades && rules.isHeat[inputGrade] === 1 ? rules.approachKelvin[cell]! : 0;
  if (isEqualByCode) return pass;
  if (relation === relationCodes.none) return fail;
  return relation === relationCodes.ancestor || relation === relationCodes.unspecified ? unknown : pass;
}
