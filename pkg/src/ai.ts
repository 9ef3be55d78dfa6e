/*
 * What an application asked of a language model and what it got, kept by the backend beside the person's sessions. The ids are made here, so
 * that everything may be sent again; what of a text may leave the page is the application's to say.
 */
import { Api, type Answer, type ApiOptions, type Problem } from './api.js';
import { described } from './described.js';
import { uuid7 } from './uuid.js';

export type { Answer, ApiOptions, Problem };

/** One exchange with a model. */
export interface AiInteraction {
  /** The AI session it belongs to: a UUID. It need not have been created before. */
  sessionId: string;
  /** What was asked. */
  prompt: string;
  /** What came back. */
  response: string;
  /** The model's name as its vendor writes it. */
  modelUsed?: string;
  /** Tokens of prompt and response together, a whole number from 0. */
  tokensUsed?: number;
}

/** What `new AiSessions()` takes. */
export interface AiOptions extends ApiOptions {
  /**
   * The address of the AI sessions.
   * @defaultValue `/api/ai`
   * @example `'https://sessions.example/api/ai'`
   */
  endpoint?: string;
  /**
   * Sees every interaction before it leaves, and gives what may: without names, numbers, whatever is nobody's business. `null` sends
   * nothing. If it throws, nothing is sent either.
   * @defaultValue everything is sent as it is
   * @example `(interaction) => ({ ...interaction, prompt: interaction.prompt.replace(/\d{12,}/g, '…') })`
   */
  redact?: (interaction: Readonly<AiInteraction>) => AiInteraction | null;
}

/** Writes AI sessions down. Nothing is sent before the first call, and no method throws or rejects. */
export class AiSessions {
  #api: Api;
  #options: AiOptions;

  constructor(options: AiOptions = {}) {
    this.#options = options;
    this.#api = new Api(options, '/api/ai');
  }

  /** Makes a session and gives its id: the one that is given, else a new one. Making one that is there changes nothing. */
  async createSession({ sessionId = uuid7() }: { sessionId?: string } = {}): Promise<Answer<{ readonly sessionId: string }>> {
    const answer = await this.#api.post<{ aiSessionId: string }>('/sessions', { aiSessionId: sessionId }, true);
    return answer.ok ? { ok: true, value: { sessionId: answer.value.aiSessionId } } : answer;
  }

  /** Writes one exchange down, and its session if that is not there. Sent again until the backend answers, five times at most; kept once. */
  async logInteraction(interaction: AiInteraction): Promise<Answer<{ readonly interactionId: string }>> {
    const redacted = this.#redacted(interaction);
    if (!redacted.ok) return redacted;
    const { sessionId: aiSessionId, ...exchange } = redacted.value;
    const answer = await this.#api.post<{ eventId: string }>('/interactions', { eventId: uuid7(), aiSessionId, ...exchange }, true);
    return answer.ok ? { ok: true, value: { interactionId: answer.value.eventId } } : answer;
  }

  #redacted(interaction: AiInteraction): Answer<AiInteraction> {
    const { redact } = this.#options;
    try {
      const value = redact ? redact(Object.freeze({ ...interaction })) : interaction;
      return value ? { ok: true, value } : withheld('The redaction withheld this interaction.');
    } catch (cause) {
      this.#api.debug(`[SessionTracking] An AI interaction was withheld, for its redaction failed: ${described(cause)}`);
      return withheld('The redaction failed, so nothing was sent.');
    }
  }
}

function withheld(detail: string): Answer<never> {
  return { ok: false, problem: { type: 'withheld', status: 0, detail } };
}
