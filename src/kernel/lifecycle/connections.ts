/** Ways to end connections that never end by themselves (sockets, event streams, long polls). */
const closers = new Set<() => Promise<void> | void>();

/**
 * Registers how to end long-lived connections. It is called once when the process is to end, after it has stopped
 * accepting and before workers and pools are closed; requests under way (long polls) are waited for meanwhile.
 * @returns how to take it back
 */
export function onCloseConnections(close: () => Promise<void> | void): () => void {
  closers.add(close);
  return () => closers.delete(close);
}

/** Ends all of them; one that fails does not keep the others. */
export async function closeConnections(): Promise<void> {
  await Promise.allSettled([...closers].map(async (close) => close()));
}
