/* Passes a request of the tracker's on to the session backend as it came, and the answer back. */

const backend = process.env.SESSION_BACKEND ?? 'http://127.0.0.1:8787';

/* What the backend has to see of the browser's request. Forwarding all headers would also forward this site's cookies. */
const PASSED = ['authorization', 'content-type', 'user-agent'];

export async function proxy(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers();
  for (const name of PASSED) {
    const value = request.headers.get(name);
    if (value) headers.set(name, value);
  }
  const body = request.method === 'GET' ? undefined : await request.arrayBuffer();
  try {
    const answer = await fetch(backend + pathname + search, { method: request.method, headers, body, cache: 'no-store' });
    return new Response(answer.body, { status: answer.status, headers: { 'content-type': answer.headers.get('content-type') ?? 'application/json' } });
  } catch {
    // The tracker keeps its events and tries again.
    return new Response(null, { status: 502 });
  }
}
