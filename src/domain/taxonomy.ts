import type { Kind } from "./flow.ts";
import type { EwcEntry, Grade, Substitution } from "./reference/types.ts";

/**
 * How an output's grade stands to an input's:
 * - `same`; `special`: the output is a finer grade of what the input asks for;
 * - `substitution`: the taxonomy states that it may stand in, as good as `factor` of the input's own grade;
 * - `ancestor`: the output is stated more coarsely than the input asks, so whether it fits is not known;
 * - `unspecified`: the input names only a kind whose grades do not stand in for each other, so neither is that;
 * - `none`.
 */
export type GradeRelation =
  | { kind: "same" | "special" | "ancestor" | "unspecified"; factor: 1 }
  | { kind: "substitution"; factor: number; note: string }
  | { kind: "none"; factor: 0 };

export type Taxonomy = {
  readonly grades: readonly Grade[];
  /** Null for a slug that does not exist. */
  findGrade(slug: string): Grade | null;
  /** The grade itself first, the kind's root last; empty for a slug that does not exist. */
  ancestorsOf(slug: string): readonly string[];
  /** The grade itself first. */
  descendantsOf(slug: string): readonly string[];
  relate(outputGrade: string, inputGrade: string): GradeRelation;
  /** Every grade that relates to the subject's, for candidates: `none` is left out. */
  relatedGrades(slug: string, subjectIsInput: boolean): readonly { grade: string; relation: GradeRelation }[];
  findEwc(code: string): EwcEntry | null;
};

export type TaxonomyData = {
  grades: readonly Grade[];
  substitutions: readonly Substitution[];
  ewc: readonly EwcEntry[];
};

/** Kinds whose quality says all there is to say, so that a need for the kind takes any of its grades. */
const kindsAlike = new Set<Kind>(["heat", "steam", "electricity", "co2"]);

const none: GradeRelation = { kind: "none", factor: 0 };

/**
 * Look-ups over grades, substitution rules and the European List of Waste.
 * @throws TypeError for a grade that is stated twice, has a parent that does not exist, or descends from itself.
 */
export function createTaxonomy({ grades, substitutions, ewc }: TaxonomyData): Taxonomy {
  const bySlug = new Map(grades.map((grade) => [grade.slug, grade]));
  if (bySlug.size !== grades.length) throw new TypeError("a grade is stated twice");
  const ancestors = new Map(grades.map((grade) => [grade.slug, listAncestors(grade, bySlug)]));
  const descendants = new Map<string, string[]>(grades.map((grade) => [grade.slug, [grade.slug]]));
  for (const [slug, chain] of ancestors) for (const ancestor of chain.slice(1)) descendants.get(ancestor)!.push(slug);
  const ewcByCode = new Map(ewc.map((entry) => [entry.code, entry]));
  const substitutionsByOutput = Map.groupBy(substitutions, ({ output }) => output);
  const related = new Map<string, readonly { grade: string; relation: GradeRelation }[]>();

  function relate(output: string, input: string): GradeRelation {
    if (!bySlug.has(output) || !bySlug.has(input)) return none;
    if (output === input) return { kind: "same", factor: 1 };
    if (ancestors.get(output)!.includes(input)) {
      const { parent, kind } = bySlug.get(input)!;
      return { kind: parent === null && !kindsAlike.has(kind) ? "unspecified" : "special", factor: 1 };
    }
    return findSubstitution(output, input) ?? (ancestors.get(input)!.includes(output) ? ancestorRelation : none);
  }

  /**
   * A rule holds for what is finer than its output, and for needs that are wider than its input. One for the output's own
   * grade goes before its ancestors'; among equals the best counts.
   */
  function findSubstitution(output: string, input: string): GradeRelation | null {
    for (const ancestor of ancestors.get(output)!) {
      let best: Substitution | null = null;
      for (const rule of substitutionsByOutput.get(ancestor) ?? []) {
        const isFor = ancestors.get(rule.input)?.includes(input) ?? false;
        if (isFor && (best === null || rule.qualityFactor > best.qualityFactor)) best = rule;
      }
      if (best !== null) return { kind: "substitution", factor: best.qualityFactor, note: best.note };
    }
    return null;
  }

  return {
    grades,
    findGrade: (slug) => bySlug.get(slug) ?? null,
    ancestorsOf: (slug) => ancestors.get(slug) ?? [],
    descendantsOf: (slug) => descendants.get(slug) ?? [],
    relate,
    relatedGrades(slug, subjectIsInput) {
      const key = `${subjectIsInput} ${slug}`;
      const known = related.get(key);
      if (known) return known;
      const list = grades.flatMap(({ slug: other }) => {
        const relation = subjectIsInput ? relate(other, slug) : relate(slug, other);
        return relation.kind === "none" ? [] : [{ grade: other, relation }];
      });
      related.set(key, list);
      return list;
    },
    findEwc: (code) => ewcByCode.get(code) ?? null,
  };
}

const ancestorRelation: GradeRelation = { kind: "ancestor", factor: 1 };

function listAncestors(grade: Grade, bySlug: ReadonlyMap<string, Grade>): readonly string[] {
  const chain = [grade.slug];
  for (let parent = grade.parent; parent !== null; ) {
    const next = bySlug.get(parent);
    if (!next) throw new TypeError(`grade ${grade.slug} has the unknown ancestor ${parent}`);
    if (chain.includes(parent)) throw new TypeError(`grade ${grade.slug} descends from itself`);
    chain.push(parent);
    parent = next.parent;
  }
  return chain;
}

/** Whether two codes of the Harmonized System are equal at the level both declare (4, 6, 8 or 10 digits). */
export function haveEqualHs(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return false;
  return one.startsWith(other) || other.startsWith(one);
}
