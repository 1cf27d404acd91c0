import type { Role, Scope } from "./actor.ts";
import type { ApiKeyId, MemberId } from "./ids.ts";

/** A key as it is kept: never its text. */
export type ApiKey = {
  id: ApiKeyId;
  /** Whose key it is, and whom it can never do more than; null for a key of the organization itself. */
  memberId: MemberId | null;
  name: string;
  /** HMAC-SHA-256 of the key under the pepper, 32 bytes in hex. */
  digestHex: string;
  /** The key's last four characters, by which its owner tells it from others. */
  hint: string;
  role: Role;
  scopes: readonly Scope[];
};
