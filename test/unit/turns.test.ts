import { describe, expect, it } from "vitest";
import { type Job, takeTurns } from "../../src/operations/turns.ts";

/** A clock that steps move, with this much time from now. */
function createClock(budgetMs: number) {
  let now = 0;
  return { timeLeftMs: () => budgetMs - now, pass: (ms: number) => (now += ms) };
}

/** A job of so many steps, each of which does one thing and takes this long. */
function createJob(name: string, steps: number, pass: () => void): Job<string> & { taken: number } {
  return {
    name,
    taken: 0,
    async step() {
      pass();
      this.taken += 1;
      return { count: 1, hasMore: this.taken < steps };
    },
  };
}

describe("jobs that take turns", () => {
  it("are all done where there is time", async () => {
    const { timeLeftMs, pass } = createClock(1_000);
    const jobs = [createJob("long", 30, () => pass(10)), createJob("short", 2, () => pass(10))];
    expect(await takeTurns(jobs, timeLeftMs, [])).toEqual([
      { name: "long", count: 30, hasMore: false },
      { name: "short", count: 2, hasMore: false },
    ]);
  });

  it("share the time and not the steps, so that an endless one and a slow one hold up no other", async () => {
    const { timeLeftMs, pass } = createClock(40_000);
    const jobs = [
      createJob("endless", Number.POSITIVE_INFINITY, () => pass(20)),
      createJob("slow and endless", Number.POSITIVE_INFINITY, () => pass(1_000)),
      createJob("short", 100, () => pass(20)),
    ];
    const [endless, slow, short] = await takeTurns(jobs, timeLeftMs, []);
    expect(short).toEqual({ name: "short", count: 100, hasMore: false });
    expect([endless!.hasMore, slow!.hasMore]).toEqual([true, true]);
    expect(Math.abs(endless!.count * 20 - slow!.count * 1_000)).toBeLessThanOrEqual(1_000);
    expect(timeLeftMs()).toBeGreaterThan(-1_000);
  });

  it("go round where the clock stands still", async () => {
    const order: string[] = [];
    const jobs = ["a", "b"].map((name) => createJob(name, 3, () => order.push(name)));
    await takeTurns(jobs, () => 1, []);
    expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
  });

  it("go on where one fails, which takes no further step", async () => {
    const failures: unknown[] = [];
    const failing: Job<string> = { name: "failing", step: () => Promise.reject("full") };
    const other = createJob("other", 5, () => undefined);
    const done = await takeTurns([failing, other], () => 1, failures);
    expect([failures, done.map(({ count }) => count)]).toEqual([["full"], [0, 5]]);
  });
});
