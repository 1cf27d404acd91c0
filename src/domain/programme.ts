import * as z from "zod";
import { idSchema, type MatchId, type OrganizationId, type ProgrammeId } from "./ids.ts";

/** What is written of a programme. */
export const programmeContentSchema = z
  .strictObject({
    name: z.string().min(1).max(200).meta({ example: "Kalundborg Symbiosis" }),
    description: z.string().max(4_000).nullable().default(null),
  })
  .meta({ id: "ProgrammeContent" });
export type ProgrammeContent = z.infer<typeof programmeContentSchema>;

/** A network of organizations that show themselves to each other. */
export type Programme = ProgrammeContent & {
  id: ProgrammeId;
  /** The facilitating organization, whose members are the programme's facilitators. */
  organizationId: OrganizationId;
  version: number;
  createdAt: string;
  updatedAt: string;
};

export const participationStates = ["invited", "joined", "left"] as const;
export type ParticipationState = (typeof participationStates)[number];

/** What a participant decides of its part in a programme. */
export const participationContentSchema = z
  .strictObject({
    sharesWithFacilitators: z
      .boolean()
      .default(false)
      .meta({ description: "lets facilitators read the organization's flows that are not private, and introduce it" }),
  })
  .meta({ id: "ParticipationContent" });
export type ParticipationContent = z.infer<typeof participationContentSchema>;

/** An organization's part in a programme. Times are RFC 3339 in UTC. */
export type Participation = ParticipationContent & {
  programmeId: ProgrammeId;
  organizationId: OrganizationId;
  state: ParticipationState;
  invitedAt: string;
  joinedAt: string | null;
  leftAt: string | null;
  version: number;
};

/** A participant as another sees it: null is what is the participant's and the facilitators' to know, or not told yet. */
export type Participant = {
  organizationId: OrganizationId;
  /** Null until it has joined. */
  name: string | null;
  state: ParticipationState;
  sharesWithFacilitators: boolean | null;
  invitedAt: string | null;
  joinedAt: string | null;
  leftAt: string | null;
};

/** How many organizations can be invited to a programme or have joined it. */
export const maximumParticipants = 10_000;

/** Two flows that a facilitator brings together. */
export const introductionContentSchema = z
  .strictObject({
    outputFlowId: idSchema("flow"),
    inputFlowId: idSchema("flow"),
    note: z.string().min(1).max(2_000).nullable().default(null).meta({ description: "for both sides to read" }),
  })
  .meta({ id: "IntroductionContent" });
export type IntroductionContent = z.infer<typeof introductionContentSchema>;

/** Two participants brought together by a facilitator. */
export type Introduction = IntroductionContent & { programmeId: ProgrammeId; matchId: MatchId };
