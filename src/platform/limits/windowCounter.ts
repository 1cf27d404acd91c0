/** Subjects beyond this many are counted anew: memory stays bounded, and a flood of new ones hides none for long. */
const maximumSubjects = 20_000;

export type WindowCounter = ReturnType<typeof createWindowCounter>;

/** Counts by subject in windows that begin at whole multiples of their length, as one isolate sees them. */
export function createWindowCounter(windowSeconds: number) {
  let window = -1;
  const counts = new Map<string, number>();
  return {
    /** Counts one more and gives how many there are in this window. */
    count(subject: string, at: Date): number {
      const current = Math.floor(at.getTime() / (windowSeconds * 1_000));
      // A request that began just before the window did is counted in it: the count of the one before is gone.
      if (current > window || counts.size >= maximumSubjects) counts.clear();
      window = Math.max(window, current);
      const counted = (counts.get(subject) ?? 0) + 1;
      counts.set(subject, counted);
      return counted;
    },
  };
}

/** Whole seconds, at least one, until the window that holds `at` ends. */
export function secondsLeft(windowSeconds: number, at: Date): number {
  return windowSeconds - (Math.floor(at.getTime() / 1_000) % windowSeconds);
}
