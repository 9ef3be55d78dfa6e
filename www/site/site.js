/* What a site does by hand: a view of the page, and a form, of which only what the site needs to know is logged. */
sessionTracker.logEvent('page_view', { title: document.title });

document.querySelector('form')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const { topic, message } = Object.fromEntries(new FormData(form));
  sessionTracker.logEvent('form_submit', { form: form.dataset.form, topic, characters: message.length });
  document.querySelector('#thanks').textContent = 'Thank you. This is a demonstration, so nobody will answer.';
  form.reset();
});
