const everyEvents = 100;
const everyMs = 3_000;

/** Tells the room how far this client has read: at every hundredth event, and soon after any. */
export class Reader {
  readonly #tell: (seq: number) => void;
  #told = 0;
  #read = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(tell: (seq: number) => void) {
    this.#tell = tell;
  }

  begin(seq: number): void {
    this.#told = seq;
    this.#read = seq;
  }

  read(seq: number): void {
    this.#read = seq;
    if (seq - this.#told >= everyEvents) this.#say();
    else this.#timer ??= setTimeout(() => this.#say(), everyMs);
  }

  /** Tells it once more, after a while: the room had no time for it. */
  repeat(): void {
    this.#timer ??= setTimeout(() => this.#say(), everyMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #say(): void {
    this.stop();
    this.#told = this.#read;
    this.#tell(this.#read);
  }
}
