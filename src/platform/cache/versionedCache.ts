import type { EdgeCache } from "./edgeCache.ts";

/** A value, and the version of what it was made of: under another version it is as good as none. */
export type Versioned<Value> = { version: string; value: Value };

/** How values are written into the cache of the place. */
export type Codec<Value> = { write(value: Value): string; read(text: string): Value };

export type VersionedCache<Value> = ReturnType<typeof createVersionedCache<Value>>;

/** A bounded map in the isolate, before the cache of its place. `name` keeps the entries of several such caches apart. */
export function createVersionedCache<Value>(options: {
  name: string;
  maximumEntries: number;
  edge: EdgeCache;
  codec: Codec<Value>;
}) {
  const { name, maximumEntries, edge, codec } = options;
  const remembered = new Map<string, Versioned<Value>>();
  const remember = (key: string, entry: Versioned<Value>) => {
    remembered.delete(key);
    // A Map has its keys in the order in which they came: the one that came first goes.
    if (remembered.size >= maximumEntries) remembered.delete(remembered.keys().next().value!);
    remembered.set(key, entry);
  };
  return {
    /** What this isolate remembers, of whatever version. */
    recall(key: string): Versioned<Value> | null {
      return remembered.get(key) ?? null;
    },

    /** The value of a version that stands, from this isolate or from its place. */
    async find(key: string, stands: (entry: Versioned<Value>) => boolean): Promise<Value | null> {
      const known = remembered.get(key);
      if (known && stands(known)) return known.value;
      const text = await edge.find(`${name}/${key}`);
      if (text === null) return null;
      const end = text.indexOf("\n");
      const entry = { version: text.slice(0, end), value: codec.read(text.slice(end + 1)) };
      if (!stands(entry)) return null;
      remember(key, entry);
      return entry.value;
    },

    /** Remembers a value here at once; resolves when its place has it too. */
    keep(key: string, version: string, value: Value): Promise<void> {
      remember(key, { version, value });
      return edge.keep(`${name}/${key}`, `${version}\n${codec.write(value)}`);
    },
  };
}
