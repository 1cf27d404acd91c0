import { sql } from "drizzle-orm";
import type { EwcEntry, Grade, Substitution } from "../../domain/reference/types.ts";
import { createTaxonomy, type Taxonomy } from "../../domain/taxonomy.ts";
import type { Database } from "../postgres/client.ts";
import { ewcEntries, grades, substitutions } from "../postgres/schema/taxonomy.ts";
import { tagVersion } from "./cacheTags.ts";

/** A code of the European list of waste with the text around it. */
export type EwcText = EwcEntry & {
  hazardous: boolean;
  chapter: string;
  subChapter: string;
  edition: string;
  appliesFrom: string;
};

/** The taxonomy as it stands in the database, ready to be asked. */
export type StoredTaxonomy = Taxonomy & {
  readonly substitutions: readonly Substitution[];
  readonly ewcTexts: readonly EwcText[];
  readonly edition: string;
  /** The version of its cache tag. */
  readonly version: string;
};

/** Reads the whole taxonomy in one round trip: the edition of the list of waste that applies on `day` (ISO date). */
export async function readTaxonomy(database: Database, day: string): Promise<StoredTaxonomy> {
  const [row] = await database.query<{
    grades: Grade[] | null;
    substitutions: Substitution[] | null;
    ewc: EwcText[] | null;
    version: string;
  }>(sql`
    SELECT
      (SELECT jsonb_agg(content || jsonb_build_object('slug', slug, 'kind', kind, 'parent', parent, 'name', name) ORDER BY kind, slug) FROM ${grades}) AS grades,
      (SELECT jsonb_agg(content || jsonb_build_object('output', output, 'input', input, 'qualityFactor', quality_factor) ORDER BY output, input)
        FROM ${substitutions}) AS substitutions,
      (SELECT jsonb_agg(jsonb_build_object('code', code, 'entry', entry, 'hazardous', hazardous, 'description', description, 'mirrors', mirror_codes,
          'chapter', chapter, 'subChapter', sub_chapter, 'edition', edition, 'appliesFrom', applies_from) ORDER BY code)
        FROM (SELECT DISTINCT ON (code) * FROM ${ewcEntries} WHERE applies_from <= ${day}::date ORDER BY code, applies_from DESC) AS current) AS ewc,
      ${tagVersion("taxonomy")} AS version`);
  const rules = row?.substitutions ?? [];
  const ewcTexts = row?.ewc ?? [];
  return {
    ...createTaxonomy({ grades: row?.grades ?? [], substitutions: rules, ewc: ewcTexts }),
    substitutions: rules,
    ewcTexts,
    edition: editionOf(row?.version ?? "0", day),
    version: row?.version ?? "0",
  };
}

/** What tells one state of the taxonomy from another: the version of its cache tag, and the day that picks the list of waste. */
export function editionOf(version: string, day: string): string {
  return `${version}@${day}`;
}
