/**
 * Which room of src may import which: `domain <- matching <- operations <- {http, graphql, rpc, events, rooms} <- index`.
 * Stores implement ports over the domain and a driver, only services.ts puts them together, and no transport sees one.
 */

export type Import = { target: string; typeOnly: boolean; line: number };
export type ImportFault = { file: string; line: number; message: string };

type Room = {
  /** Rooms whose values it may import, besides itself. */
  imports: readonly string[];
  /** Rooms of which it may import types only (ports, and shapes handed through). */
  importsTypes?: readonly string[];
  /** Packages it may import, by name; every package where missing. */
  packages?: readonly string[];
};

const transport: Room = { imports: ["domain", "matching", "operations", "platform"] };
const purePackages = [
  "zod",
  "typeid-js",
  "rrule-temporal",
  "json-merge-patch",
  "rfc6902",
  "h3-js",
  "canonicalize",
  "@noble/hashes",
  "node:crypto",
];

/** By folder of src, or by file for those that lie directly in it. */
export const rooms: Readonly<Record<string, Room>> = {
  domain: { imports: [], packages: purePackages },
  matching: { imports: ["domain"], packages: ["zod"] },
  network: { imports: ["domain"], packages: ["tinyqueue"] },
  operations: { imports: ["domain", "matching", "network"], importsTypes: ["stores", "rooms"], packages: purePackages },
  stores: { imports: ["domain"], importsTypes: ["matching"] },
  platform: { imports: ["domain"], importsTypes: ["stores", "operations", "events"] },
  http: { imports: [...transport.imports, "rooms"], importsTypes: ["network"] },
  graphql: transport,
  rpc: transport,
  events: { ...transport, importsTypes: ["stores"] },
  rooms: { ...transport, importsTypes: ["stores"] },
  /** Runs elsewhere: whatever it imports must run in a browser. */
  client: { imports: ["domain", "rooms"], packages: [] },
  "env.ts": { imports: ["domain", "matching", "platform"], importsTypes: ["events", "rooms"] },
  "delivering.ts": { imports: ["domain", "events", "stores", "platform", "env.ts"] },
  "services.ts": {
    imports: ["domain", "matching", "operations", "stores", "platform", "events", "rooms", "env.ts", "delivering.ts"],
  },
  "request.ts": {
    imports: [
      "domain",
      "operations",
      "stores",
      "platform",
      "events",
      "env.ts",
      "services.ts",
      "background.ts",
      "liveRequest.ts",
    ],
  },
  "liveRequest.ts": {
    imports: ["domain", "operations", "stores", "platform", "env.ts", "services.ts"],
  },
  "ownContext.ts": { imports: ["domain", "operations", "stores", "platform", "env.ts", "services.ts"] },
  "roomRecords.ts": {
    imports: [
      "domain",
      "operations",
      "events",
      "rooms",
      "env.ts",
      "services.ts",
      "ownContext.ts",
      "background.ts",
      "liveRequest.ts",
    ],
  },
  "background.ts": {
    imports: [
      "domain",
      "matching",
      "operations",
      "stores",
      "platform",
      "events",
      "rooms",
      "env.ts",
      "services.ts",
      "ownContext.ts",
      "delivering.ts",
    ],
  },
  "app.ts": {
    imports: ["domain", "operations", "platform", "http", "graphql", "rpc", "events", "rooms", "env.ts", "services.ts"],
  },
  "index.ts": {
    imports: [
      "domain",
      "operations",
      "platform",
      "events",
      "rooms",
      "env.ts",
      "request.ts",
      "background.ts",
      "roomRecords.ts",
      "app.ts",
    ],
  },
};

const fromStatement = /^[ \t]*(?:import|export)\s+(type\s+)?([\w$\s{},*]*?)\s*from\s+["']([^"']+)["']/gm;
const bareStatement = /^[ \t]*import\s+["']([^"']+)["']/gm;
const dynamicImport = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Every import and re-export of a TypeScript source, with its line. Comments are not read. */
export function readImports(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "));
  const lineAt = (index: number) => code.slice(0, index).split("\n").length;
  const found: Import[] = [];
  for (const match of code.matchAll(fromStatement)) {
    const names = /^\{([\s\S]*)\}$/.exec(match[2]!.trim())?.[1]?.split(",");
    const listed = names?.map((name) => name.trim()).filter((name) => name !== "");
    const typeOnly = match[1] !== undefined || (!!listed?.length && listed.every((name) => name.startsWith("type ")));
    found.push({ target: match[3]!, typeOnly, line: lineAt(match.index + match[0].length) });
  }
  for (const pattern of [bareStatement, dynamicImport])
    for (const match of code.matchAll(pattern))
      if (!isCommentedOut(code, match.index))
        found.push({
          target: match[1]!,
          typeOnly: /\btypeof\s+$/.test(code.slice(0, match.index)),
          line: lineAt(match.index),
        });
  return found;
}

function isCommentedOut(code: string, index: number): boolean {
  return code.slice(code.lastIndexOf("\n", index - 1) + 1, index).includes("//");
}

/** Resolves `./x.ts` against the folder of `from`; both relative to the repository's root. */
function resolvePath(from: string, target: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function roomOf(path: string): string {
  return path.split("/")[1]!;
}

function packageOf(target: string): string {
  if (target.startsWith("node:") || target.startsWith("cloudflare:")) return target;
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

function checkImport(file: string, { target, typeOnly }: Import): string | null {
  const name = roomOf(file);
  const room = rooms[name];
  if (!room) return `src/${name} is a room that scripts/verify/imports.ts does not know`;
  if (!target.startsWith(".")) {
    if (target.startsWith("src/") || target.startsWith("/")) return `${target}: imports inside src are relative`;
    if (typeOnly || !room.packages || room.packages.includes(packageOf(target))) return null;
    return `src/${name} may not import the package ${packageOf(target)}`;
  }
  const path = resolvePath(file, target);
  if (!path.startsWith("src/")) return `src may not import ${path}`;
  if (!/\.(ts|json)$/.test(path)) return `${target}: relative imports name their .ts extension`;
  const other = roomOf(path);
  if (other === name || room.imports.includes(other)) return null;
  if (room.importsTypes?.includes(other))
    return typeOnly ? null : `src/${name} may import only types from src/${other}: ${target}`;
  return `src/${name} may not import src/${other}: ${target}`;
}

/**
 * Every import of `files` (path relative to the root -> source) that points the wrong way, and every cycle. Imports of
 * types make no cycle: nothing of them is left at run time.
 */
export function findImportFaults(files: ReadonlyMap<string, string>): ImportFault[] {
  const faults: ImportFault[] = [];
  const graph = new Map<string, { path: string; line: number }[]>();
  for (const [file, source] of files) {
    const edges: { path: string; line: number }[] = [];
    for (const found of readImports(source)) {
      const message = checkImport(file, found);
      if (message) faults.push({ file, line: found.line, message });
      if (found.target.startsWith(".") && !found.typeOnly)
        edges.push({ path: resolvePath(file, found.target), line: found.line });
    }
    graph.set(file, edges);
  }
  return [...faults, ...findCycles(graph)];
}

function findCycles(graph: ReadonlyMap<string, readonly { path: string; line: number }[]>): ImportFault[] {
  const faults: ImportFault[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string) => {
    trail.push(file);
    for (const { path, line } of graph.get(file) ?? []) {
      if (finished.has(path) || !graph.has(path)) continue;
      const start = trail.indexOf(path);
      if (start >= 0)
        faults.push({ file, line, message: `import cycle: ${[...trail.slice(start), path].join(" -> ")}` });
      else visit(path);
    }
    trail.pop();
    finished.add(file);
  };
  for (const file of graph.keys()) if (!finished.has(file)) visit(file);
  return faults;
}
