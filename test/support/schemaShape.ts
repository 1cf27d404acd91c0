import { readdirSync } from "node:fs";
import { join } from "node:path";
import { is, SQL } from "drizzle-orm";
import { getTableConfig, type IndexColumn, PgDialect, PgTable } from "drizzle-orm/pg-core";
import type { StoresUnderTest } from "./storesUnderTest.ts";

/** A schema as sentences, such as `flows.grade: text not null`: two schemas are equal when their sentences are. */
export type SchemaShape = Set<string>;

const dialect = new PgDialect();
const schemaFolder = join(import.meta.dirname, "../../src/stores/postgres/schema");

/** What every table exported from the schema folder says. */
export async function readDeclaredShape(): Promise<SchemaShape> {
  const modules = readdirSync(schemaFolder).map((file) => import(join(schemaFolder, file)));
  const exported = (await Promise.all(modules)).flatMap((module) => Object.values(module));
  return new Set(exported.filter((value) => is(value, PgTable)).flatMap(describeTable));
}

function describeTable(table: PgTable): string[] {
  const { name, columns, primaryKeys, uniqueConstraints, foreignKeys, indexes } = getTableConfig(table);
  const inlineKey = columns.filter((column) => column.primary);
  return [
    `table ${name}`,
    ...columns.map((column) =>
      describeColumn({
        table: name,
        name: column.name,
        type: column.getSQLType(),
        isRequired: column.notNull,
        fallback: column.default === undefined ? null : expressionText(column.default),
        generated: column.generated ? expressionText(column.generated.as) : null,
        identity: column.generatedIdentity?.type ?? null,
      }),
    ),
    ...(inlineKey.length > 0 ? [describeKey("primary key", name, `${name}_pkey`, names(inlineKey))] : []),
    ...primaryKeys.map((key) => describeKey("primary key", name, key.getName(), names(key.columns))),
    ...uniqueConstraints.map((key) => describeKey("unique", name, key.getName() ?? "", names(key.columns))),
    ...foreignKeys.map((key) => {
      const { columns: own, foreignColumns, foreignTable } = key.reference();
      const target = `${getTableConfig(foreignTable).name} (${names(foreignColumns)})`;
      return describeKey("foreign key", name, key.getName(), `${names(own)} -> ${target}`);
    }),
    ...indexes.map(({ config }) =>
      describeIndex({
        table: name,
        name: config.name ?? "",
        method: config.method ?? "btree",
        isUnique: config.unique,
        parts: config.columns.map((part) =>
          is(part, SQL) ? expressionText(part) : ((part as IndexColumn).name ?? ""),
        ),
        where: config.where ? expressionText(config.where) : null,
      }),
    ),
  ];
}

/** What the database has in its schema `public`, without the journal of migrations and what extensions brought. */
export async function readMigratedShape({ run }: Pick<StoresUnderTest, "run">): Promise<SchemaShape> {
  const tables = `SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND c.relname <> 'turash_migrations' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`;
  const columns =
    await run(`SELECT t.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
      CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS fallback, CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
      CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'byDefault' END AS identity
    FROM (${tables}) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum`);
  const columnList = (relation: string, numbers: string) =>
    `(SELECT string_agg(a.attname, ', ' ORDER BY k.place) FROM unnest(${numbers}) WITH ORDINALITY AS k (number, place)
      JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.number)`;
  const keys =
    await run(`SELECT t.relname AS table, c.conname AS name, c.contype AS type, ${columnList("c.conrelid", "c.conkey")} AS columns,
      f.relname AS target, ${columnList("c.confrelid", "c.confkey")} AS target_columns
    FROM (${tables}) t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype IN ('p', 'u', 'f') LEFT JOIN pg_class f ON f.oid = c.confrelid`);
  const indexes =
    await run(`SELECT t.relname AS table, r.relname AS name, m.amname AS method, i.indisunique AS is_unique,
      (SELECT jsonb_agg(pg_get_indexdef(i.indexrelid, n, true) ORDER BY n) FROM generate_series(1, i.indnkeyatts) n) AS parts,
      pg_get_expr(i.indpred, i.indrelid) AS where
    FROM (${tables}) t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class r ON r.oid = i.indexrelid JOIN pg_am m ON m.oid = r.relam
    WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u', 'x'))`);
  const kinds: Record<string, string> = { p: "primary key", u: "unique", f: "foreign key" };
  return new Set([
    ...(await run(tables)).map((row) => `table ${row.relname}`),
    ...columns.map((row) =>
      describeColumn({
        table: row.table!,
        name: row.name!,
        type: row.type!,
        isRequired: row.required === "t",
        fallback: row.fallback ?? null,
        generated: row.generated ?? null,
        identity: row.identity ?? null,
      }),
    ),
    ...keys.map((row) =>
      describeKey(
        kinds[row.type!]!,
        row.table!,
        row.name!,
        row.type === "f" ? `${row.columns} -> ${row.target} (${row.target_columns})` : row.columns!,
      ),
    ),
    ...indexes.map((row) =>
      describeIndex({
        table: row.table!,
        name: row.name!,
        method: row.method!,
        isUnique: row.is_unique === "t",
        parts: JSON.parse(row.parts!),
        where: row.where ?? null,
      }),
    ),
  ]);
}

/** Sentences that only one of the two has, sorted, each with the side that has it. */
export function differences(declared: SchemaShape, migrated: SchemaShape): string[] {
  const only = (side: string, one: SchemaShape, other: SchemaShape) =>
    [...one].filter((sentence) => !other.has(sentence)).map((sentence) => `${sentence} -- only ${side}`);
  return [...only("declared", declared, migrated), ...only("migrated", migrated, declared)].sort();
}

type Column = {
  table: string;
  name: string;
  type: string;
  isRequired: boolean;
  fallback: string | null;
  generated: string | null;
  identity: string | null;
};

function describeColumn({ table, name, type, isRequired, fallback, generated, identity }: Column): string {
  return [
    `${table}.${name}: ${type}`,
    isRequired ? "not null" : "",
    fallback === null ? "" : `default ${plain(fallback)}`,
    generated === null ? "" : `generated as ${plain(generated)}`,
    identity === null ? "" : `identity ${identity}`,
  ]
    .filter(Boolean)
    .join(" ");
}

function describeKey(kind: string, table: string, name: string, what: string): string {
  return `${kind} ${name} of ${table}: ${what}`;
}

type Index = {
  table: string;
  name: string;
  method: string;
  isUnique: boolean;
  parts: string[];
  where: string | null;
};

function describeIndex({ table, name, method, isUnique, parts, where }: Index): string {
  const condition = where === null ? "" : ` where ${plain(where)}`;
  return `${isUnique ? "unique " : ""}index ${name} of ${table}: ${method} (${parts.map(plain).join(", ")})${condition}`;
}

function names(columns: readonly { name: string }[]): string {
  return columns.map(({ name }) => name).join(", ");
}

function expressionText(expression: unknown): string {
  const value = typeof expression === "function" ? expression() : expression;
  return is(value, SQL) ? dialect.sqlToQuery(value.inlineParams()).sql : String(value);
}

/** An expression without what PostgreSQL adds when it prints one: parentheses, casts of literals, quotes around names. */
function plain(expression: string): string {
  return expression
    .replace(/= ANY \(+ARRAY\[([^\]]*)\]\)*/g, "IN ($1)")
    .replace(/[()"]/g, " ")
    .replace(/\s*(::|->>)\s*/g, "$1")
    .replace(/::text(\[\])?|(?<=\d)::double precision/g, "")
    .replace(/\s+([,)])/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
