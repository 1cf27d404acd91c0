/** Answers that are remembered of each member: further back no client looks, for it has had as many since. */
export const keptAnswers = 10_000;
const pruneEvery = 500;

/**
 * The first answer to each command, by who sent it and its client's id. An event keeps in its own row which command led to it, so that
 * a command costs one row; its answer enters the table with the next snapshot, and is in memory until then.
 */
export class Answers {
  readonly #sql: SqlStorage;
  /** The number of the event to which each command since the last snapshot led, by who sent it and its client's id. */
  readonly #recent = new Map<string, Map<string, number>>();
  /** Until the first snapshot there is mostly nothing to look up. */
  #isTableEmpty = true;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  load(): void {
    this.#isTableEmpty = this.#sql.exec("SELECT 1 FROM answers LIMIT 1").toArray().length === 0;
  }

  /** The frame that answered the command before; null where it is new. */
  find(participantId: string, clientMessageId: string): string | null {
    const recent = this.#recent.get(participantId)?.get(clientMessageId);
    if (recent !== undefined) return acknowledgement(clientMessageId, recent);
    if (this.#isTableEmpty) return null;
    const [row] = this.#sql
      .exec<{ frame: string }>(
        "SELECT frame FROM answers WHERE participant_id = ? AND client_message_id = ?",
        participantId,
        clientMessageId,
      )
      .toArray();
    return row?.frame ?? null;
  }

  /** Keeps the answer to a command that led to no event. */
  keep(participantId: string, clientMessageId: string, frame: string): void {
    this.#isTableEmpty = false;
    const { id } = this.#sql
      .exec<{ id: number }>(
        "INSERT INTO answers (participant_id, client_message_id, frame) VALUES (?, ?, ?) RETURNING id",
        participantId,
        clientMessageId,
        frame,
      )
      .one();
    if (id % pruneEvery === 0) this.#prune(participantId);
  }

  /** Remembers the answer to a command that led to the event of that number; gives its frame. */
  remember(participantId: string, clientMessageId: string, seq: number): string {
    const own = this.#recent.get(participantId);
    if (own) own.set(clientMessageId, seq);
    else this.#recent.set(participantId, new Map([[clientMessageId, seq]]));
    return acknowledgement(clientMessageId, seq);
  }

  /** Takes the answers of the events behind a number into the table, where they outlast the events. */
  takeIn(after: number): void {
    this.#isTableEmpty = false;
    const participants = this.#sql
      .exec<{ participant_id: string }>(
        `INSERT OR IGNORE INTO answers (participant_id, client_message_id, frame)
          SELECT body ->> '$.by', client_message_id, json_object('type', 'ack', 'clientMessageId', client_message_id, 'seq', seq)
          FROM events WHERE seq > ? AND client_message_id IS NOT NULL ORDER BY seq RETURNING participant_id`,
        after,
      )
      .toArray();
    for (const id of new Set(participants.map(({ participant_id }) => participant_id))) this.#prune(id);
  }

  /** The table has them all. */
  forgetRecent(): void {
    this.#recent.clear();
  }

  #prune(participantId: string): void {
    this.#sql.exec(
      `DELETE FROM answers WHERE participant_id = ?1 AND id < coalesce(
        (SELECT id FROM answers WHERE participant_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2), 0)`,
      participantId,
      keptAnswers - 1,
    );
  }
}

function acknowledgement(clientMessageId: string, seq: number): string {
  return JSON.stringify({ type: "ack", clientMessageId, seq });
}
