/** A lock that a thread holds as long as it lives: whoever waits for it hears of the thread's end, however it came. */

interface LockManager {
  request<T>(name: string, use: () => Promise<T> | T): Promise<T>;
}

/** The runtime has it, its types do not name it yet. */
const { locks } = navigator as unknown as { readonly locks: LockManager };

/** Resolves when the lock is held; it is never given back. */
export function holdForLife(name: string): Promise<void> {
  return new Promise((held) => {
    void locks.request(name, () => {
      held();
      return new Promise<never>(() => {});
    });
  });
}

/** Resolves when the thread that holds the lock has ended. */
export async function endOfLife(name: string): Promise<void> {
  await locks.request(name, () => {});
}
