import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, ROOT } from './environment';

/** Asks a server what it holds, all garbage collected. */
export interface HeapProbe {
  /** What the server is started with. */
  env: Record<string, string>;
  /**
   * Megabytes in use, in the heap and in buffers outside of it. The server does nothing else meanwhile, so it has some time to itself
   * before it answers again.
   */
  heldMb(): Promise<number>;
}

/** A probe for one server, see heap-probe.ts. */
export async function probed(): Promise<HeapProbe> {
  const port = await freePort();
  let rest = 0;
  return {
    env: {
      HEAP_PROBE_PORT: String(port),
      NODE_OPTIONS: `--require "${path.join(ROOT, 'dist/bench/heap-probe.js')}"`,
    },
    async heldMb() {
      await pause(rest);
      const from = process.hrtime.bigint();
      const answer = await (await fetch(`http://127.0.0.1:${port}`)).json();
      rest = Math.max(100, (2 * Number(process.hrtime.bigint() - from)) / 1e6);
      const { heap, outside } = answer as { heap: number; outside: number };
      return (heap + outside) / 2 ** 20;
    },
  };
}
