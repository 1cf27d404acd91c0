import { type AuditEntryId, type Id, idFromUuid, type MemberId, type Noun } from "./ids.ts";

/** What was done, by whom, when and by which credential. */
export type AuditEntry = {
  id: AuditEntryId;
  /** RFC 3339 in UTC. */
  at: string;
  actor: "operator" | "member" | "device" | "system";
  memberId: MemberId | null;
  credential: string;
  /** As in `flow.create`. */
  action: string;
  subjectId: Id<Noun> | null;
  /** JSON Patch (RFC 6902) from what stood to what stands; null where it was erased. */
  patch: readonly object[] | null;
  requestId: string;
  /** The first digits of the hash of the caller's network address, by which equal ones are told; null where there is none. */
  addressHash: string | null;
  /** Its place in the organization's chain; null until it is sealed, within a minute. */
  seal: { number: number; link: string } | null;
};

const nouns: Record<string, Noun> = {
  organization: "organization",
  member: "member",
  invitation: "invitation",
  api_key: "apiKey",
  programme: "programme",
  site: "site",
  flow: "flow",
  match: "match",
  webhook: "webhook",
};

/** An invitation is what these two are about, though they are things done of a member to be. */
const subjects: Record<string, Noun> = { "member.invite": "invitation", "member.uninvite": "invitation" };

/** The id of what an action is about. */
export function subjectIdOf(action: string, uuid: string): Id<Noun> {
  const noun = subjects[action] ?? nouns[action.split(".")[0]!] ?? "event";
  return idFromUuid(noun, uuid);
}
