/** A file's text by its path. */
export type SourceFile = { path: string; text: string };

/** `path: name` of the declarations that may write outside a change, with why. */
export type Exemptions = Record<string, string>;

/** Statements that change rows, by their first words, and calls of what builds one from a table. */
const writing = /\b(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE|UPDATE\s+\S+\s+(?:AS\s+\w+\s+)?SET)\b/gi;

/**
 * Statements that change rows and are not part of a change: `path: declaration: statement`. One is part of a change when
 * it stands in the `write:` or `alongside:` of an `applyChange(...)`, or in a declaration that is used nowhere else but there and
 * in others of its kind.
 */
export function findStrayWrites(files: readonly SourceFile[], exemptions: Exemptions = {}): string[] {
  const sources = files.map(({ path, text }) => {
    const code = withoutComments(text);
    return { path, code, changes: findChangeParts(code) };
  });
  const answers = new Map<string, boolean>();
  const isUsedInChangesOnly = (name: string): boolean => {
    const known = answers.get(name);
    if (known !== undefined) return known;
    // Until it is known: what only uses itself is used by no change.
    answers.set(name, false);
    const uses = sources.flatMap(({ code, changes }) =>
      findAll(code, new RegExp(`(?<!(?:function|const|async)\\s+)\\b${name}\\b(?!\\s*:)`, "g"))
        .filter(({ index }) => !isImport(code, index))
        .map(({ index }) => isWithin(changes, index) || isUsedInChangesOnly(findDeclaration(code, index))),
    );
    const answer = uses.length > 0 && uses.every(Boolean);
    answers.set(name, answer);
    return answer;
  };
  return sources.flatMap(({ path, code, changes }) =>
    findAll(code, writing)
      .filter(({ index }) => !isWithin(changes, index))
      .map(({ index, text }) => ({ name: findDeclaration(code, index), statement: text.replace(/\s+/g, " ") }))
      .filter(({ name }) => !(`${path}: ${name}` in exemptions) && !isUsedInChangesOnly(name))
      .map(({ name, statement }) => `${path}: ${name}: ${statement}`),
  );
}

type Range = { from: number; to: number };

function isWithin(ranges: readonly Range[], index: number): boolean {
  return ranges.some(({ from, to }) => from <= index && index < to);
}

function findAll(text: string, pattern: RegExp): { index: number; text: string }[] {
  return Array.from(text.matchAll(pattern), (match) => ({ index: match.index, text: match[0] }));
}

/** The name of the last declaration at the margin before a place. */
function findDeclaration(code: string, index: number): string {
  const declarations = code.slice(0, index).matchAll(/^(?:export )?(?:async )?(?:function|const|let) (\w+)/gm);
  return Array.from(declarations).at(-1)?.[1] ?? "the file";
}

/** The values of `write:` and `alongside:` in each call of `applyChange`. */
function findChangeParts(code: string): Range[] {
  return findAll(code, /\bapplyChange\b(?:<[^(]*>)?\(/g).flatMap(({ index, text }) => {
    const from = index + text.length;
    const call = { from, to: findEnd(code, from, false) };
    return findAll(code.slice(call.from, call.to), /\b(?:write|alongside):/g).map((part) => {
      const begin = from + part.index + part.text.length;
      return { from: begin, to: findEnd(code, begin, true) };
    });
  });
}

/** Where the expression that begins at `from` ends: at a bracket that closes none of its own or, if asked, at a comma. */
function findEnd(code: string, from: number, endsAtComma: boolean): number {
  let depth = 0;
  for (let index = from; index < code.length; index++) {
    const character = code[index]!;
    if (character === "`") index = findTemplateEnd(code, index + 1);
    else if (character === '"' || character === "'") index = code.indexOf(character, index + 1);
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character) && depth-- === 0) return index;
    else if (character === "," && depth === 0 && endsAtComma) return index;
  }
  return code.length;
}

/** The closing backtick of a template, past the expressions in it. */
function findTemplateEnd(code: string, from: number): number {
  for (let index = from; index < code.length; index++) {
    if (code[index] === "\\") index++;
    else if (code[index] === "`") return index;
    else if (code.startsWith("${", index)) index = findEnd(code, index + 2, false);
  }
  return code.length;
}

function isImport(code: string, index: number): boolean {
  const statement = code.slice(code.lastIndexOf(";", index) + 1, index);
  return /^\s*import\b/.test(statement);
}

/** Comments blanked out, every other character where it was. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, " "));
}
