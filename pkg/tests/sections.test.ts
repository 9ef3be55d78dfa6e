// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { followSections, hashPath, pathToSection } from '../src/sections';

const changeSectionDebounced = vi.fn();
const reported = () => changeSectionDebounced.mock.calls.map(([section]) => section as string);
let stop: () => void;

beforeEach(() => {
  changeSectionDebounced.mockReset();
  history.replaceState(null, '', '/');
});
afterEach(() => {
  stop?.();
  delete (window as { navigation?: unknown }).navigation;
});

test.each([
  ['/', 'home'],
  ['', 'home'],
  ['//', 'home'],
  ['/dashboard', 'dashboard'],
  ['/dashboard/today/', 'dashboard'],
  ['/docs?page=2', 'docs'],
  ['/docs#intro', 'docs'],
  ['/?next=/docs', 'home'],
  ['/größe/m', 'größe'],
  [`/${'x'.repeat(200)}`, 'x'.repeat(200)],
  [`/${'x'.repeat(201)}`, 'x'.repeat(200)],
])('the section of %s is %s', (path, section) => {
  expect(pathToSection(path)).toBe(section);
});

test('the section of any path is 1 to 200 characters without a slash, whatever is behind it, and its own section', () => {
  const alphabet = ['/', '/', ' ', '?', '#', 'a', 'ß', '🎈', '\u0000', '.', '%2F', 'x'.repeat(150)];
  // A generator of Lehmer's, so that every run sees the same paths.
  let dice = 1;
  const roll = (sides: number) => (dice = (dice * 48_271) % 0x7fffffff) % sides;
  for (let run = 0; run < 5_000; run += 1) {
    const path = Array.from({ length: roll(8) }, () => alphabet[roll(alphabet.length)]).join('');
    const section = pathToSection(path);
    const length = [...section].length;
    expect(length >= 1 && length <= 200 && !/[/?#]/.test(section), JSON.stringify(path)).toBe(true);
    expect(pathToSection(`/${section}`)).toBe(section);
    const [bare] = path.split(/[?#]/, 1);
    expect(pathToSection(`${bare}?query#fragment`)).toBe(section);
  }
});

describe('without the Navigation API', () => {
  test('pushed and replaced entries change the section, once each', () => {
    stop = followSections({ changeSectionDebounced });
    history.pushState(null, '', '/pricing');
    history.replaceState(null, '', '/docs');
    expect(reported()).toEqual(['pricing', 'docs']);
  });

  test('going back is a navigation too', () => {
    stop = followSections({ changeSectionDebounced });
    history.pushState(null, '', '/pricing');
    history.replaceState.call(history, null, '', '/');
    dispatchEvent(new PopStateEvent('popstate'));
    expect(reported()).toEqual(['pricing', 'home']);
  });

  test('a navigation inside the section is nothing', () => {
    stop = followSections({ changeSectionDebounced });
    history.pushState(null, '', '/?page=2');
    expect(reported()).toEqual([]);
  });

  test('when it stops, the history is as it was', () => {
    const { pushState, replaceState } = history;
    followSections({ changeSectionDebounced })();
    expect([history.pushState, history.replaceState]).toEqual([pushState, replaceState]);
    history.pushState(null, '', '/pricing');
    expect(reported()).toEqual([]);
  });

  test('when it stops, a patch laid over it stays and works, and reports nothing', () => {
    const undo = history.pushState;
    const end = followSections({ changeSectionDebounced });
    const ours = history.pushState;
    const theirs = vi.fn(function (this: History, ...entry: Parameters<History['pushState']>) {
      ours.apply(this, entry);
    });
    history.pushState = theirs;
    end();
    history.pushState(null, '', '/pricing');
    expect(history.pushState).toBe(theirs);
    expect(location.pathname).toBe('/pricing');
    expect(reported()).toEqual([]);
    history.pushState = undo;
  });

  test('a rule that throws does not come out of pushState', () => {
    stop = followSections({ changeSectionDebounced }, () => {
      throw new Error('mine');
    });
    history.pushState(null, '', '/pricing');
    expect(reported()).toEqual([]);
  });
});

describe('applications that route in the fragment', () => {
  test.each([
    ['', '/'],
    ['#', '/'],
    ['#cart', '/'],
    ['#/', '/'],
    ['#/cart', '/cart'],
    ['#!/cart/7', '/cart/7'],
    ['#/cart?step=2', '/cart?step=2'],
  ])('the path in %j is %s', (fragment, path) => {
    history.replaceState(null, '', `/${fragment}`);
    expect(hashPath()).toBe(path);
  });

  test('are followed there on request: a query is nothing, and neither is the path before it', () => {
    stop = followSections({ changeSectionDebounced }, pathToSection, hashPath);
    for (const address of ['/#/cart', '/#/cart?step=2', '/elsewhere#/cart/7', '/elsewhere#/', '/elsewhere#top']) history.pushState(null, '', address);
    expect(reported()).toEqual(['cart', 'home']);
  });

  test('are not without a request', () => {
    stop = followSections({ changeSectionDebounced });
    history.pushState(null, '', '/#/cart');
    expect(reported()).toEqual([]);
  });
});

describe('with the Navigation API', () => {
  test('a router that replaces what it pushed names both places, of which the last one counts', () => {
    const navigation = new EventTarget();
    Object.assign(window, { navigation });
    stop = followSections({ changeSectionDebounced });
    for (const go of [() => history.pushState(null, '', '/login'), () => history.replaceState(null, '', '/home?next=1'), () => history.replaceState(null, '', '/home?next=2')]) {
      go();
      navigation.dispatchEvent(new Event('currententrychange'));
    }
    // Both within the debounce time; the tracker's own stories tell that one change comes of it, also where that is 0.
    expect(reported()).toEqual(['login', 'home']);
  });

  test('one navigation is one change, and the history is left alone', () => {
    const navigation = new EventTarget();
    Object.assign(window, { navigation });
    const { pushState } = history;
    stop = followSections({ changeSectionDebounced }, (path) => `my ${path}`);
    expect(history.pushState).toBe(pushState);
    history.pushState(null, '', '/pricing');
    navigation.dispatchEvent(new Event('currententrychange'));
    dispatchEvent(new PopStateEvent('popstate'));
    expect(reported()).toEqual(['my /pricing']);
    stop();
    history.pushState(null, '', '/docs');
    navigation.dispatchEvent(new Event('currententrychange'));
    expect(reported()).toHaveLength(1);
  });
});
