/* Rendering on a server: no document, no effect, nothing loaded. */
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { SessionProvider, useSession } from '../src/react';
import { glue } from './glue';

function Status() {
  return <output>{useSession().state.status}</output>;
}

test('the provider renders on a server as an idle session and makes no tracker', () => {
  const html = renderToString(<SessionProvider options={{ endpoint: '/api/sessions' }}><Status /></SessionProvider>);
  expect(html).toBe('<output>idle</output>');
  expect(glue.trackers).toEqual([]);
  expect(glue.sources).toEqual([]);
});
