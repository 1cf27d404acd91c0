import * as z from "zod";
import { idSchema } from "../../domain/ids.ts";
import { introductionContentSchema, participationStates, programmeContentSchema } from "../../domain/programme.ts";
import { listOf, recordFields, timestampSchema } from "./answers.ts";

export const programmeSchema = z
  .object({
    id: idSchema("programme"),
    organizationId: idSchema("organization").meta({ description: "whose members are the programme's facilitators" }),
    ...programmeContentSchema.shape,
    ...recordFields,
  })
  .meta({ id: "Programme", description: "A network of organizations that show themselves to each other" });

export const programmeListSchema = listOf("ProgrammeList", programmeSchema);

const organizationId = idSchema("organization");
const state = z.enum(participationStates);

export const participantSchema = z
  .object({
    organizationId,
    name: z.string().nullable().meta({ description: "null for one that takes no part" }),
    state,
    sharesWithFacilitators: z
      .boolean()
      .nullable()
      .meta({ description: "null where it is the participant's and the facilitators' to know" }),
    invitedAt: timestampSchema.nullable().meta({ description: "likewise" }),
    joinedAt: timestampSchema.nullable(),
    leftAt: timestampSchema.nullable(),
  })
  .meta({ id: "Participant", description: "An organization in a programme, as another sees it" });

export const participantListSchema = listOf("ParticipantList", participantSchema);

export const participationSchema = z
  .object({
    programmeId: idSchema("programme"),
    organizationId,
    state,
    sharesWithFacilitators: z.boolean(),
    invitedAt: timestampSchema,
    joinedAt: timestampSchema.nullable(),
    leftAt: timestampSchema.nullable(),
    version: z.int().positive(),
  })
  .meta({ id: "Participation", description: "An organization's part in a programme" });

export const programmeInvitationSchema = z.strictObject({ organizationId }).meta({ id: "ProgrammeInvitation" });

export const introductionSchema = z
  .object({
    programmeId: idSchema("programme"),
    matchId: idSchema("match").meta({ description: "for the two sides to open" }),
    ...introductionContentSchema.shape,
  })
  .meta({ id: "Introduction", description: "Two flows whose organizations a facilitator has brought together" });
