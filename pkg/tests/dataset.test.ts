// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { optionsOf, propertiesOf } from '../src/dataset';
import { check } from '../src/options';

function dataset(html: string): DOMStringMap {
  const template = document.createElement('div');
  template.innerHTML = html;
  return (template.firstElementChild as HTMLElement).dataset;
}

test('texts, numbers and metadata become options of their type', () => {
  const { options, strangers } = optionsOf(
    dataset(`<b data-endpoint="/api/sessions" data-user-id="ada" data-platform="kiosk" data-section="home" data-replace="user"
      data-namespace="shop" data-persistence="none" data-heartbeat-seconds="60" data-debounce-milliseconds="0"
      data-flush-seconds="2.5" data-metadata='{"plan":"M"}' data-auto-sections data-debug></b>`),
  );
  expect(options).toEqual({
    endpoint: '/api/sessions',
    userId: 'ada',
    platform: 'kiosk',
    section: 'home',
    replace: 'user',
    namespace: 'shop',
    persistence: 'none',
    heartbeatSeconds: 60,
    debounceMilliseconds: 0,
    flushSeconds: 2.5,
    metadata: { plan: 'M' },
  });
  expect(strangers).toEqual([]);
});

test('every option that is no function has its attribute', () => {
  const { options, strangers } = optionsOf(
    dataset(`<b data-endpoint="/api" data-wasm="never" data-consent="pending" data-respect-gpc="false" data-respect-dnt="true" data-sample-rate="0.5"
      data-inactivity-minutes="30"></b>`),
  );
  expect(options).toEqual({
    endpoint: '/api',
    wasm: 'never',
    consent: 'pending',
    respectGpc: false,
    respectDnt: true,
    sampleRate: 0.5,
    inactivityMinutes: 30,
  });
  expect(strangers).toEqual([]);
  expect(() => check(options)).not.toThrow();
});

test('a bare attribute means yes', () => {
  // As browsers give it; happy-dom leaves bare attributes out.
  expect(optionsOf({ respectDnt: '' }).options).toEqual({ respectDnt: true });
});

test('what is no number and no JSON is left to create(), whose error names it', () => {
  const { options } = optionsOf(dataset(`<b data-flush-seconds="soon" data-heartbeat-seconds=" " data-metadata="{plan}"></b>`));
  expect(options).toEqual({ flushSeconds: 'soon', heartbeatSeconds: ' ', metadata: '{plan}' });
});

test('a name that every object has is no option', () => {
  expect(optionsOf({ constructor: 'x' } as unknown as DOMStringMap)).toEqual({ options: {}, strangers: ['constructor'] });
});

test('attributes of other tools are no options', () => {
  const { options, strangers } = optionsOf(dataset(`<b data-endpoint="/api" data-cookieconsent="statistics"></b>`));
  expect(options).toEqual({ endpoint: '/api' });
  expect(strangers).toEqual(['cookieconsent']);
});

test('a tracked element gives its name and its properties', () => {
  const properties = propertiesOf(dataset(`<b data-track="buy" data-track-plan="M" data-track-item-id="7" data-tracker="x"></b>`));
  expect(properties).toEqual({ name: 'buy', plan: 'M', itemId: '7' });
});

test('a property called name does not hide the name', () => {
  expect(propertiesOf(dataset(`<b data-track="buy" data-track-name="sell"></b>`))).toEqual({ name: 'buy' });
});
