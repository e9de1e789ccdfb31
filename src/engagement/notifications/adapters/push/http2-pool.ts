import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { PUSH_TIMEOUT_MS } from './push-sender';

export interface Http2Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Connections at most; requests beyond what they carry at once wait for others to end. */
const MOST_SESSIONS = 8;
/** Requests at once that a server takes which has not said otherwise (RFC 9113 6.5.2 asks it to take 100 at least). */
const STREAMS = 100;
/** After so long without a request a connection is closed (milliseconds). */
const IDLE_MS = 10 * 60_000;

interface Line {
  session: ClientHttp2Session;
  ready: Promise<void>;
  active: number;
}

/**
 * HTTP/2 connections to one origin, opened when they are needed and again when one was lost or asked to go away. Requests
 * on an open connection are on the wire in the tick that they are made in: what was begun before a crash was sent.
 */
export class Http2Pool {
  private lines: Line[] = [];

  constructor(
    private readonly origin: string,
    private readonly ca: string | null,
  ) {}

  /** Sees to it that so many requests can leave at once. @throws what connecting threw */
  async ready(requests: number): Promise<void> {
    for (;;) {
      const open = this.lines;
      const free = open.reduce((sum, line) => sum + Math.max(0, limitOf(line) - line.active), 0);
      if (free < requests && open.length < MOST_SESSIONS) this.open();
      else return void (await Promise.all(this.lines.map(({ ready }) => ready)));
    }
  }

  /** @throws Error with `code` `ECONNREFUSED` and such where nothing left; `TimeoutError` where nothing was heard */
  post(path: string, headers: Record<string, string>, body: string): Promise<Http2Reply> {
    return new Promise((resolve, reject) => {
      const line = this.line();
      const { session } = line;
      line.active += 1;
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: path,
        'content-type': 'application/json',
        ...headers,
      });
      let reply: IncomingHttpHeaders | undefined;
      let text = '';
      stream.setEncoding('utf8');
      stream.setTimeout(PUSH_TIMEOUT_MS, () => {
        reject(Object.assign(new Error('The push service did not answer in time.'), { name: 'TimeoutError' }));
        stream.close(constants.NGHTTP2_CANCEL);
        // A connection on which nothing comes back is of no use to the next one either.
        this.drop(line);
      });
      stream.once('response', (found) => (reply = found));
      stream.on('data', (chunk: string) => (text += chunk));
      stream.once('error', reject);
      stream.once('close', () => {
        line.active -= 1;
        if (reply) resolve({ status: Number(reply[constants.HTTP2_HEADER_STATUS]), headers: reply, body: text });
        else reject(Object.assign(new Error('The push service closed the connection.'), { code: 'ECONNRESET' }));
      });
      stream.end(body);
    });
  }

  close(): void {
    for (const line of this.lines) this.drop(line);
  }

  /** The one with the most room. */
  private line(): Line {
    const [first, ...others] = this.lines;
    if (!first) return this.open();
    return others.reduce((best, line) => (line.active < best.active ? line : best), first);
  }

  private open(): Line {
    const session = connect(this.origin, { ...(this.ca ? { ca: this.ca } : {}) });
    const ready = new Promise<void>((resolve, reject) => {
      session.once('remoteSettings', () => resolve());
      session.once('error', reject);
      session.once('close', () =>
        reject(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })),
      );
    });
    ready.catch(() => undefined);
    const line: Line = { session, ready, active: 0 };
    // Requests under way hear of it by themselves.
    session.on('error', () => this.drop(line));
    session.on('close', () => this.drop(line));
    session.on('goaway', () => this.drop(line));
    session.setTimeout(IDLE_MS, () => this.drop(line));
    session.unref();
    this.lines = [...this.lines, line];
    return line;
  }

  /** Takes no further requests; those under way are answered. */
  private drop(line: Line): void {
    this.lines = this.lines.filter((one) => one !== line);
    if (!line.session.closed) line.session.close();
  }
}

/** `remoteSettings` are there once the server has sent them. */
function limitOf({ session }: Line): number {
  const said = session.connecting ? undefined : session.remoteSettings?.maxConcurrentStreams;
  return said === undefined || said === 0 ? STREAMS : Math.min(said, STREAMS);
}
