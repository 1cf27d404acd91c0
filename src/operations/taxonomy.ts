import { type Kind, kinds } from "../domain/flow.ts";
import type { Grade, Substitution } from "../domain/reference/types.ts";
import { searchUnits, type UnitEntry } from "../domain/unitSearch.ts";
import type { EwcText, StoredTaxonomy } from "../stores/records/taxonomy.ts";

/** Reference data for anyone: nothing here belongs to an organization, so no actor is asked for. */
export function listKinds(
  taxonomy: StoredTaxonomy,
): { kind: Kind; rootGrade: string; name: string; description: string; grades: number }[] {
  return kinds.map((kind) => {
    const root = taxonomy.findGrade(kind);
    return {
      kind,
      rootGrade: kind,
      name: root?.name ?? kind,
      description: root?.description ?? "",
      grades: taxonomy.grades.filter((grade) => grade.kind === kind).length,
    };
  });
}

export type GradeAnswer = Grade & { substitutes: Pick<Substitution, "output" | "qualityFactor" | "note">[] };

/** Grades of a kind, or those whose slug, name or description has every word of `question`, each with what may stand in for it. */
export function listGrades(
  taxonomy: StoredTaxonomy,
  { kind, question }: { kind?: Kind | undefined; question?: string | undefined },
): GradeAnswer[] {
  const words = wordsOf(question);
  return taxonomy.grades
    .filter(
      (grade) =>
        (kind === undefined || grade.kind === kind) && hasWords(words, grade.slug, grade.name, grade.description),
    )
    .map((grade) => ({
      ...grade,
      substitutes: taxonomy.substitutions
        .filter((rule) => rule.input === grade.slug)
        .map(({ output, qualityFactor, note }) => ({ output, qualityFactor, note })),
    }));
}

/** Codes of the European list of waste that start with `question`, or whose texts have every word of it. */
export function listEwc(
  taxonomy: StoredTaxonomy,
  { question, hazardous }: { question?: string | undefined; hazardous?: boolean | undefined },
): EwcText[] {
  const digits = question?.replaceAll(/[\s*]/g, "") ?? "";
  const words = wordsOf(question);
  return taxonomy.ewcTexts.filter(
    (entry) =>
      (hazardous === undefined || entry.hazardous === hazardous) &&
      (/^\d{2,6}$/.test(digits)
        ? entry.code.startsWith(digits)
        : hasWords(words, entry.code, entry.description, entry.subChapter, entry.chapter)),
  );
}

export function listUnits(question: string | undefined, limit: number): UnitEntry[] {
  return searchUnits(question ?? "", limit);
}

function wordsOf(question: string | undefined): string[] {
  return (question ?? "").toLowerCase().split(/\s+/).filter(Boolean);
}

function hasWords(words: readonly string[], ...texts: string[]): boolean {
  const text = texts.join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}
