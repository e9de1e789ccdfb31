import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/**
 * Preloaded into a server that is measured (`probed` in heap.ts): answers on HEAP_PROBE_PORT with what is still reachable, in
 * bytes, once garbage is collected. The server itself knows nothing of it.
 */
const { HEAP_PROBE_PORT: port } = process.env;
if (isMainThread && port) {
  // What it starts is not measured.
  delete process.env.NODE_OPTIONS;
  delete process.env.HEAP_PROBE_PORT;
  let collect: (() => void) | undefined;
  const held = async (): Promise<{ heap: number; outside: number }> => {
    // Not from the start: V8 takes compiled code only under the flags that it was compiled with.
    if (!collect) {
      setFlagsFromString('--expose-gc');
      collect = runInNewContext('gc') as () => void;
      setFlagsFromString('--no-expose-gc');
    }
    collect();
    // Buffers that it found are let go of behind it.
    await pause(5);
    const { heapUsed, external } = process.memoryUsage();
    return { heap: heapUsed, outside: external };
  };
  createServer((_request, response) => {
    void held().then((answer) => response.end(JSON.stringify(answer)));
  })
    .listen(Number(port), '127.0.0.1')
    .unref();
}
