import type { Pool, PoolClient } from 'pg';

/** Longest wait for connections to say goodbye (milliseconds). */
const GOODBYE_MS = 2_000;

/**
 * Watches a new pool and returns how to end it: `pool.end()` resolves before its connections are closed, and a server
 * that is stopped right afterwards would report them as lost.
 */
export function endable(pool: Pool): () => Promise<void> {
  const open = new Set<PoolClient>();
  let goodbye: () => void = () => undefined;
  pool.on('connect', (client) => open.add(client));
  pool.on('remove', (client) => {
    open.delete(client);
    if (open.size === 0) goodbye();
  });
  return async () => {
    if (!pool.ending) await pool.end();
    if (open.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const closed = new Promise<void>((resolve) => (goodbye = resolve));
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GOODBYE_MS)));
    await Promise.race([closed, late]);
    clearTimeout(timer);
  };
}
