import { AppError } from "../../domain/errors.ts";
import type { DocumentShelf } from "../../operations/roomDocuments.ts";

/** Of a bucket of R2, what is used. */
export type DocumentBucket = {
  put(
    key: string,
    body: Uint8Array,
    options: { sha256: string; httpMetadata: { contentType: string } },
  ): Promise<unknown>;
  get(key: string): Promise<{ body: ReadableStream<Uint8Array> } | null>;
};

/** Throws `unavailable` where the deployment has no bucket, or that does not answer. */
export function createDocumentShelf(bucket: DocumentBucket | undefined): DocumentShelf {
  const ask = async <Answer>(work: (found: DocumentBucket) => Promise<Answer>): Promise<Answer> => {
    if (!bucket)
      throw new AppError("unavailable", "This deployment has no place to keep documents.", {
        reason: "documents_not_kept",
      });
    try {
      return await work(bucket);
    } catch (error) {
      throw new AppError("unavailable", "Documents cannot be reached now; try again.", {}, error);
    }
  };
  return {
    async put(key, bytes, { mediaType, sha256 }) {
      await ask((found) => found.put(key, bytes, { sha256, httpMetadata: { contentType: mediaType } }));
    },
    open: async (key) => (await ask((found) => found.get(key)))?.body ?? null,
  };
}
