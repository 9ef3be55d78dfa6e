/*
 * What the cost of tracking is compared between, each behind the same three functions: `open()`, `log(number)`, and `close()`, which resolves
 * when everything is delivered. Runs in the page.
 */
const event = (number) => ['button_click', { name: 'buy', number, plan: 'Größe M', price: 12.5 }];

/* What the loop itself costs. */
const empty = { open() {}, log: event, close() {} };

/* What somebody writes in an afternoon: an array, sent at 50 events or after 5 s. What fails is lost. */
const naive = {
  open() {
    const waiting = [];
    const sending = new Set();
    let timer;
    const send = () => {
      clearTimeout(timer);
      timer = undefined;
      const request = fetch('/collect', { method: 'POST', body: JSON.stringify(waiting.splice(0)), keepalive: true });
      sending.add(request);
      request.finally(() => sending.delete(request));
    };
    this.log = (number) => {
      const [type, data] = event(number);
      waiting.push({ type, data, at: Date.now() });
      if (waiting.length >= 50) send();
      else timer ??= setTimeout(send, 5000);
    };
    this.close = () => {
      if (waiting.length > 0) send();
      return Promise.all(sending);
    };
  },
};

const ours = {
  async open() {
    const tracker = await SessionTracker.create({ endpoint: '/api/sessions' });
    await tracker.start();
    this.log = (number) => tracker.logEvent(...event(number));
    this.close = async () => {
      await tracker.flush();
      const { accepted, delivered } = tracker.ledger;
      if (accepted !== delivered) throw new Error(`${accepted} were accepted and ${delivered} delivered`);
    };
  },
};

const adapters = { empty, naive, ours };

/** Logs `events` events, 10 every 10 ms, and resolves when all are delivered. */
async function logEvenly(adapter, events) {
  await new Promise((resolve) => {
    let number = 0;
    const tick = () => {
      for (let left = 10; left > 0; left -= 1) adapter.log((number += 1));
      if (number < events) setTimeout(tick, 10);
      else resolve();
    };
    tick();
  });
  await adapter.close();
}

/** The microseconds of each of `blocks` blocks of 100 calls, and of each of as many single calls; a block a task. */
async function timeCalls(adapter, blocks) {
  const blockTimes = [];
  const callTimes = [];
  for (let block = 0; block < blocks; block += 1) {
    const began = performance.now();
    for (let number = 0; number < 100; number += 1) adapter.log(number);
    blockTimes.push((performance.now() - began) * 1000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (let number = 0; number < 100; number += 1) {
      const start = performance.now();
      adapter.log(number);
      callTimes.push((performance.now() - start) * 1000);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await adapter.close();
  return { blockTimes, callTimes };
}
