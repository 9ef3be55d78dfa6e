/* Calls made before the tracker's script has loaded wait here; the script makes them when it is ready. Usually written inline. */
window.sessionTracker ||= {
  q: [],
  logEvent(...call) {
    if (this.q.length < 1000) this.q.push(['logEvent', ...call]);
  },
};
