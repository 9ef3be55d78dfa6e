/*
 * The smallest backend that the tracker works with, for pages of any origin: the core profile, kept in memory. It also serves files, so that
 * pages that nothing has bundled have an address.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.wasm': 'application/wasm' };

/** Starts it on a port of its own. `roots` says which folder is served at which path; `served` has headers for every file, and further pages. */
export async function startBackend(roots = {}) {
  const received = [];
  const served = { headers: {}, pages: {}, requests: [] };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://backend');
    if (url.pathname.startsWith('/api/sessions/')) return answer(request, response, url, received);
    served.requests.push(url.pathname);
    await serve(response, url.pathname, roots, served);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    received,
    served,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

async function answer(request, response, url, received) {
  // A page's credentials are none of this backend's business; which page asks is not either.
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-headers', '*');
  if (request.method === 'OPTIONS') return response.end();
  let text = '';
  for await (const part of request) text += part;
  const body = JSON.parse(text || '{}');
  received.push({ route: url.pathname.slice('/api/sessions/'.length), body });
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ sessionId: body.sessionId }));
}

async function serve(response, path, roots, { pages, headers }) {
  const [root] = Object.keys(roots).filter((prefix) => path.startsWith(prefix)).sort((one, other) => other.length - one.length);
  const file = root && join(roots[root], normalize(`/${path.slice(root.length)}`));
  const bytes = pages[path] ?? (file && (await readFile(file).catch(() => undefined)));
  if (!bytes) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', ...headers }).end(bytes);
}
