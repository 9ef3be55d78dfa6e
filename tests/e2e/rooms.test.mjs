/* Rooms beside the tracker: one heartbeat says for all tabs that the person is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trackerIsLive } from './browser.mjs';
import { openStage } from './stage.mjs';
import { until } from './until.mjs';

const PAGE = `<script type="module">
  import { SessionTracker } from '/pkg/index.js';
  import { SessionRooms } from '/pkg/rooms.js';
  const tracker = await SessionTracker.create({ endpoint: '/api/sessions', userId: 'ada', heartbeatSeconds: 5 });
  await tracker.start();
  window.rooms = new SessionRooms({ tracker, presenceSeconds: 5 });
  window.sessionTracker = tracker;
</script>`;

const stage = openStage();

test('the heartbeat of one tab carries the rooms of both, for the one device they are on', async () => {
  const api = (path, body) => fetch(`${stage.server.origin}/api/rooms${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }).then((reply) => reply.json());
  const rooms = [];
  for (const userId of ['owner', 'owner']) rooms.push((await api('', { userId })).roomId);
  for (const roomId of rooms) await api(`/${roomId}/join`, { userId: 'owner', accessMethod: 'direct' });

  const tabs = [];
  for (const roomId of rooms) {
    const { page, faults } = await stage.openPage();
    const asked = [];
    page.on('request', (request) => request.url().includes('/api/') && asked.push([new URL(request.url()).pathname, request.postDataJSON()]));
    await stage.show(page, PAGE);
    await trackerIsLive(page);
    const joined = await page.evaluate((id) => window.rooms.joinSession(id, { accessMethod: 'invite' }), roomId);
    assert.ok(joined.ok, JSON.stringify(joined));
    tabs.push({ page, faults, asked });
  }
  const carried = () => tabs[0].asked.find(([, body]) => body?.heartbeat && body.rooms?.length === 2);
  await until('a heartbeat carries both rooms', carried);
  assert.deepEqual(carried()[1].rooms.toSorted(), rooms.toSorted());
  const spoken = tabs.map(({ asked }) => asked.length);
  await until('it beats again', () => tabs[0].asked.filter(([, body]) => body?.rooms?.length === 2).length > 1);
  for (const [index, { asked, faults }] of tabs.entries()) {
    const presence = asked.slice(spoken[index]).filter(([path]) => path.endsWith('/presence'));
    assert.deepEqual([presence, faults], [[], []], 'nobody says presence beside it');
  }
  const there = stage.server.rows("SELECT session_id, is_active, device_id FROM session_participants WHERE user_id = 'ada'");
  assert.equal(there.length, 2);
  const [{ device_id }] = stage.server.rows('SELECT device_id FROM user_sessions');
  assert.deepEqual(new Set(there.map((row) => row.device_id)), new Set([device_id]));
});
