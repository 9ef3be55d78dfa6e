/* Sessions by the database's functions, called with a client that stands for supabase-js. */
import { expect, test } from 'vitest';
import { BATCH_INTERACTIONS, SupabaseSessions } from '../src/supabase';

type Reply = { data: unknown; error: { message: string; code?: string } | null };

function client(...replies: (Reply | Error)[]) {
  const asked: [string, Record<string, unknown>][] = [];
  return {
    asked,
    async rpc(name: string, values: Record<string, unknown>): Promise<Reply> {
      asked.push([name, values]);
      const reply = replies.shift()!;
      if (reply instanceof Error) throw reply;
      return reply;
    },
  };
}

const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
const rows = (...data: unknown[]): Reply => ({ data, error: null });

test('a session starts, is somewhere, takes an event and ends, by the functions of the database', async () => {
  const supabase = client(
    rows({ session_id: 's', user_id: 'ada', started_at: 'then' }),
    rows({ app_section: 'docs' }),
    rows({ event_id: 'e', fate: 'accepted' }),
    rows({ ended_at: 'later', end_reason: 'logout' }),
  );
  const sessions = new SupabaseSessions(supabase);
  expect(await sessions.startUserSession({ section: 'home' })).toEqual({ ok: true, value: { sessionId: 's', userId: 'ada', startedAt: 'then' } });
  expect(await sessions.updateSessionSection('s', 'docs')).toEqual({ ok: true, value: { section: 'docs' } });
  expect(await sessions.trackUserInteraction('s', { eventType: 'buy', eventData: { plan: 'M' } })).toEqual({ ok: true, value: { eventId: 'e', fate: 'accepted' } });
  expect(await sessions.endUserSession('s', 'logout')).toEqual({ ok: true, value: { endedAt: 'later', reason: 'logout' } });
  expect(supabase.asked).toEqual([
    ['start_user_session', { p_session_id: UUID, p_section: 'home', p_device_id: undefined, p_platform: 'web' }],
    ['update_session_section', { p_session_id: 's', p_section: 'docs', p_event_id: UUID }],
    ['track_user_interaction', { p_session_id: 's', p_event_type: 'buy', p_event_data: { plan: 'M' }, p_event_id: UUID }],
    ['end_user_session', { p_session_id: 's', p_reason: 'logout' }],
  ]);
});

test.each([[BATCH_INTERACTIONS, 1], [BATCH_INTERACTIONS + 1, 2]])('%d events are %d calls', async (count, calls) => {
  const supabase = client(rows({ event_id: 'e', fate: 'accepted' }), rows({ event_id: 'f', fate: 'duplicate' }));
  const answer = await new SupabaseSessions(supabase).batchTrackUserInteractions('s', Array(count).fill({ eventType: 'buy' }));
  expect(supabase.asked.map(([, { p_interactions }]) => (p_interactions as unknown[]).length)).toEqual([BATCH_INTERACTIONS, 1].slice(0, calls));
  expect(answer).toMatchObject({ ok: true, value: [{ eventId: 'e', fate: 'accepted' }, { eventId: 'f', fate: 'duplicate' }].slice(0, calls) });
});

test.each([
  ['a refusal has its HTTP status', { data: null, error: { message: 'no such session', code: 'PT404' } }, { type: 'refused', status: 404, detail: 'no such session' }],
  ['another error has none', { data: null, error: { message: 'Failed to fetch' } }, { type: 'unreachable', status: 0, detail: 'Failed to fetch' }],
  ['a client that throws is no exception', new TypeError('theirs'), { type: 'unreachable', status: 0, detail: 'TypeError: theirs' }],
  ['an answer without a row says what may be missing', rows(), { type: 'unreachable', status: 0, detail: expect.stringContaining('migrations') }],
] as const)('%s', async (_, reply, problem) => {
  expect(await new SupabaseSessions(client(reply as Reply)).endUserSession('s')).toEqual({ ok: false, problem });
});
