/*
 * Every example of the documentation is run: in a page of the real server, in Node, in a shell, on PostgreSQL. An example without a story
 * here fails, and so does a story without its example.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { examplesOf, PAGES } from './markdown.mjs';
import { openStage, PROJECT } from './stage.mjs';
import { guide } from './stories/guide.mjs';
import { others } from './stories/others.mjs';
import { setup } from './stories/setup.mjs';

const STORIES = { ...guide, ...setup, ...others };
const examples = PAGES.flatMap(examplesOf);
let stage;

before(async () => {
  stage = await openStage();
});
after(() => stage?.close());

for (const example of examples) {
  test(example.name, async () => {
    const story = STORIES[example.name];
    assert.ok(story, `${example.name} is run by no story: write one in tests/docs/stories`);
    await story(stage, example);
  });
}

test('no story is about an example that is not there', () => {
  const names = examples.map(({ name }) => name);
  assert.deepEqual(Object.keys(STORIES).filter((name) => !names.includes(name)), []);
});

test('the guide’s table has every option there is, and no other', () => {
  const types = readFileSync(join(PROJECT, 'pkg/dist/wasm/session_tracker.d.ts'), 'utf8');
  const [, members] = /export interface Options \{\n(.*?)^\}/ms.exec(types);
  const declared = [...members.matchAll(/^ {2,4}(\w+)\??:/gm)].map(([, name]) => name);
  const [, table] = /^## Options\n(.*?)^## /ms.exec(readFileSync(join(PROJECT, 'docs/GUIDE.md'), 'utf8'));
  const documented = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(documented.sort(), declared.sort());
});

test('every file and folder that a page names is there', () => {
  const pages = [...PAGES, 'docs/ARCHITECTURE.md', 'docs/EXITS.md', 'api/README.md', ...readdirSync(join(PROJECT, 'docs/decisions')).map((name) => `docs/decisions/${name}`)];
  const gone = pages.flatMap((page) =>
    [...readFileSync(join(PROJECT, page), 'utf8').matchAll(/`((?:src|pkg|server|api|www|tests|bench|scripts|docs|examples)\/[\w./-]*)`/g)]
      .filter(([, path]) => !path.startsWith('pkg/dist/') && !existsSync(join(PROJECT, path)))
      .map(([, path]) => `${page}: ${path}`),
  );
  assert.deepEqual(gone, []);
});

/* As GitHub makes them of headings. */
const anchorOf = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');

test('every link between pages leads somewhere', () => {
  const pages = [...PAGES, 'docs/ARCHITECTURE.md', 'api/README.md'];
  const read = (page) => readFileSync(join(PROJECT, page), 'utf8');
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([link, path, anchor]) => {
      const target = path ? join(dirname(page), path) : page;
      if (!existsSync(join(PROJECT, target))) return [`${page}: ${link}`];
      const headings = anchor && [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));
      return anchor && !headings.includes(anchor) ? [`${page}: ${link}`] : [];
    }),
  );
  assert.deepEqual(dead, []);
});
