/* The checks that the package gives to other people's tests, on the real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { analyticsTestHelpers } from '../../pkg/dist/testing.js';
import { startServer } from './server.mjs';

let server;
let options;

before(async () => {
  server = await startServer();
  options = { endpoint: `${server.origin}/api/sessions` };
});
after(() => server.stop());

test('the real server keeps a session and its events', async () => {
  const { success, sessionId, eventCount, error } = await analyticsTestHelpers.testSessionAndEventCreation('ada', options);
  assert.deepEqual({ success, eventCount, error }, { success: true, eventCount: 3, error: undefined });
  const stored = server.rows('SELECT status, end_reason FROM user_sessions WHERE id = ?', sessionId);
  assert.deepEqual(stored, [{ status: 'ended', end_reason: 'manual' }]);
  assert.deepEqual(await analyticsTestHelpers.verifyUserSession('ada', options), { success: false, sessionIds: [] });
  assert.deepEqual(await analyticsTestHelpers.verifySessionEvents(sessionId, { ...options, userId: 'ada' }), { success: true, sessionId, eventCount: 3 });
});

test('another user is not told of the session', async () => {
  const { sessionId } = await analyticsTestHelpers.testSessionAndEventCreation('ada', options);
  const { success, error } = await analyticsTestHelpers.verifySessionEvents(sessionId, { ...options, userId: 'grace' });
  assert.equal(success, false);
  assert.match(error, /\S/);
});
