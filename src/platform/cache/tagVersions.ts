/** An isolate takes a version that it has read for current this long, so a change is seen everywhere within it. */
export const tagLifetimeMs = 5_000;
const maximumTags = 10_000;

/** What cached answers are made of, by the tag whose version changes with it. */
export type CacheTag = "taxonomy" | `flows:${string}`;

export type TagVersions = ReturnType<typeof createTagVersions>;

/** The versions of tags as one isolate knows them: plain data that its requests share. */
export function createTagVersions() {
  const known = new Map<CacheTag, { version: string; readAt: number }>();
  return {
    /** The version of a tag where it was read within the last seconds, else null. */
    find(tag: CacheTag, at: Date): string | null {
      const entry = known.get(tag);
      return entry && at.getTime() < entry.readAt + tagLifetimeMs ? entry.version : null;
    },

    /** Keeps what a statement of a request that began at `at` has read; an older reading than the one known counts for nothing. */
    note(tag: CacheTag, version: string, at: Date): void {
      const readAt = at.getTime();
      if ((known.get(tag)?.readAt ?? 0) > readAt) return;
      if (known.size >= maximumTags) known.clear();
      known.set(tag, { version, readAt });
    },

    /** After a change made here, which need not wait to be seen here. */
    forget(tag: CacheTag): void {
      known.delete(tag);
    },

    forgetAll(): void {
      known.clear();
    },
  };
}
