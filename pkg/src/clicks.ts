/*
 * What a page without a framework may have logged for it: clicks on what is marked, links that leave the site, forms that are sent. Of a link
 * or a form it says where it leads and never what was typed; a query may hold a name or a token, so it stays here.
 */
import { propertiesOf } from './dataset.js';

type Log = (eventType: string, eventData: object) => void;

/** Every click on or in a `[data-track]` is a `button_click` with what the element says of itself. */
export function logClicks(log: Log): void {
  on('click', (target) => {
    const element = target.closest<HTMLElement>('[data-track]');
    if (element) log('button_click', propertiesOf(element.dataset));
  });
}

/** Every use of a link to another site is an `outbound_link`. */
export function logOutboundLinks(log: Log): void {
  const follow = (target: Element) => {
    const link = target.closest<HTMLAnchorElement>('a[href]');
    if (link && /^https?:$/.test(link.protocol) && link.host !== location.host) log('outbound_link', { url: link.origin + link.pathname });
  };
  on('click', follow);
  // The middle button opens a tab, and is no click.
  on('auxclick', follow);
}

/** Every form that is sent is a `form_submit`. */
export function logFormSubmits(log: Log): void {
  on('submit', (target) => {
    // Attributes, for a field called `name` or `action` hides the form's own property of that name.
    const form = (name: string) => target.getAttribute(name) ?? undefined;
    const { origin, pathname } = new URL(form('action') ?? '', location.href);
    log('form_submit', { name: form('name') ?? form('id'), url: origin + pathname });
  });
}

/* Captured, for a page's own listener may stop the event; on the window, for elements come and go. */
function on(type: string, listener: (target: Element) => void): void {
  const hear = ({ target }: Event) => {
    if (target instanceof Element) listener(target);
  };
  addEventListener(type, hear, { capture: true, passive: true });
}
