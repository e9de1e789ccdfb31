import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A container of Azure Blob Storage on loopback: blocks, ranges. Every request must be signed (Shared Key), rightly. */
export class AzureDouble {
  readonly objects = new Map<string, Buffer>();
  readonly asked: string[] = [];
  private readonly blocks = new Map<string, Map<string, Buffer>>();
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  constructor(
    readonly container = 'files',
    readonly account = { name: 'tester', key: Buffer.from('a key of the account').toString('base64') },
  ) {}

  /** @returns the connection string */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as { port: number };
    const { name, key } = this.account;
    return `DefaultEndpointsProtocol=http;AccountName=${name};AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/${name};`;
  }
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const url = new URL(request.url!, 'http://account');
    const method = request.method!;
    const comp = url.searchParams.get('comp');
    this.asked.push(`${method} ${comp ?? ''}`.trim());
    const say = (status: number, content: Buffer | string = '', headers: Record<string, string> = {}): void =>
      void response
        .writeHead(status, { 'x-ms-request-id': '1', 'x-ms-version': '2025-01-05', ...headers })
        .end(content);
    const fail = (status: number, code: string): void => say(status, '', { 'x-ms-error-code': code });
    if (!this.isSigned(request, url)) return fail(403, 'AuthenticationFailed');
    const [, , container, ...path] = url.pathname.split('/');
    const key = decodeURIComponent(path.join('/'));
    if (container !== this.container) return fail(404, 'ContainerNotFound');
    if (key === '') return say(200, '', { etag: '"c"', 'last-modified': new Date(0).toUTCString() });
    const written = {
      etag: '"1"',
      'last-modified': new Date(0).toUTCString(),
      'x-ms-request-server-encrypted': 'true',
    };
    if (method === 'PUT' && comp === 'block') {
      const waiting = this.blocks.get(key) ?? new Map<string, Buffer>();
      this.blocks.set(key, waiting.set(url.searchParams.get('blockid')!, body));
      return say(201, '', written);
    }
    if (method === 'PUT' && comp === 'blocklist') {
      const ids = [...body.toString().matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, id]) => id);
      const blocks = ids.map((id) => this.blocks.get(key)?.get(id));
      if (blocks.includes(undefined)) return fail(400, 'InvalidBlockList');
      this.objects.set(key, Buffer.concat(blocks as Buffer[]));
      this.blocks.delete(key);
      return say(201, '', written);
    }
    const object = this.objects.get(key);
    if (!object) return fail(404, 'BlobNotFound');
    if (method === 'DELETE') {
      this.objects.delete(key);
      return say(202);
    }
    const facts = { ...written, 'content-type': 'application/octet-stream', 'x-ms-blob-type': 'BlockBlob' };
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers['x-ms-range'] ?? request.headers.range ?? ''));
    if (!range) return say(200, object, { ...facts, 'content-length': String(object.length) });
    const [start, end] = [Number(range[1]), Math.min(Number(range[2]), object.length - 1)];
    say(206, object.subarray(start, end + 1), {
      ...facts,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${object.length}`,
    });
  }

  /** Shared Key of the Blob service, computed anew from the request. */
  private isSigned({ method, headers }: IncomingMessage, url: URL): boolean {
    const given = /^SharedKey ([^:]+):(.+)$/.exec(headers.authorization ?? '');
    if (given?.[1] !== this.account.name) return false;
    const field = (name: string): string => String(headers[name] ?? '');
    const length = field('content-length') === '0' ? '' : field('content-length');
    const own = Object.keys(headers)
      .filter((name) => name.startsWith('x-ms-'))
      .sort()
      .map((name) => `${name}:${field(name)}`);
    const query = [...url.searchParams].map(([name, value]) => `\n${name.toLowerCase()}:${value}`).sort();
    const text = [
      method,
      field('content-encoding'),
      field('content-language'),
      length,
      field('content-md5'),
      field('content-type'),
      '',
      field('if-modified-since'),
      field('if-match'),
      field('if-none-match'),
      field('if-unmodified-since'),
      field('range'),
      ...own,
      `/${this.account.name}${url.pathname}${query.join('')}`,
    ].join('\n');
    return createHmac('sha256', Buffer.from(this.account.key, 'base64')).update(text).digest('base64') === given[2];
  }
}
