import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { PUSH_TIMEOUT_MS } from './push-sender';

export interface ApnsReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** After so long without a request the connection is closed (milliseconds); Apple wants it kept, but not idle for hours. */
const IDLE_MS = 10 * 60_000;

/** One HTTP/2 connection to the APNs, opened with the first request and again when it was lost or asked to go away. */
export class ApnsConnection {
  private session: ClientHttp2Session | null = null;

  constructor(
    private readonly origin: string,
    private readonly ca: string | null,
  ) {}

  /**
   * @throws Error with `code` `ECONNREFUSED` and such where nothing left; `TimeoutError` where nothing was heard
   */
  post(path: string, headers: Record<string, string>, body: string): Promise<ApnsReply> {
    return new Promise((resolve, reject) => {
      const session = this.open();
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
        stream.close(constants.NGHTTP2_CANCEL);
        reject(Object.assign(new Error('The APNs did not answer in time.'), { name: 'TimeoutError' }));
        // A connection on which nothing comes back is of no use to the next one either.
        this.drop(session);
      });
      stream.once('response', (found) => (reply = found));
      stream.on('data', (chunk: string) => (text += chunk));
      stream.once('error', reject);
      stream.once('close', () => {
        if (reply) resolve({ status: Number(reply[constants.HTTP2_HEADER_STATUS]), headers: reply, body: text });
        else reject(Object.assign(new Error('The APNs closed the connection.'), { code: 'ECONNRESET' }));
      });
      stream.end(body);
    });
  }

  close(): void {
    this.session?.close();
    this.session = null;
  }

  private open(): ClientHttp2Session {
    if (this.session && !this.session.closed && !this.session.destroyed) return this.session;
    const session = connect(this.origin, { ...(this.ca ? { ca: this.ca } : {}) });
    // Requests under way hear of it by themselves.
    session.on('error', () => this.drop(session));
    session.on('goaway', () => this.drop(session));
    session.setTimeout(IDLE_MS, () => this.drop(session));
    session.unref();
    this.session = session;
    return session;
  }

  /** Takes no further requests; those under way are answered. */
  private drop(session: ClientHttp2Session): void {
    if (this.session === session) this.session = null;
    if (!session.closed) session.close();
  }
}
