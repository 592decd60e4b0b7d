type Flow = {
  /** Whether one that is on its way still is what the user wants, and not only about to end. */
  isGoingOn: () => boolean | Promise<boolean>;
  start: () => Promise<boolean>;
};

/** Starts with all their questions, one at a time for each sandbox. */
export class StartFlows<Sandbox extends object> {
  readonly #running = new WeakMap<Sandbox, Promise<boolean>>();

  /** Starts, or joins the start that is on its way; one that has been given up is waited for instead. */
  async run(sandbox: Sandbox, flow: Flow): Promise<boolean> {
    for (;;) {
      const running = this.#running.get(sandbox);
      if (running === undefined) break;
      const joins = await flow.isGoingOn();
      const isStarted = await running;
      if (isStarted || joins) return isStarted;
    }
    const started = flow.start().finally(() => this.#running.delete(sandbox));
    this.#running.set(sandbox, started);
    return started;
  }

  /** Resolves when nothing is on its way. */
  async ended(sandbox: Sandbox): Promise<void> {
    await this.#running.get(sandbox);
  }
}
