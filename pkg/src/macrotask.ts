/*
 * Lets the page have its turn between two pieces of work: what is long in one task is short in several, and input is answered in between.
 */

/** Resolves in a task of its own. A timer would do too, but pages behind others have those once a second. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(0);
  });
}
