/** Listeners by kind of what they listen for. */
export class Emitter<Kinds extends Record<string, readonly unknown[]>> {
  readonly #listeners = new Map<keyof Kinds, Set<(...told: never) => void>>();

  /** Gives what ends it. */
  on<Kind extends keyof Kinds>(kind: Kind, listener: (...told: Kinds[Kind]) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** A listener that throws stops neither the others nor whoever tells; what it threw is reported as uncaught. */
  emit<Kind extends keyof Kinds>(kind: Kind, ...told: Kinds[Kind]): void {
    for (const listener of [...(this.#listeners.get(kind) ?? [])])
      try {
        (listener as (...told: Kinds[Kind]) => void)(...told);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
  }
}
