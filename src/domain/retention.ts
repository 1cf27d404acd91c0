/** How long each kind of record is kept, from when on, and why: personal data no longer than needed (GDPR, article 5(1)(e)). */
export const retention = {
  idempotencyRecords: { days: 1, from: "the request", why: "a repeat of a request gets the first answer for a day" },
  outboxEvents: {
    days: 90,
    from: "the event, once every consumer has dealt with it",
    why: "listeners that were away catch up; after that they read the records",
  },
  deadLetters: {
    days: 90,
    from: "its death",
    why: "as long as the event that it can be replayed with",
  },
  webhookDeliveries: {
    days: 30,
    from: "the event's arrival at the endpoint's queue",
    why: "a receiver that was away asks for what it missed",
  },
  webhooks: { days: 30, from: "the deletion of an endpoint", why: "as its deliveries; its secrets go at once" },
  invitations: {
    days: 30,
    from: "the end of one that nobody accepted",
    why: "it holds the name and e-mail of somebody who never came",
  },
  apiKeys: { days: 90, from: "its expiry or revocation", why: "an owner can still see what a key was" },
  matches: {
    days: 1_095,
    from: "the last change of one that has ended and of which no exchange is kept",
    why: "three years, in which claims from a negotiation can be made",
  },
  exchanges: {
    days: 2_557,
    from: "the last change of one that was completed or has failed",
    why: "as audit entries: it is a business record of both sides",
  },
  flows: {
    days: 365,
    from: "the deletion of one that no match and no exchange names",
    why: "reports of the year before still find it",
  },
  sites: { days: 365, from: "the deletion of one on which no flow stands", why: "as its flows" },
  members: {
    days: 30,
    from: "the closing of the organization",
    why: "nobody is left who needs the names and e-mails; then they are erased",
  },
  auditEntries: {
    days: 2_557,
    from: "the entry",
    why: "seven years, as long as the longest of the usual periods for business records",
  },
} as const satisfies Record<string, { days: number; from: string; why: string }>;

export type RetainedKind = keyof typeof retention;

/** The moment before which records of a kind are over their time. */
export function findCutoff(kind: RetainedKind, at: Date): Date {
  return new Date(at.getTime() - retention[kind].days * 86_400_000);
}
