/*
 * What stands between a page and its server, and goes wrong on request. It has two addresses: `site` serves the page and the package
 * whatever happens and passes API requests on, as one web server in front of everything does; `api` is a host for the API alone, which can
 * refuse connections. It knows requests and answers, and nothing of sessions or events.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';

const PACKAGE = new URL('../../../pkg/dist/session-tracker.iife.js', import.meta.url);

/** An answer of a fault: the connection ends without one. */
export const HANG_UP = Symbol('hang up');
/** An answer of a fault: the server does its work, and its answer is lost. */
export const LOSE_ANSWER = Symbol('lose the answer');

/** Starts a proxy in front of `server`, whose `origin` it reads anew for every request. */
export async function startProxy(server) {
  const proxy = {
    /** Every API request, in order: `at`, `path`, `body`, `outcome`. */
    trace: [],
    /** How many requests were not simply passed on. */
    hits: 0,
    /** Is asked about each API request, and gives what to do instead of passing it on; nothing to pass it on. */
    fault: () => undefined,
    isDown: false,
  };
  const site = await listen(http.createServer((request, response) => (isOfApi(request) ? relay(proxy, server, request, response) : serve(request, response))));
  const api = await listen(http.createServer((request, response) => relay(proxy, server, request, response)));
  return Object.assign(proxy, {
    site: `http://127.0.0.1:${site.address().port}`,
    api: `http://127.0.0.1:${api.address().port}`,
    /** Refuses connections at `api`, and hangs up on API requests at `site`. */
    async refuse() {
      proxy.isDown = true;
      proxy.port = api.address().port;
      await close(api);
    },
    /** Takes connections again. */
    async accept() {
      await listen(api, proxy.port);
      proxy.isDown = false;
    },
    async stop() {
      await Promise.all([site, api].map((host) => host.listening && close(host)));
    },
  });
}

/** The trace in lines, for whoever looks for the cause of a loss. */
export function linesOf(trace) {
  const began = trace[0]?.at;
  return trace.map(({ at, path, body, outcome }) => `${String(at - began).padStart(6)} ms  ${path}  ${body.length} bytes  ${String(outcome)}`);
}

function listen(host, port = 0) {
  return new Promise((resolve, reject) => host.once('error', reject).listen(port, '127.0.0.1', () => resolve(host)));
}

function close(host) {
  return new Promise((resolve) => {
    host.close(resolve);
    host.closeAllConnections();
  });
}

const isOfApi = ({ url }) => url.startsWith('/api/');

async function relay(proxy, server, request, response) {
  if (proxy.isDown) return request.socket.destroy();
  const seen = { at: Date.now(), path: request.url, body: '', outcome: 'the page gave up' };
  proxy.trace.push(seen);
  seen.body = await textOf(request).catch(() => '');
  const instead = proxy.fault(seen);
  if (instead) proxy.hits += 1;
  seen.outcome = instead?.status ?? instead ?? 'passed on';
  if (instead === HANG_UP) return request.socket.destroy();
  if (instead && instead !== LOSE_ANSWER) return answer(request, response, instead);
  const upstream = http.request(server.origin + request.url, { method: request.method, headers: request.headers });
  upstream.on('error', () => {
    seen.outcome = 'the server hung up';
    request.socket.destroy();
  });
  upstream.on('response', (reply) => {
    seen.outcome = reply.statusCode;
    if (instead !== LOSE_ANSWER) {
      response.writeHead(reply.statusCode, reply.headers);
      return reply.on('error', () => request.socket.destroy()).pipe(response);
    }
    seen.outcome = `${reply.statusCode}, lost`;
    reply.on('end', () => request.socket.destroy()).resume();
  });
  upstream.end(seen.body);
  return undefined;
}

/* An answer of the proxy's own, which a page of another origin may read as it may read the server's. */
function answer({ headers: { origin } }, response, { status, headers, body }) {
  const readable = origin ? { 'access-control-allow-origin': origin, 'access-control-expose-headers': 'retry-after' } : {};
  response.writeHead(status, { ...readable, ...headers }).end(body);
}

/* `/?endpoint=…&user-id=…` is a page with a tracker of these options; every other page has none. With `minutes-ahead` its calendar is that wrong. */
function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://site');
  if (pathname === '/session-tracker.iife.js') {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(PACKAGE));
    return;
  }
  const ahead = Number(searchParams.get('minutes-ahead'));
  searchParams.delete('minutes-ahead');
  const calendar = ahead ? `<script>{ const { now } = Date; Date.now = () => now() + ${ahead * 60_000}; }</script>` : '';
  const options = [...searchParams].map(([name, value]) => `data-${name}="${value}"`).join(' ');
  const script = `<script src="/session-tracker.iife.js" ${options}></script>`;
  response
    .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    .end(`<!doctype html><title>Faults</title><link rel="icon" href="data:,">${calendar}${pathname === '/' ? script : '<p>Elsewhere</p>'}`);
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
