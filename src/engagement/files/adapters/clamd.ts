import { Injectable } from '@nestjs/common';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { Config } from '../../../kernel/config/config';
import { ScannerAway, VirusScanner, type ScanResult } from './virus-scanner';

/** Until a connection must stand, and a PING be answered (milliseconds). */
const CONNECT_MS = 5_000;
/** An answer is one line. */
const MOST_REPLY_BYTES = 4_096;

/** What clamd says of files beyond its own limits where `AlertExceedsMax` is on, and of what is locked. */
const BEYOND_LIMITS = /^Heuristics\.Limits\.Exceeded/;
const LOCKED = /^Heuristics\.Encrypted/;

/**
 * ClamAV by its own protocol (clamd(8), INSTREAM over TCP or a local socket). Three outcomes are told apart: FOUND, OK, and an
 * ERROR such as a stream longer than `StreamMaxLength`. A connection that breaks, is refused or falls silent says nothing
 * about the bytes.
 */
@Injectable()
export class Clamd extends VirusScanner {
  private readonly address: { host: string; port: number } | { path: string } | null;
  private readonly deadlineMs: number;

  constructor(config: Config) {
    super();
    this.address = config.clamd;
    this.deadlineMs = config.scanTimeoutMs;
  }

  get isConfigured(): boolean {
    return this.address !== null;
  }

  async scan(content: AsyncIterable<Buffer>): Promise<ScanResult> {
    return verdictOf(await this.ask('zINSTREAM\0', this.deadlineMs, content));
  }

  async check(): Promise<void> {
    const reply = await this.ask('zPING\0', CONNECT_MS);
    if (reply !== 'PONG') throw new ScannerAway('What listens there is no clamd.');
  }

  /** One command on a connection of its own. @returns its answer without the end mark */
  private ask(command: string, deadlineMs: number, content?: AsyncIterable<Buffer>): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.address!, noDelay: true } as NetConnectOpts);
      const received: Buffer[] = [];
      let length = 0;
      let sourceFault: unknown;
      const deadline = setTimeout(() => socket.destroy(new Error('no answer in time')), deadlineMs);
      const connecting = setTimeout(() => socket.destroy(new Error('no connection in time')), CONNECT_MS);
      let fault: unknown;
      socket.on('connect', () => {
        clearTimeout(connecting);
        void this.send(socket, command, content).catch((error: unknown) => {
          sourceFault = error;
          socket.destroy();
        });
      });
      socket.on('data', (data: Buffer) => {
        length += data.length;
        if (length <= MOST_REPLY_BYTES) received.push(data);
        // Its answer ends with a NUL, whether or not it has taken all that is sent.
        if (data.includes(0)) socket.destroy();
      });
      socket.on('error', (error) => (fault = error));
      socket.on('close', () => {
        clearTimeout(deadline);
        clearTimeout(connecting);
        const reply = Buffer.concat(received).toString('latin1');
        // clamd answers a stream that is too long and hangs up while it is still being sent: the answer counts.
        const end = reply.indexOf('\0');
        if (end >= 0) return resolve(reply.slice(0, end).trim());
        if (sourceFault !== undefined) return reject(sourceFault as Error);
        const why = (fault as NodeJS.ErrnoException | undefined)?.code ?? (fault as Error | undefined)?.message;
        reject(new ScannerAway(`clamd did not answer (${why ?? 'it hung up'}).`, fault));
      });
    });
  }

  private async send(socket: Socket, command: string, content?: AsyncIterable<Buffer>): Promise<void> {
    socket.write(command);
    if (!content) return;
    for await (const piece of content) {
      if (socket.destroyed) return;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(piece.length);
      socket.write(length);
      if (!socket.write(piece)) await drained(socket);
    }
    if (!socket.destroyed) socket.write(Buffer.alloc(4));
  }
}

/** Until the socket takes more, or is closed. */
const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
    if (socket.destroyed) done();
  });

/** @throws ScannerAway where it says that it failed itself */
function verdictOf(reply: string): ScanResult {
  if (/^stream: OK$/.test(reply)) return { outcome: 'clean' };
  const found = /^stream: (.+) FOUND$/.exec(reply)?.[1];
  if (found) {
    if (BEYOND_LIMITS.test(found)) return { outcome: 'unscannable', reason: 'beyond-scanner-limits' };
    if (LOCKED.test(found)) return { outcome: 'unscannable', reason: 'encrypted' };
    // Databases of others put what they like into names.
    return { outcome: 'infected', signature: found.replace(/[^\x20-\x7e]/g, '?').slice(0, 200) };
  }
  if (/size limit exceeded/i.test(reply)) return { outcome: 'unscannable', reason: 'beyond-scanner-limits' };
  throw new ScannerAway(`clamd answered: ${reply.slice(0, 200)}`);
}
