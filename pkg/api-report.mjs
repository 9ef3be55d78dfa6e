/*
 * The public surface of the package as one text, api-report.d.ts: every entry's declarations with all they reach, without comments. It is kept
 * under version control, so that a change of the surface shows as a difference. `npm run api-report` writes it; a test compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const REPORT = here('api-report.d.ts');
/* What is generated for the loader, behind the classes that the package exports. */
const INTERNAL = /^(export (declare )?(function|default|class|type (InitInput|SyncInitInput))|export interface InitOutput)/;

/** What the built package declares. */
export function reportOfBuild() {
  const { exports } = JSON.parse(readFileSync(here('package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(([, target]) => target.types);
  const files = new Map(entries.map(([, { types }]) => [here(types), undefined]));
  for (const file of files.keys()) {
    const source = parse(file);
    for (const imported of modulesOf(source)) files.set(join(dirname(file), imported.replace(/\.js$/, '.d.ts')), undefined);
  }
  const parts = [...files.keys()].map((file) => `// ${relative(here('dist'), file)}\n\n${declarationsOf(file)}`);
  const list = entries.map(([entry, { types }]) => `//   session-tracker${entry.slice(1)}: ${types.replace('./dist/', '')}`);
  return `// Written by \`npm run api-report\`. Every entry, and below every declaration that one reaches.\n${list.join('\n')}\n\n${parts.join('\n')}`;
}

/** What is committed. */
export function committedReport() {
  return readFileSync(REPORT, 'utf8');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(REPORT, reportOfBuild());

function parse(file) {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

function modulesOf(source) {
  return source.statements.map(({ moduleSpecifier }) => moduleSpecifier?.text).filter((name) => name?.startsWith('.'));
}

function declarationsOf(file) {
  const source = parse(file);
  const printer = ts.createPrinter({ removeComments: true });
  const isGenerated = file.endsWith('session_tracker.d.ts');
  const statements = source.statements.map((statement) => printer.printNode(ts.EmitHint.Unspecified, statement, source));
  return `${statements.filter((text) => !(isGenerated && INTERNAL.test(text))).join('\n')}\n`;
}
