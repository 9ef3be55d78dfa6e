/*
 * What the package declares is documented: every member of every public type says what it is; every option its default, an example and, where it
 * is a number, its unit; every state, event and problem has an example.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const { exports } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { exports: Record<string, { types?: string }> };
const entries = [...new Set(Object.values(exports).flatMap(({ types }) => types ?? []))].map(at);
const program = ts.createProgram(entries, { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, jsx: ts.JsxEmit.ReactJSX, types: [], lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] });
const checker = program.getTypeChecker();

/* What an application gets by an `import`, once for each declaration, whichever entry it comes from. */
const declared = new Map<ts.Declaration, string>();
for (const file of entries) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    for (const declaration of symbol.declarations ?? []) declared.set(declaration, exported.name);
  }
}

const textOf = (node: ts.Node): string => ts.getJSDocCommentsAndTags(node).map((part) => part.getText()).join('\n');
const tagsOf = (node: ts.Node): string[] => ts.getJSDocTags(node).map(({ tagName }) => tagName.text);
const nameOf = (node: ts.Node): string => (node as ts.NamedDeclaration).name?.getText() ?? '';
const isPrivate = (node: ts.Node) => node.kind === ts.SyntaxKind.Constructor || /^#|^private\b/.test(node.getText()) || nameOf(node).startsWith('#');

/* Declarations of one name that say it differently, as overloads do, are documented by the first. */
function membersOf(node: ts.Node): ts.Node[] {
  if (!ts.isInterfaceDeclaration(node) && !ts.isClassDeclaration(node)) return [];
  const seen = new Set<string>();
  return [...node.members].filter((member) => !isPrivate(member) && !seen.has(nameOf(member)) && seen.add(nameOf(member)));
}

/* `export const a = …`: the comment stands before the statement. */
const commented = (node: ts.Node): ts.Node => (ts.isVariableDeclaration(node) ? node.parent.parent : node);

test('there is something to judge', () => {
  expect([...declared.values()]).toEqual(expect.arrayContaining(['SessionTracker', 'Options', 'useSession', 'SessionRooms', 'AiSessions', 'SessionCleanupService']));
});

test('everything that is exported says what it is', () => {
  const silent = [...declared].filter(([node]) => textOf(commented(node)) === '').map(([node, name]) => `${name}: ${node.getSourceFile().fileName.split('/').pop()}`);
  expect(silent).toEqual([]);
});

test('so does every member of it', () => {
  const silent = [...declared].flatMap(([node, name]) => membersOf(node).filter((member) => textOf(member) === '').map((member) => `${name}.${nameOf(member)}`));
  expect(silent).toEqual([]);
});

const options = [...declared].filter(([node, name]) => /(Options|Props)$/.test(name) && ts.isInterfaceDeclaration(node)).flatMap(([node, name]) => membersOf(node).map((member) => ({ name: `${name}.${nameOf(member)}`, member: member as ts.PropertySignature })));

test('every option has an example, and its default where it may be left out', () => {
  expect(options.length).toBeGreaterThan(30);
  const lacking = options.flatMap(({ name, member }) => {
    const wanted = ['example', ...(member.questionToken ? ['defaultValue'] : [])];
    return wanted.filter((tag) => !tagsOf(member).includes(tag)).map((tag) => `${name}: @${tag}`);
  });
  expect(lacking).toEqual([]);
});

test('every option that is a number says its unit and its range', () => {
  const numbers = options.filter(({ member }) => member.type?.kind === ts.SyntaxKind.NumberKeyword);
  expect(numbers.length).toBeGreaterThan(4);
  const lacking = numbers.filter(({ member }) => !/\d+ to [\d,]+/.test(textOf(member)) || !/second|minute|part of/.test(textOf(member)));
  expect(lacking.map(({ name }) => name)).toEqual([]);
});

test('every example of an option is one: it compiles as that option’s value', () => {
  const lines = options.map(({ name, member }, index) => {
    const [type] = name.split('.');
    const example = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'example');
    const value = ts.getTextOfJSDocComment(example?.comment)?.replace(/^`|`$/g, '') ?? '';
    return `export const _${index}: ${type}['${nameOf(member)}'] = ${value}; // ${name}`;
  });
  const imports = entries.map((file, index) => `import type * as e${index} from '${file.replace(/\.d\.ts$/, '.js')}';`);
  const types = [...new Set(options.map(({ name }) => name.split('.')[0]!))].map((type) => {
    const index = entries.findIndex((file) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!).some(({ name }) => name === type));
    return `type ${type} = e${index}.${type};`;
  });
  const source = [...imports, ...types, "declare const analytics: { send(...values: unknown[]): void }; declare function currentUser(): Promise<{ accessToken: string }>; declare function show(message: string): void; declare const App: () => null;", `declare const tracker: e${entries.findIndex((file) => file.endsWith('/index.d.ts'))}.SessionTracker;`, ...lines].join('\n');
  expect(faultsOf(source)).toEqual([]);
});

test('states, events, problems and accounts have an example each', () => {
  const wanted = ['SessionState', 'TrackerEvents', 'Ledger', 'Diagnosis', 'SessionStats', 'RoomEvent', 'Problem', 'Answer', 'EndReason', 'LogEvent', 'SessionStatsState'];
  const lacking = [...declared].filter(([node, name]) => wanted.includes(name) && !tagsOf(node).includes('example')).map(([, name]) => name);
  expect(lacking).toEqual([]);
});

test('each case of a union, and each reason, is told apart in words', () => {
  const unions = [...declared].filter(([node, name]) => ts.isTypeAliasDeclaration(node) && ts.isUnionTypeNode(node.type) && ['SessionState', 'RoomEvent', 'SessionStatsState', 'RefusalReason', 'EndReason', 'Person'].includes(name));
  expect(unions.length).toBeGreaterThan(3);
  const silent = unions.flatMap(([node, name]) => {
    const { types } = (node as ts.TypeAliasDeclaration).type as ts.UnionTypeNode;
    const text = node.getFullText();
    return types.filter((each) => !/\*\/\s*\|?\s*$/.test(text.slice(0, each.getStart() - node.getFullStart()))).map((each) => `${name}: ${each.getText()}`);
  });
  expect(silent).toEqual([]);
});

test('nothing that is exported is any', () => {
  const found = entries.concat(at('dist/wasm/session_tracker.d.ts'), at('dist/api.d.ts'), at('dist/visit.d.ts'), at('dist/room.d.ts')).flatMap((file) => {
    const source = program.getSourceFile(file);
    const anys: string[] = [];
    const visit = (node: ts.Node): void => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) anys.push(`${file.split('/').pop()}: ${node.parent.parent.getText()}`);
      node.forEachChild(visit);
    };
    // The compiled class and its loader stand behind the package's own, and no entry exports them.
    const isBehind = (statement: ts.Statement) => file.endsWith('session_tracker.d.ts') && (ts.isClassDeclaration(statement) || /InitInput|InitOutput/.test(statement.getText()));
    source?.statements.filter((statement) => !isBehind(statement)).forEach(visit);
    return anys;
  });
  expect(found).toEqual([]);
});

/* What the compiler says of a text that stands beside the sources. */
function faultsOf(source: string): string[] {
  const name = at('tests/examples-of-options.tsx');
  const compilerOptions: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, jsx: ts.JsxEmit.ReactJSX, types: [], lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] };
  const host = ts.createCompilerHost(compilerOptions);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists.call(host, file);
  host.getSourceFile = (file, ...rest) => (file === name ? ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true) : getSourceFile.call(host, file, ...rest));
  const checked = ts.createProgram([name], compilerOptions, host);
  return ts.getPreEmitDiagnostics(checked).map(({ start, messageText }) => {
    const line = source.slice(0, start).split('\n').length;
    return `${source.split('\n')[line - 1]}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
