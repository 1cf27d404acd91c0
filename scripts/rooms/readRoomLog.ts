/** What of a room's log was saved: events as they lie in the file, and how far the pages that they came in say that the log goes. */
export type SavedLog = { events: unknown[]; head: number | null };

/**
 * Reads what GET /v1/rooms/{matchId}/events answers: one page, a list of pages or of events, or one of either on each line.
 * Errors: `SyntaxError` that names the line.
 */
export function readRoomLog(text: string): SavedLog {
  const saved: SavedLog = { events: [], head: null };
  for (const part of parseParts(text)) {
    if (!isPage(part)) saved.events.push(part);
    else {
      saved.events.push(...part.data);
      if (typeof part.head === "number") saved.head = Math.max(saved.head ?? 0, part.head);
    }
  }
  return saved;
}

function parseParts(text: string): unknown[] {
  try {
    const whole: unknown = JSON.parse(text);
    return Array.isArray(whole) ? whole : [whole];
  } catch {
    return text.split("\n").flatMap((line, index) => {
      if (line.trim() === "") return [];
      try {
        return [JSON.parse(line)];
      } catch (error) {
        throw new SyntaxError(`Line ${index + 1} is no JSON: ${(error as Error).message}`);
      }
    });
  }
}

function isPage(part: unknown): part is { data: unknown[]; head?: unknown } {
  return typeof part === "object" && part !== null && "data" in part && Array.isArray(part.data);
}
