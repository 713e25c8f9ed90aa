/* How long the page takes from a key to its letter on the screen, and how evenly it draws while something moves. */
() => {
  const painted = () => new Promise((resolve) => {
    requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = () => resolve(performance.now()); channel.port2.postMessage(0); });
  });

  window.pace = {
    keys: [],
    /** From now on every key pressed is timed until the frame with its effect has been drawn. */
    watchKeys() {
      this.keys = [];
      this.ends?.abort();
      this.ends = new AbortController();
      addEventListener("keydown", async ({ timeStamp }) => { this.keys.push(await painted() - timeStamp); }, { capture: true, signal: this.ends.signal });
    },

    /** Scrolls a log up until its first message is this one; the most messages that were in the document on the way. */
    async toFirst(log, id) {
      let most = 0;
      for (;;) {
        const rows = log.querySelectorAll("article");
        most = Math.max(most, rows.length);
        log.scrollTop = 0;
        if (rows[0].dataset.id === id) return most;
        await new Promise(requestAnimationFrame);
      }
    },

    /** Scrolls an element by steps, a frame each; the time between each two frames, in ms. */
    async scroll(element, steps, by) {
      const gaps = [];
      let last = await new Promise(requestAnimationFrame);
      for (let step = 0; step < steps; step++) {
        element.scrollTop += by;
        const now = await new Promise(requestAnimationFrame);
        gaps.push(now - last);
        last = now;
      }
      return gaps;
    },
  };
}
