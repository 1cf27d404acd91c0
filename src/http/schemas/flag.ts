import * as z from "zod";

/** A query parameter that is true or false, written so. */
export const flagSchema = z.enum(["true", "false"]).transform((text) => text === "true");
