import { StartProblem } from "./problem.ts";

/** Asks the running Worker as any client does. */
export type ApiClient = {
  get<Answer>(path: string, key: string): Promise<Answer>;
  put<Answer>(path: string, key: string, body: unknown): Promise<Answer>;
  /** `idempotencyKey` makes a repeated call give the first answer again. */
  post<Answer>(path: string, key: string, body: unknown, idempotencyKey: string): Promise<Answer>;
};

const deadlineMs = 60_000;

/** An answer that is not 2xx, with what its problem document says. */
export class ApiRefusal extends StartProblem {
  readonly status: number;

  constructor(request: string, status: number, words: string) {
    super(`the API refused ${request}: ${status} ${words}`);
    this.status = status;
  }
}

export function createApiClient(url: string, signal: AbortSignal): ApiClient {
  async function call<Answer>(method: string, path: string, key: string, body?: unknown, idempotencyKey?: string) {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiRefusal(`${method} ${path}`, response.status, describeProblem(text));
    return JSON.parse(text) as Answer;
  }
  return {
    get: (path, key) => call("GET", path, key),
    put: (path, key, body) => call("PUT", path, key, body),
    post: (path, key, body, idempotencyKey) => call("POST", path, key, body, idempotencyKey),
  };
}

function describeProblem(text: string): string {
  try {
    const { detail, title, errors } = JSON.parse(text) as {
      detail?: string;
      title?: string;
      errors?: { pointer: string; message: string }[];
    };
    const fields = errors?.map(({ pointer, message }) => `${pointer} ${message}`).join("; ");
    return [detail ?? title, fields].filter(Boolean).join(": ");
  } catch {
    return text.slice(0, 300).replaceAll(/\s+/g, " ");
  }
}
