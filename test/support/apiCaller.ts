/** What an HTTP client sees of an answer. */
export type Answer<Body> = { status: number; body: Body };

/** Calls the API at `url` with one key, as any client of another language would: by fetch and JSON alone. */
export function createCaller(url: string, key: string) {
  return async function call<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === "" ? null : JSON.parse(text)) as Body };
  };
}

export type Caller = ReturnType<typeof createCaller>;

/** The body of an answer that must be a success. */
export async function expectSuccess<Body>(answer: Promise<Answer<Body>>): Promise<Body> {
  const { status, body } = await answer;
  if (status < 200 || status > 299) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
