import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { neon, neonConfig } from "@neondatabase/serverless";
import type { EwcEdition, Grade, Substitution } from "../src/domain/reference/types.ts";

const referenceFolder = resolve(import.meta.dirname, "../src/domain/reference");

/**
 * Brings the taxonomy of the database to what the reference files say: grades, substitution rules and every edition of the
 * European list of waste. Idempotent and one transaction; what the files no longer name stays, for flows may use it.
 */
export async function seedTaxonomy(database: {
  connectionString: string;
  fetchEndpoint?: string | undefined;
}): Promise<{ grades: number; substitutions: number; ewc: number }> {
  if (database.fetchEndpoint) neonConfig.fetchEndpoint = database.fetchEndpoint;
  const query = neon(database.connectionString);
  const grades = await readReference<Grade[]>("grades.json");
  const substitutions = await readReference<Substitution[]>("substitutions.json");
  const edition = await readReference<EwcEdition>("ewc.json");
  const ewc = edition.entries.map((entry) => ({
    ...entry,
    edition: edition.edition,
    appliesFrom: edition.appliesFrom,
    chapter: edition.chapters[entry.code.slice(0, 2)] ?? "",
    subChapter: edition.subChapters[entry.code.slice(0, 4)] ?? "",
  }));
  await query.transaction([
    query`INSERT INTO grades (slug, kind, parent, name, content)
      SELECT g ->> 'slug', g ->> 'kind', g ->> 'parent', g ->> 'name', g - '{slug,kind,parent,name}'::text[] FROM jsonb_array_elements(${JSON.stringify(grades)}::jsonb) AS g
      ON CONFLICT (slug) DO UPDATE SET kind = excluded.kind, parent = excluded.parent, name = excluded.name, content = excluded.content
      WHERE (grades.kind, grades.parent, grades.name, grades.content) IS DISTINCT FROM (excluded.kind, excluded.parent, excluded.name, excluded.content)`,
    query`INSERT INTO substitutions (output, input, quality_factor, content)
      SELECT s ->> 'output', s ->> 'input', (s ->> 'qualityFactor')::double precision, s - '{output,input,qualityFactor}'::text[]
      FROM jsonb_array_elements(${JSON.stringify(substitutions)}::jsonb) AS s
      ON CONFLICT (output, input) DO UPDATE SET quality_factor = excluded.quality_factor, content = excluded.content
      WHERE (substitutions.quality_factor, substitutions.content) IS DISTINCT FROM (excluded.quality_factor, excluded.content)`,
    query`INSERT INTO ewc_codes (code) SELECT e ->> 'code' FROM jsonb_array_elements(${JSON.stringify(ewc)}::jsonb) AS e ON CONFLICT DO NOTHING`,
    query`INSERT INTO ewc_entries (code, applies_from, edition, entry, chapter, sub_chapter, description, mirror_codes)
      SELECT e ->> 'code', (e ->> 'appliesFrom')::date, e ->> 'edition', e ->> 'entry', e ->> 'chapter', e ->> 'subChapter', e ->> 'description',
        ARRAY(SELECT jsonb_array_elements_text(e -> 'mirrors'))
      FROM jsonb_array_elements(${JSON.stringify(ewc)}::jsonb) AS e
      ON CONFLICT (code, applies_from) DO UPDATE SET edition = excluded.edition, entry = excluded.entry, chapter = excluded.chapter,
        sub_chapter = excluded.sub_chapter, description = excluded.description, mirror_codes = excluded.mirror_codes
      WHERE (ewc_entries.entry, ewc_entries.description, ewc_entries.mirror_codes) IS DISTINCT FROM (excluded.entry, excluded.description, excluded.mirror_codes)`,
  ]);
  return { grades: grades.length, substitutions: substitutions.length, ewc: ewc.length };
}

async function readReference<Content>(name: string): Promise<Content> {
  return JSON.parse(await readFile(join(referenceFolder, name), "utf8")) as Content;
}
