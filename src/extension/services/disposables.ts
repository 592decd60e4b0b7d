export type Disposable = { dispose(): unknown };

/** Owns what must end with its owner; what arrives after the end is disposed at once. */
export class DisposableStore implements Disposable {
  #items: Disposable[] = [];
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  /** Ends everything, the last arrival first. */
  dispose(): void {
    this.#disposed = true;
    for (const item of this.#items.splice(0).reverse()) item.dispose();
  }
}

/** Something to call at the end. */
export function onDispose(run: () => unknown): Disposable {
  return { dispose: run };
}
