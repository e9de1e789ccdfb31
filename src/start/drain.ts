import type { Server, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Watches a server's requests. The returned function stops listening at once, lets the requests under way be answered
 * (their connections close afterwards, idle ones now) and resolves when none is left or `withinMs` have passed.
 */
export function untilQuiet(server: Server): (withinMs: number) => Promise<void> {
  const open = new Set<ServerResponse>();
  let stopping = false;
  let quiet: () => void = () => undefined;
  // First in line, so that the header is set before anything can answer.
  server.prependListener('request', (_request, response: ServerResponse) => {
    open.add(response);
    if (stopping) response.setHeader('Connection', 'close');
    response.once('close', () => {
      open.delete(response);
      if (stopping && open.size === 0) quiet();
    });
  });
  return async (withinMs) => {
    stopping = true;
    server.close();
    for (const response of open) if (!response.headersSent) response.setHeader('Connection', 'close');
    server.closeIdleConnections();
    if (open.size === 0) return;
    const timer = new AbortController();
    const late = pause(withinMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([new Promise<void>((resolve) => (quiet = resolve)), late]);
    timer.abort();
  };
}
