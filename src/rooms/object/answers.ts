/** Answers that are remembered of each member: further back no client looks, for it has had as many since. */
export const keptAnswers = 10_000;
const pruneEvery = 500;

/** The first answer to each command, by who sent it and its client's id. */
export class Answers {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The frame that answered the command before; null where it is new. */
  find(participantId: string, clientMessageId: string): string | null {
    const [row] = this.#sql
      .exec<{ frame: string }>(
        "SELECT frame FROM answers WHERE participant_id = ? AND client_message_id = ?",
        participantId,
        clientMessageId,
      )
      .toArray();
    return row?.frame ?? null;
  }

  keep(participantId: string, clientMessageId: string, frame: string): void {
    const { id } = this.#sql
      .exec<{ id: number }>(
        "INSERT INTO answers (participant_id, client_message_id, frame) VALUES (?, ?, ?) RETURNING id",
        participantId,
        clientMessageId,
        frame,
      )
      .one();
    if (id % pruneEvery === 0)
      this.#sql.exec(
        `DELETE FROM answers WHERE participant_id = ?1 AND id < coalesce(
          (SELECT id FROM answers WHERE participant_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2), 0)`,
        participantId,
        keptAnswers - 1,
      );
  }
}
