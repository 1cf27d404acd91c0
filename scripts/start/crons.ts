import { crons } from "../../src/operations/schedule.ts";

const minuteMs = 60_000;
const hourMs = 3_600_000;
const answerDeadlineMs = 55_000;

/**
 * Fires the Worker's cron triggers, which `wrangler dev` does not do by itself: one every minute, and the two others every
 * hour and also now, for a laptop is rarely on for an hour or at night. A call that fails is told in the Worker's log. Gives what ends it.
 */
export function fireCrons(url: string): () => void {
  const controller = new AbortController();
  const fire = (cron: string) => {
    const address = `${url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(cron)}`;
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(answerDeadlineMs)]);
    fetch(address, { signal }).then(
      (response) => response.body?.cancel(),
      () => {},
    );
  };
  const fireSeldom = () => [crons.hourly, crons.nightly].forEach(fire);
  fireSeldom();
  const timers = [setInterval(() => fire(crons.everyMinute), minuteMs), setInterval(fireSeldom, hourMs)];
  for (const timer of timers) timer.unref();
  return () => {
    timers.forEach(clearInterval);
    controller.abort();
  };
}
