/** Work in steps: each gives how much it did, and whether there is more. */
export type Job<Name> = { name: Name; step(): Promise<{ count: number; hasMore: boolean }> };

export type JobDone<Name> = { name: Name; count: number; hasMore: boolean };

/**
 * Does jobs step by step until all are done or the time is used. The next step is always of the job that has had the least time
 * so far, so that none waits for another to end. One that fails takes no further steps; its failure is added to `failures`.
 */
export async function takeTurns<Name>(
  jobs: readonly Job<Name>[],
  timeLeftMs: () => number,
  failures: unknown[],
): Promise<JobDone<Name>[]> {
  const states = jobs.map((job) => ({ job, name: job.name, count: 0, hasMore: true, usedMs: 0, steps: 0 }));
  let waiting = states;
  while (waiting.length > 0 && timeLeftMs() > 0) {
    const next = waiting.reduce((first, other) => (isBefore(other, first) ? other : first));
    const before = timeLeftMs();
    try {
      const { count, hasMore } = await next.job.step();
      next.count += count;
      next.hasMore = hasMore;
    } catch (error) {
      failures.push(error);
      waiting = waiting.filter((each) => each !== next);
    }
    next.usedMs += before - timeLeftMs();
    next.steps += 1;
    waiting = waiting.filter(({ hasMore }) => hasMore);
  }
  return states.map(({ name, count, hasMore }) => ({ name, count, hasMore }));
}

/** Of two that have had as much time, the one with fewer steps: a clock may stand still. */
function isBefore(one: { usedMs: number; steps: number }, other: { usedMs: number; steps: number }): boolean {
  return one.usedMs < other.usedMs || (one.usedMs === other.usedMs && one.steps < other.steps);
}
