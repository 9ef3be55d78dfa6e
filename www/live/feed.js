/*
 * The two feeds behind the live page: rows as the server stores them, each time from where the last reply ended.
 * It knows nothing of how they are shown.
 */

const PAUSE_MILLISECONDS = 1000;

/** The bearer for the feeds. The server hands it to pages on its own machine only. */
export async function serviceToken() {
  const reply = await fetch('/live/service-token');
  if (reply.status === 404) {
    throw new Error('This server does not hand out its service token here: it does so only to its own machine, and where it serves these pages itself.');
  }
  if (!reply.ok) throw new Error(`The server did not give a service token (status ${reply.status}).`);
  const text = (await reply.text()).trim();
  return text.startsWith('{') ? JSON.parse(text).token : text;
}

/** Calls `show` with every page of new rows, oldest first, and `tell` with what is wrong, or with '' when nothing is. Runs as long as the page. */
export async function follow(feed, token, show, tell) {
  let since;
  for (;;) {
    await untilVisible();
    const reply = await read(feed, token, since).catch((cause) => tell(sentence(cause)));
    if (reply) {
      since = reply.next ?? since;
      tell('');
      show(reply[feed]);
    }
    await pause();
  }
}

async function read(feed, token, since) {
  const query = since ? `?since=${encodeURIComponent(since)}` : '';
  const reply = await fetch(`/api/admin/${feed}${query}`, { headers: { Authorization: `Bearer ${token}` }, cache: 'no-store' });
  if (reply.status === 401) throw new Error('The server no longer takes this service token: load this page again.');
  if (!reply.ok) throw new Error(`The server answered with status ${reply.status}. Trying again…`);
  return reply.json();
}

/* A failed fetch is a TypeError whose text is for programmers. */
function sentence(cause) {
  return cause instanceof TypeError ? 'The server does not answer. Trying again…' : cause.message;
}

/* A page that nobody looks at asks for nothing. */
function untilVisible() {
  if (document.visibilityState === 'visible') return Promise.resolve();
  return new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
}
