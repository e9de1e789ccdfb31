import { createServer } from 'node:net';
import { EXIT, ExitError } from './exit';

/** Null when `host:port` can be listened on, else the system's error code. */
export function probePort(port: number, host: string): Promise<string | null> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'unknown'));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => done(null)));
  });
}

/** The next free port above `port`, to be suggested; null when none of the next 20 is. */
async function freeAbove(port: number, host: string): Promise<number | null> {
  for (let next = port + 1; next <= Math.min(port + 20, 65535); next += 1) {
    if ((await probePort(next, host)) === null) return next;
  }
  return null;
}

/** Refuses, before anything is started, a port that cannot be listened on; says what to set instead. */
export async function assertPort(port: number, host: string): Promise<void> {
  if (port === 0) return;
  const problem = await probePort(port, host);
  if (problem === null) return;
  if (problem === 'EADDRINUSE') {
    const other = await freeAbove(port, host);
    const advice = other
      ? `Choose another one, ${other} is free: PORT=${other} npm start`
      : 'Choose another one with PORT.';
    throw new ExitError(EXIT.busy, `Port ${port} on ${host} is taken by another program. ${advice}`);
  }
  if (problem === 'EACCES') {
    throw new ExitError(EXIT.notAllowed, `This user may not listen on port ${port}; set PORT to one above 1023.`);
  }
  throw new ExitError(
    EXIT.configuration,
    `Cannot listen on ${host}:${port} (${problem}); set MAINSTAY_HOST to an address of this machine.`,
  );
}
