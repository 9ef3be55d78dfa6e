/*
 * Asking a backend, for what stands beside the tracker: rooms, AI sessions, administration, other people's tests. It knows bearers, problems
 * (RFC 9457) and when to ask again; of what is asked it knows nothing. It never rejects: a question has an answer or a problem.
 */
import { described } from './described.js';

/** How to reach a backend. */
export interface ApiOptions {
  /**
   * The API's address: an http(s) URL, or in a page a path such as `/api/rooms`.
   * @defaultValue what the entry says
   * @example `'https://sessions.example/api/rooms'`
   */
  endpoint?: string;
  /**
   * Gives the bearer. Asked before the first request, and again when the backend refuses the last one (401).
   * @defaultValue none: requests carry no bearer
   * @example `async () => (await currentUser()).accessToken`
   */
  getToken?: () => string | undefined | Promise<string | undefined>;
  /**
   * Your name for the person, for a backend without login. A backend with login takes the subject of the bearer.
   * @defaultValue nobody is named
   * @example `'ada'`
   */
  userId?: string;
  /**
   * Hears, at debug level, what is done.
   * @defaultValue nothing is ever logged
   * @example `console`
   */
  logger?: { debug(message: string): void };
  /**
   * In place of the browser's own `fetch`: for tests, and for frameworks that bring one.
   * @defaultValue the browser's own
   * @example `(request, init) => fetch(request, { ...init, credentials: 'omit' })`
   */
  fetch?: typeof fetch;
}

/**
 * Why a question has no answer. Tell the cases apart by `type`: `unreachable` if nobody answered as the API says, `unserialisable` if what was
 * given has no JSON form, else the backend's word.
 * @example `{ type: 'session-not-found', status: 404, detail: 'Session not found or inactive' }`
 */
export interface Problem {
  /** The last part of the backend's problem type, such as `session-not-found`. */
  readonly type: string;
  /** The HTTP status; 0 if there was none. */
  readonly status: number;
  /** A sentence for people. */
  readonly detail: string;
}

/**
 * An answer, or the problem that stands in its place.
 * @example `if (answer.ok) use(answer.value); else show(answer.problem.detail)`
 */
export type Answer<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: Problem };

type Json = Record<string, unknown>;

interface Attempt<Value> {
  answer: Answer<Value>;
  /** Whether another attempt may end better, and after how many milliseconds the backend wants it. */
  again: boolean;
  after?: number;
}

/** Attempts at one request, the first included: with the pauses between them about a quarter of a minute, which a person may wait. */
export const ATTEMPTS = 5;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const RETRIED = [408, 429, 500, 502, 503, 504];

export class Api {
  #options: ApiOptions;
  #endpoint: string;
  #bearer: string | undefined;

  constructor(options: ApiOptions, endpoint: string) {
    this.#options = options;
    const address: unknown = options.endpoint ?? endpoint;
    if (typeof address !== 'string') throw new TypeError(`option \`endpoint\` must be an http(s) URL or a path; it was ${described(address)}`);
    this.#endpoint = address.replace(/\/$/, '');
  }

  /** Reads. Where nobody logs in, the question says about whom. */
  get<Value>(path: string, query: Json = {}): Promise<Answer<Value>> {
    const asked = Object.entries({ userId: this.#namedUser(), ...query }).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(asked.map(([name, value]) => [name, String(value)])).toString();
    return this.#ask(search ? `${path}?${search}` : path, { method: 'GET' });
  }

  /** Writes. With `patient`, a request that nobody answered is made again, which what is asked must bear. */
  async post<Value>(path: string, body: Json, patient = false): Promise<Answer<Value>> {
    let written: string;
    try {
      written = JSON.stringify({ userId: this.#namedUser(), ...body });
    } catch (cause) {
      return { ok: false, problem: { type: 'unserialisable', status: 0, detail: `What was given has no JSON form. ${described(cause)}` } };
    }
    const request = { method: 'POST', body: written };
    for (let attempt = 1; ; attempt += 1) {
      const { answer, again, after } = await this.#attempt<Value>(path, request);
      if (!again || !patient || attempt === ATTEMPTS) return answer;
      await pause(Math.min(after ?? Math.random() * FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE));
    }
  }

  debug(message: string): void {
    try {
      this.#options.logger?.debug(message);
    } catch {
      // The host's logger is its own affair.
    }
  }

  #namedUser(): string | undefined {
    return this.#options.getToken ? undefined : this.#options.userId;
  }

  async #ask<Value>(path: string, request: RequestInit): Promise<Answer<Value>> {
    return (await this.#attempt<Value>(path, request)).answer;
  }

  async #attempt<Value>(path: string, request: RequestInit): Promise<Attempt<Value>> {
    try {
      const held = this.#bearer;
      let response = await this.#fetch(path, request);
      // A bearer that was held from before may have expired since; one that was asked for just now has not.
      if (response.status === 401 && held) {
        this.#bearer = undefined;
        response = await this.#fetch(path, request);
      }
      return await read<Value>(response);
    } catch (cause) {
      const detail = `The backend at ${this.#endpoint} could not be reached. ${described(cause)}`;
      return { answer: { ok: false, problem: { type: 'unreachable', status: 0, detail } }, again: true };
    }
  }

  async #fetch(path: string, request: RequestInit): Promise<Response> {
    this.#bearer ??= await this.#options.getToken?.();
    const headers: Record<string, string> = {};
    if (request.body) headers['content-type'] = 'application/json';
    if (this.#bearer) headers.authorization = `Bearer ${this.#bearer}`;
    // Called without a receiver: the browser's own refuses to be a method of anything but the window.
    const ask = this.#options.fetch ?? fetch;
    return ask(this.#endpoint + path, { ...request, headers });
  }
}

async function read<Value>(response: Response): Promise<Attempt<Value>> {
  const { status } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const isObject = typeof body === 'object' && body !== null;
  if (response.ok && isObject) return { answer: { ok: true, value: body as Value }, again: false };
  const { type, detail, title } = (isObject ? body : {}) as { [name in 'type' | 'detail' | 'title']?: unknown };
  const after = Number(response.headers.get('retry-after') ?? NaN) * 1_000;
  if (typeof type !== 'string') {
    // A captive portal's 200 and a proxy's page for a missing address are no answers of the API.
    const problem = { type: 'unreachable', status, detail: `What answered with status ${status} is not the API: is the endpoint right?` };
    return { answer: { ok: false, problem }, again: true };
  }
  const problem = { type: type.split(/[:/]/).at(-1) ?? type, status, detail: String(detail ?? title ?? type) };
  return { answer: { ok: false, problem }, again: RETRIED.includes(status), ...(after >= 0 && { after }) };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
