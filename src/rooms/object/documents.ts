import type { OrganizationId } from "../../domain/ids.ts";
import type { DocumentReference } from "../events.ts";
import { maximumDocuments } from "../room.ts";
import type { StoredDocument } from "../roomObjects.ts";

/** What was uploaded to a room: by organization, for a side may only attach what is its own. */
export class Documents {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** False where the organization has uploaded as many as it may. The same document again is the one that is there. */
  keep(organizationId: OrganizationId, document: DocumentReference): boolean {
    if (this.find(organizationId, document.documentId)) return true;
    const { count } = this.#sql
      .exec<{ count: number }>("SELECT count(*) AS count FROM documents WHERE organization_id = ?", organizationId)
      .one();
    if (count >= maximumDocuments) return false;
    this.#sql.exec(
      "INSERT INTO documents (document_id, organization_id, body) VALUES (?, ?, ?)",
      document.documentId,
      organizationId,
      JSON.stringify(document),
    );
    return true;
  }

  find(organizationId: OrganizationId, id: string): DocumentReference | null {
    const [row] = this.#sql
      .exec<{ body: string }>(
        "SELECT body FROM documents WHERE document_id = ? AND organization_id = ?",
        id,
        organizationId,
      )
      .toArray();
    return row ? JSON.parse(row.body) : null;
  }

  /** Whoever uploaded it. */
  findAny(id: string): StoredDocument | null {
    const [row] = this.#sql
      .exec<{ body: string; organization_id: OrganizationId }>(
        "SELECT body, organization_id FROM documents WHERE document_id = ? LIMIT 1",
        id,
      )
      .toArray();
    return row ? { ...JSON.parse(row.body), organizationId: row.organization_id } : null;
  }
}
