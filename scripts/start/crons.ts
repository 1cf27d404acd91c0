import { crons } from "../../src/operations/schedule.ts";

const everyMs = 60_000;
const answerDeadlineMs = 55_000;

/**
 * Fires the Worker's cron triggers, which `wrangler dev` does not do by itself: the daily one now, for a laptop is rarely on at
 * 03:17, and the other every minute. A call that fails is told in the Worker's log. Gives what ends it.
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
  fire(crons.daily);
  const timer = setInterval(() => fire(crons.everyMinute), everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    controller.abort();
  };
}
