import { Injectable } from '@nestjs/common';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { Config } from '../../../kernel/config/config';
import { ScannerAway, VirusScanner, type ScanResult } from './virus-scanner';

/** Until a connection must stand, and a PING be answered (milliseconds). */
const CONNECT_MS = 5_000;
/** How often a stream is sent again at once on which the scanner hung up. */
const MOST_ATTEMPTS = 3;
/** Until a scanner that hung up before is taken to have no objection to a length that it was told (milliseconds). */
const OBJECTION_MS = 3_000;
/** The length of a chunk is an unsigned 32-bit number. */
const MOST_ANNOUNCED_BYTES = 2 ** 32 - 1;
/** An answer is one line. */
const MOST_REPLY_BYTES = 4_096;

/** The connection ended before there was an answer to something that was sent. */
class HungUp extends ScannerAway {
  constructor(
    message: string,
    cause: unknown,
    /** Bytes of the content that had been handed to the connection. */
    readonly sentBytes: number,
  ) {
    super(message, cause);
  }
}

/** What is sent after a command. */
interface Stream {
  content: AsyncIterable<Buffer>;
  /** Bytes that the first chunk announces: on a second try those that were sent when the scanner hung up. 0: chunks as they come. */
  announcedBytes: number;
}

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
    let announcedBytes = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        return verdictOf(await this.ask('zINSTREAM\0', this.deadlineMs, { content: open(), announcedBytes }));
      } catch (error) {
        if (attempt >= MOST_ATTEMPTS || !(error instanceof HungUp)) throw error;
        // clamd hangs up on a stream that is too long, and what it has not read by then resets the connection, its answer
        // with it. A length alone that is too long it answers, and nothing is lost.
        announcedBytes = Math.min(error.sentBytes, MOST_ANNOUNCED_BYTES);
      }
    }
  }

  async check(): Promise<void> {
    const reply = await this.ask('zPING\0', CONNECT_MS);
    if (reply !== 'PONG') throw new ScannerAway('What listens there is no clamd.');
  }

  /** One command on a connection of its own. @returns its answer without the end mark */
  private ask(command: string, deadlineMs: number, stream?: Stream): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.address!, noDelay: true } as NetConnectOpts);
      const received: Buffer[] = [];
      let length = 0;
      let sourceFault: unknown;
      const sent = { bytes: 0 };
      const deadline = setTimeout(() => socket.destroy(new Error('no answer in time')), deadlineMs);
      const connecting = setTimeout(() => socket.destroy(new Error('no connection in time')), CONNECT_MS);
      let fault: unknown;
      socket.on('connect', () => {
        clearTimeout(connecting);
        void this.send(socket, command, sent, stream).catch((error: unknown) => {
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
        const message = `clamd did not answer (${why ?? 'it hung up'}).`;
        const hungUp = stream && why !== 'ECONNREFUSED' && !/in time/.test(String(why));
        reject(hungUp ? new HungUp(message, fault, sent.bytes) : new ScannerAway(message, fault));
      });
    });
  }

  /** @param sent counts what is handed over */
  private async send(socket: Socket, command: string, sent: { bytes: number }, stream?: Stream): Promise<void> {
    socket.write(command);
    if (!stream) return;
    let announced = stream.announcedBytes;
    if (announced > 0) {
      socket.write(lengthOf(announced));
      await closedWithin(socket, OBJECTION_MS);
    }
    for await (const piece of stream.content) {
      // What it may have said meanwhile is read before more is written.
      await new Promise(setImmediate);
      if (socket.destroyed) return;
      sent.bytes += piece.length;
      const rest = piece.subarray(Math.min(announced, piece.length));
      announced -= piece.length - rest.length;
      socket.cork();
      socket.write(piece.subarray(0, piece.length - rest.length));
      if (rest.length > 0) socket.write(lengthOf(rest.length));
      const takesMore = socket.write(rest);
      socket.uncork();
      if (!takesMore) await drained(socket);
    }
    if (!socket.destroyed) socket.write(lengthOf(0));
  }
}

/** @returns a length as INSTREAM wants it: four bytes, the highest first */
function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes);
  return length;
}

/** Until the socket is closed, or the time is over. */
const closedWithin = (socket: Socket, milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      socket.off('close', done);
      resolve();
    }
    socket.once('close', done);
    if (socket.destroyed) done();
  });

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
