import * as z from "zod";
import type { Scope } from "./actor.ts";
import { isEventFilter } from "./eventFilter.ts";
import type { MemberId, OrganizationId, WebhookId } from "./ids.ts";

/** Endpoints of an organization; the database counts them. */
export const maximumWebhooks = 20;
const maximumUrlLength = 2_000;

const filterSchema = z
  .string()
  .max(100)
  .refine(isEventFilter, {
    error: "is neither a type of event nor the beginning of one such as turash.flow.*",
  })
  .meta({ example: "turash.flow.*" });

/** What an owner says of an endpoint. */
export const webhookContentSchema = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .max(maximumUrlLength)
      .meta({ description: "where deliveries are posted, https", example: "https://erp.example/hooks/turash" }),
    events: z
      .array(filterSchema)
      .min(1)
      .max(100)
      .refine((filters) => new Set(filters).size === filters.length, { error: "names a filter twice" })
      .meta({ description: "types of events, or beginnings of them that end in .*", example: ["turash.match.*"] }),
    description: z.string().min(1).max(500).nullable().default(null).meta({ example: "Orders in the ERP" }),
    enabled: z.boolean().default(true).meta({ description: "false: nothing is sent" }),
  })
  .meta({ id: "WebhookContent" });
export type WebhookContent = z.infer<typeof webhookContentSchema>;

/**
 * Why an endpoint is switched off: an owner did; it failed for days; it answered 410; whoever set it up is no owner of the
 * organization any more.
 */
export const disabledReasons = ["owner", "failing", "gone", "maker_left"] as const;
export type DisabledReason = (typeof disabledReasons)[number];

/** An endpoint as its owners see it; never its secrets. */
export type Webhook = WebhookContent & {
  id: WebhookId;
  organizationId: OrganizationId;
  /** Who set it up last; null for a key of the organization itself. */
  memberId: MemberId | null;
  /** Of the credential that set it up last: it gets what that may read. */
  scopes: readonly Scope[];
  disabledReason: DisabledReason | null;
  disabledAt: string | null;
  /** Since when no delivery has come through; null where the last one did. */
  failingSince: string | null;
  /** Until when the secret before the last rotation signs too. */
  previousSecretEndsAt: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
};
