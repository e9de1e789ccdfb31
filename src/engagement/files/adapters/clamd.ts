import { Injectable } from '@nestjs/common';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { Config } from '../../../kernel/config/config';
import { ScannerAway, VirusScanner, type ScanResult } from './virus-scanner';

/** Until a connection must stand, and a PING be answered (milliseconds). */
const CONNECT_MS = 5_000;
/** How often a stream is sent again at once on which the scanner hung up. */
const MOST_ATTEMPTS = 3;
/** An answer is one line. */
const MOST_REPLY_BYTES = 4_096;

/** The connection ended while something was being sent. */
class HungUp extends ScannerAway {}

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

  async scan(open: () => AsyncIterable<Buffer>): Promise<ScanResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        return verdictOf(await this.ask('zINSTREAM\0', this.deadlineMs, open()));
      } catch (error) {
        // clamd hangs up on a stream that is too long while it is still being sent, and its answer can be lost with it.
        if (attempt >= MOST_ATTEMPTS || !(error instanceof HungUp)) throw error;
      }
    }
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
      let sending = content !== undefined;
      const deadline = setTimeout(() => socket.destroy(new Error('no answer in time')), deadlineMs);
      const connecting = setTimeout(() => socket.destroy(new Error('no connection in time')), CONNECT_MS);
      let fault: unknown;
      socket.on('connect', () => {
        clearTimeout(connecting);
        void this.send(socket, command, content).then(
          (whole) => (sending = !whole),
          (error: unknown) => {
            sourceFault = error;
            socket.destroy();
          },
        );
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
        const Away = sending && why !== 'ECONNREFUSED' && !/in time/.test(String(why)) ? HungUp : ScannerAway;
        reject(new Away(`clamd did not answer (${why ?? 'it hung up'}).`, fault));
      });
    });
  }

  /** @returns whether everything was sent */
  private async send(socket: Socket, command: string, content?: AsyncIterable<Buffer>): Promise<boolean> {
    socket.write(command);
    if (!content) return true;
    for await (const piece of content) {
      // What it may have said meanwhile is read before more is written.
      await new Promise(setImmediate);
      if (socket.destroyed) return false;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(piece.length);
      socket.write(length);
      if (!socket.write(piece)) await drained(socket);
    }
    if (socket.destroyed) return false;
    socket.write(Buffer.alloc(4));
    return true;
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
