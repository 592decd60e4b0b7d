import { type Disposable, onDispose } from "./disposables.ts";

export type Listen<T> = (listener: (value: T) => void) => Disposable;

/** A list of listeners, for code that has to run without VS Code in tests. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event: Listen<T> = (listener) => {
    this.#listeners.add(listener);
    return onDispose(() => this.#listeners.delete(listener));
  };

  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
