/* A backend that answers from a list, and remembers what it was asked. */

export interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown> | undefined;
  bearer: string | null;
}

export type Given = { status?: number; body?: unknown; headers?: Record<string, string> } | Error;

/** Gives its answers in their order, and the last one for ever. */
export function backend(...answers: Given[]): { fetch: typeof fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  const ask = async (address: string, { method = 'GET', body, headers }: RequestInit = {}): Promise<Response> => {
    const bearer = new Headers(headers).get('authorization');
    asked.push({ method, path: address, body: typeof body === 'string' ? JSON.parse(body) : undefined, bearer });
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
    if (answer instanceof Error) throw answer;
    return new Response(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}), answer);
  };
  return { fetch: ask as typeof fetch, asked };
}

/** A problem as the API writes it. */
export function problem(status: number, type: string, detail = type): Given {
  return { status, body: { type: `urn:session-tracker:problem:${type}`, detail } };
}
