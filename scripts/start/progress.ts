/** Tells on standard error what is going on, with the seconds since the start. */
export type Progress = (words: string) => void;

export function createProgress(): Progress {
  const startedAt = performance.now();
  return (words) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
    process.stderr.write(`${seconds} s  ${words}\n`);
  };
}
