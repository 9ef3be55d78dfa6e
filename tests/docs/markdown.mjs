/* The examples in a page of Markdown: where each stands, what it is written in, and its text. */
import { readFileSync } from 'node:fs';

/** The pages whose examples are run. */
export const PAGES = ['README.md', 'pkg/README.md', 'docs/GUIDE.md', 'docs/QUESTIONS.md', 'docs/SETUP.md', 'docs/MIGRATION.md', 'examples/next/README.md'];

/** Every fenced example of a page. `name` tells it from all others: page, heading, language, and its turn among those that share them. */
export function examplesOf(page) {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const turns = new Map();
  let heading = '';
  return [...text.matchAll(/^#+ ([^\n]*)$|^```(\w+)?\n(.*?)^```$/gms)].flatMap(([, title, language = 'text', code]) => {
    if (title !== undefined) return (heading = title), [];
    const place = `${page} § ${heading} § ${language}`;
    const turn = (turns.get(place) ?? 0) + 1;
    turns.set(place, turn);
    return [{ name: turn > 1 ? `${place} ${turn}` : place, page, heading, language, text: code }];
  });
}
