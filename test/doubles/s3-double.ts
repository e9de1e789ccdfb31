import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`);

/** A bucket on loopback that speaks S3: objects, ranges, uploads in parts. Every request must be signed (SigV4), rightly. */
export class S3Double {
  readonly objects = new Map<string, Buffer>();
  readonly uploads = new Map<string, Map<number, Buffer>>();
  readonly asked: string[] = [];
  /** Answers instead of doing, as long as it gives a status. */
  trouble: (method: string, url: URL) => number | null = () => null;
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  constructor(
    readonly bucket = 'files',
    readonly key = { id: 'AKIATEST', secret: 'a-secret-of-the-bucket' },
  ) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const url = new URL(request.url!, 'http://bucket');
    const method = request.method!;
    this.asked.push(`${method} ${[...url.searchParams.keys()].filter((it) => it !== 'x-id').join('&')}`.trim());
    const say = (status: number, text: string | Buffer = '', headers: Record<string, string> = {}): void =>
      void response
        .writeHead(status, { 'content-type': 'application/xml', ...headers })
        .end(method === 'HEAD' ? '' : text);
    const fail = (status: number, code: string): void =>
      say(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    const trouble = this.trouble(method, url);
    if (trouble !== null) return fail(trouble, 'InternalError');
    if (!this.isSigned(request, url, body)) return fail(403, 'SignatureDoesNotMatch');
    const [, bucket, ...path] = url.pathname.split('/');
    const key = decodeURIComponent(path.join('/'));
    if (bucket !== this.bucket) return fail(404, 'NoSuchBucket');
    if (key === '') return say(200);
    const uploadId = url.searchParams.get('uploadId');
    if (method === 'POST' && url.searchParams.has('uploads')) {
      const id = String(this.uploads.size + 1);
      this.uploads.set(id, new Map());
      return say(200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    if (uploadId) return this.inParts(method, key, uploadId, url, body, say, fail);
    if (method === 'PUT') {
      this.objects.set(key, body);
      return say(200, '', { etag: `"${sha256(body).slice(0, 32)}"` });
    }
    if (method === 'DELETE') {
      this.objects.delete(key);
      return say(204);
    }
    const object = this.objects.get(key);
    if (!object) return fail(404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (!range) return say(200, object, { 'content-length': String(object.length) });
    const [start, end] = [Number(range[1]), Math.min(Number(range[2]), object.length - 1)];
    say(206, object.subarray(start, end + 1), { 'content-range': `bytes ${start}-${end}/${object.length}` });
  }

  private inParts(
    method: string,
    key: string,
    id: string,
    url: URL,
    body: Buffer,
    say: (status: number, text?: string, headers?: Record<string, string>) => void,
    fail: (status: number, code: string) => void,
  ): void {
    const parts = this.uploads.get(id);
    if (!parts) return fail(404, 'NoSuchUpload');
    if (method === 'PUT') {
      parts.set(Number(url.searchParams.get('partNumber')), body);
      return say(200, '', { etag: `"${sha256(body).slice(0, 32)}"` });
    }
    this.uploads.delete(id);
    if (method === 'DELETE') return say(204);
    const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, n]) => Number(n));
    const chosen = named.map((n) => parts.get(n));
    const tooSmall = chosen.slice(0, -1).some((part) => !part || part.length < 5 * 1024 ** 2);
    if (tooSmall || chosen.includes(undefined)) return fail(400, 'EntityTooSmall');
    this.objects.set(key, Buffer.concat(chosen as Buffer[]));
    say(200, '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>');
  }

  /** AWS Signature Version 4, computed anew from the request. */
  private isSigned(request: IncomingMessage, url: URL, body: Buffer): boolean {
    const given =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
        request.headers.authorization ?? '',
      );
    if (!given) return false;
    const [, id, day, region, signed, signature] = given;
    const hash = String(request.headers['x-amz-content-sha256']);
    if (id !== this.key.id || (hash !== 'UNSIGNED-PAYLOAD' && hash !== sha256(body))) return false;
    const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
    const fields = signed.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
    const path = url.pathname.split('/').map((it) => encoded(decodeURIComponent(it)));
    const canonical = [request.method, path.join('/'), query.join('&'), fields.join(''), signed, hash].join('\n');
    const scope = `${day}/${region}/s3/aws4_request`;
    const text = `AWS4-HMAC-SHA256\n${String(request.headers['x-amz-date'])}\n${scope}\n${sha256(canonical)}`;
    const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${this.key.secret}`, day), region));
    return hmac(key, text).toString('hex') === signature;
  }
}
