/*
 * From an HTTP request to a handler's JSON and back: the two content types, problems, and the headers for pages of another origin. It knows
 * nothing of sessions; any web framework does the same.
 */
import { createServer } from 'node:http';

const BODY_BYTES = 65_536;

/* What a client did wrong. The tracker compares the end of `type` only; `detail` is for people. */
export class Problem extends Error {
  constructor(status, type, detail, more) {
    super(detail);
    this.reply = { type: `https://example.com/problems/${type}`, title: type.replaceAll('-', ' '), status, detail, ...more };
  }
}
export const invalid = (pointer, detail) => new Problem(422, 'invalid-request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] });

/* A member that is a text, or absent; `null` is as good as absent. */
export function text(said, name) {
  const value = said[name] ?? undefined;
  if (value !== undefined && (typeof value !== 'string' || !value)) throw invalid(`/${name}`, 'is a text');
  return value;
}

export function uuid(said, name) {
  const value = text(said, name);
  if (value && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) throw invalid(`/${name}`, 'is a UUID');
  return value?.toLowerCase();
}

/* Listens on this machine alone, on PORT (0 takes any free one), and says where. */
export function serve(handlers) {
  const server = createServer(async (request, response) => {
    const page = process.env.ALLOW_ORIGIN;
    if (page) response.setHeader('access-control-allow-origin', page).setHeader('access-control-allow-headers', 'authorization, content-type');
    if (page && request.method === 'OPTIONS') return response.writeHead(204).end();
    const [status, reply] = await answer(handlers, request).catch(told);
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(reply));
  });
  return server.listen(process.env.PORT ?? 8790, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/api/sessions`));
}

async function answer(handlers, request) {
  const url = new URL(request.url, 'http://localhost');
  const handler = handlers[`${request.method} ${url.pathname.replace('/api/sessions/', '')}`];
  if (!handler) throw new Problem(404, 'not-found', 'There is nothing here.');
  return handler({ query: Object.fromEntries(url.searchParams), body: request.method === 'POST' ? await bodyOf(request) : {} });
}

/* The body is JSON whether it comes as application/json or, as from a beacon, as text/plain. */
async function bodyOf(request) {
  const type = request.headers['content-type']?.split(';')[0].trim();
  if (!['application/json', 'text/plain'].includes(type)) throw new Problem(415, 'unsupported-media-type', 'Send JSON.');
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) if ((bytes += chunk.length) <= BODY_BYTES) chunks.push(chunk);
  if (bytes > BODY_BYTES) throw new Problem(413, 'payload-too-large', `A body has at most ${BODY_BYTES} bytes.`);
  let body;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (error) {
    throw new Problem(400, 'invalid-json', error.message);
  }
  if (typeof body !== 'object' || !body || Array.isArray(body)) throw invalid('', 'is an object');
  return body;
}

/* Whatever is no Problem is a mistake in here: it is for the log, not for the client. */
function told(error) {
  if (!(error instanceof Problem)) console.error(error);
  const { reply } = error instanceof Problem ? error : new Problem(500, 'internal-error', 'Send it again later.');
  return [reply.status, reply];
}
