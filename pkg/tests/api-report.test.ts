import { expect, test } from 'vitest';
// @ts-expect-error a build script, which has no declarations
import { committedReport, reportOfBuild } from '../api-report.mjs';

test('the public surface is the one under version control; if it is meant to differ, `npm run api-report` in pkg/ writes it down', () => {
  expect(reportOfBuild()).toBe(committedReport());
});

test('nothing in the public surface is untyped', () => {
  expect(committedReport()).not.toMatch(/\bany\b/);
});
