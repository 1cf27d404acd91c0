import * as z from "zod";
import { scopes } from "../../domain/actor.ts";
import { idSchema } from "../../domain/ids.ts";
import { instantSchema } from "../../domain/instant.ts";
import { disabledReasons, webhookContentSchema } from "../../domain/webhook.ts";
import { deliveryErrors, deliveryStatuses } from "../../domain/webhookDelivery.ts";
import { listOf, recordFields, timestampSchema } from "./answers.ts";

const webhookFields = {
  id: idSchema("webhook"),
  organizationId: idSchema("organization"),
  ...webhookContentSchema.shape,
  memberId: idSchema("member").nullable().meta({ description: "who set it up last" }),
  scopes: z
    .array(z.enum(scopes))
    .meta({ description: "of the credential that set it up last: it gets events that those may read" }),
  disabledReason: z.enum(disabledReasons).nullable(),
  disabledAt: timestampSchema.nullable(),
  failingSince: timestampSchema.nullable().meta({ description: "since when no delivery has come through" }),
  previousSecretEndsAt: timestampSchema
    .nullable()
    .meta({ description: "until when the secret before the last rotation signs too" }),
  ...recordFields,
};

export const webhookSchema = z
  .object(webhookFields)
  .meta({ id: "Webhook", description: "An endpoint that events are posted to; its secret is never shown again" });

export const webhookListSchema = listOf("WebhookList", webhookSchema);

/** The answer to making an endpoint or a secret: the only time that the secret is shown. */
export const webhookWithSecretSchema = z
  .object({
    ...webhookFields,
    secret: z.string().meta({
      description: "verifies signatures by Standard Webhooks; shown this once",
      example: "whsec_b3ZlciB0aGUgaGlsbHMgYW5kIGZhciBhd2F5IQ==",
    }),
  })
  .meta({ id: "WebhookWithSecret" });

const maximumOverlapSeconds = 7 * 86_400;

export const secretRotationSchema = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(maximumOverlapSeconds)
      .default(86_400)
      .meta({ description: "how long the old secret signs too, at most a week" }),
  })
  .meta({ id: "SecretRotation" });

export const redeliverySchema = z
  .strictObject({
    since: instantSchema.meta({ description: "RFC 3339, 30 days ago at most" }),
    includeDelivered: z.boolean().default(false).meta({ description: "also what was delivered" }),
  })
  .meta({ id: "Redelivery" });

export const redeliveredSchema = z
  .object({ deliveries: z.int().nonnegative().meta({ description: "1,000 at most; ask again for the rest" }) })
  .meta({ id: "Redelivered" });

const answerSchema = z
  .object({
    at: timestampSchema,
    status: z.int().nullable().meta({ description: "null where no answer came", example: 500 }),
    durationMs: z.number().nonnegative(),
    error: z.enum(deliveryErrors).nullable(),
    excerpt: z.string().nullable().meta({ description: "the beginning of the answer, at most 1,000 characters" }),
  })
  .meta({ id: "DeliveryAnswer" });

export const deliverySchema = z
  .object({
    id: idSchema("delivery"),
    webhookId: idSchema("webhook"),
    eventId: idSchema("event"),
    type: z.string().meta({ example: "turash.flow.created" }),
    status: z.enum(deliveryStatuses),
    attempts: z.int().nonnegative().meta({ description: "since it was last sent anew" }),
    nextAttemptAt: timestampSchema.nullable(),
    createdAt: timestampSchema,
    answers: z.array(answerSchema).meta({ description: "the last 20, oldest first" }),
  })
  .meta({ id: "Delivery", description: "One event on its way to one endpoint" });

export const deliveryListSchema = listOf("DeliveryList", deliverySchema);

export const deliveryFilterQuery = {
  status: z.enum(deliveryStatuses).optional(),
  type: z.string().min(1).max(100).optional().meta({ example: "turash.flow.created" }),
  since: timestampSchema.optional(),
  until: timestampSchema.optional(),
};
