import { createHash, randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Client } from 'pg';
import { Upload } from 'tus-js-client';
import { expectStatus, type TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server, type TestServer } from '../../../../test/support/server';
import { openShop, signUp, type Shop } from '../../../../test/support/shop';
import { uploaded } from '../../../../test/support/upload';

interface Stored {
  id: string;
  state: string;
  sha256: string;
  mediaType: string;
}
type Problem = { code: string; offset?: number };

/** A line that is cut after so many bytes of each connection, from the client's side. */
class BadLine {
  cuts = 0;
  private readonly server: Server;

  constructor(port: number, cutAfter: (connection: number) => number | null) {
    let connections = 0;
    this.server = createServer((near: Socket) => {
      const most = cutAfter(connections++);
      const far = connect(port, '127.0.0.1');
      let passed = 0;
      let cut = false;
      const end = (): void => void (near.destroy(), far.destroy());
      for (const socket of [near, far]) socket.on('error', end).on('close', end);
      far.on('data', (data) => near.write(data));
      near.on('data', (data) => {
        // A line that broke carries nothing more: bytes with a gap before them would be another file.
        if (cut) return;
        if (most !== null && passed + data.length > most) {
          this.cuts += 1;
          cut = true;
          // What fits still goes through: the line breaks in the middle of something.
          return far.write(data.subarray(0, most - passed), () => end());
        }
        passed += data.length;
        far.write(data);
      });
    });
  }

  listen(): Promise<string> {
    return new Promise((resolve) =>
      this.server.listen(0, '127.0.0.1', () =>
        resolve(`http://127.0.0.1:${(this.server.address() as { port: number }).port}`),
      ),
    );
  }
  close(): void {
    this.server.close();
  }
}

describe('files over HTTP', () => {
  let running: TestServer;
  let shop: Shop;
  let owner: TestClient;

  beforeAll(async () => {
    running = await server();
    shop = await openShop(running.url, 'Files');
    owner = shop.asOwner;
  });

  const api = (path: string, init: RequestInit = {}, token = shop.owner.accessToken): Promise<Response> =>
    fetch(`${running.url}/api/v1${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
  const form = (...files: [text: string, name: string, type?: string][]): RequestInit => {
    const body = new FormData();
    for (const [bytes, name, type] of files) body.append('file', new Blob([bytes], { type }), name);
    return { method: 'POST', body };
  };
  const codeOf = async (answer: Response): Promise<[number, string]> => [
    answer.status,
    ((await answer.json()) as Problem).code,
  ];

  it('takes a form, and hands the file out whole, in part, and not again to who has it', async () => {
    const text = 'line 1\nline 2\nline 3\n'.repeat(500);
    const id = await uploaded(owner, text, 'Übersicht "2026".txt'.replaceAll('"', ''));
    const whole = await api(`/files/${id}/content`);
    expect(await whole.text()).toBe(text);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(text.length),
      'accept-ranges': 'bytes',
      'content-disposition': `inline; filename="Ubersicht 2026.txt"; filename*=UTF-8''%C3%9Cbersicht%202026.txt`,
      'content-security-policy': expect.stringContaining('sandbox'),
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
    });
    expect(whole.headers.get('content-encoding')).toBeNull();
    const etag = whole.headers.get('etag')!;
    const part = async (headers: Record<string, string>, method = 'GET') => {
      const answer = await api(`/files/${id}/content`, { method, headers });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    };
    expect(await part({ range: 'bytes=0-5' })).toEqual([206, `bytes 0-5/${text.length}`, 'line 1']);
    expect(await part({ range: 'bytes=-7' })).toEqual([206, `bytes 10493-10499/${text.length}`, 'line 3\n']);
    expect(await part({ range: `bytes=10493-99999` })).toEqual([206, `bytes 10493-10499/${text.length}`, 'line 3\n']);
    expect(await part({ range: 'bytes=0-1,4-5' })).toEqual([200, null, text]);
    expect(await part({ range: 'bytes=5-2' })).toEqual([200, null, text]);
    expect(await part({ range: 'lines=1-2' })).toEqual([200, null, text]);
    expect(await part({ range: 'bytes=0-5', 'if-range': etag })).toEqual([206, `bytes 0-5/${text.length}`, 'line 1']);
    expect(await part({ range: 'bytes=0-5', 'if-range': '"other"' })).toEqual([200, null, text]);
    expect(await part({ 'if-none-match': `"a", W/${etag}` })).toEqual([304, null, '']);
    expect((await part({}, 'HEAD')).slice(0, 2)).toEqual([200, null]);
    const beyond = await api(`/files/${id}/content`, { headers: { range: 'bytes=10500-' } });
    expect(beyond.headers.get('content-range')).toBe(`bytes */${text.length}`);
    expect(beyond.headers.get('content-type')).toMatch(/problem\+json/);
    expect(await codeOf(beyond)).toEqual([416, 'files.range-unsatisfiable']);
    const saved = await api(`/files/${id}/content?download=true`);
    expect(saved.headers.get('content-disposition')).toMatch(/^attachment/);
  });

  it('refuses forms that are broken, lie, or hold something else', async () => {
    expect(await codeOf(await api('/files', form(['a', 'a.txt'], ['b', 'b.txt'])))).toEqual([400, 'files.no-file']);
    expect(await codeOf(await api('/files', form()))).toEqual([400, 'files.no-file']);
    const other = new FormData();
    other.set('picture', new Blob(['x']), 'x.txt');
    expect(await codeOf(await api('/files', { method: 'POST', body: other }))).toEqual([400, 'files.no-file']);
    expect(await codeOf(await api('/files', form(['text', 'a.jpg', 'image/jpeg'])))).toEqual([
      415,
      'files.type-mismatch',
    ]);
    expect(await codeOf(await api('/files', form(['x', '../../etc/cron.txt'])))).toEqual([400, 'files.name-invalid']);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const begin =
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\nhello';
    for (const body of [begin, `${begin}\r\n--x`, '--y--', ''])
      expect((await api('/files', { method: 'POST', headers, body })).status).toBe(400);
    const cut = { ...headers, 'content-type': 'multipart/form-data' };
    expect((await api('/files', { method: 'POST', headers: cut, body: begin })).status).toBe(400);
    expect((await api('/files', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a' })).status).toBe(
      415,
    );
    // The line breaks in the middle: nothing stays, and the server goes on.
    const { port } = new URL(running.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `POST /api/v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${shop.owner.accessToken}\r\n` +
            `content-type: multipart/form-data; boundary=x\r\ncontent-length: 90000\r\n\r\n${begin}`,
          () => socket.destroy(),
        );
      });
      socket.on('close', () => resolve());
    });
    const sql = new Client({ connectionString: running.database.superuserUrl });
    await sql.connect();
    try {
      await eventually(async () => {
        const { rows } = await sql.query<{ n: number }>(
          `select count(*)::int as n from files.objects o where tenant_id = $1
             and not exists (select 1 from files.blobs b where b.tenant_id = o.tenant_id and b.object_id = o.id)`,
          [shop.id],
        );
        return rows[0].n === 0;
      });
    } finally {
      await sql.end();
    }
  });

  it('shows a shopper its own files, links for anybody, and both no longer than the file is there', async () => {
    const shopper = await signUp(shop.asGuest, { email: `files-${Date.now()}@example.com`, name: 'Sasha' });
    const hers = shop.asGuest.as({ token: shopper.accessToken });
    const id = await uploaded(hers, 'my own');
    const other = await uploaded(owner, 'of the shop');
    expect((await hers.get(`/files/${other}`)).status).toBe(404);
    expect((await hers.get<{ data: Stored[] }>('/files')).body.data.map((it) => it.id)).toEqual([id]);
    expect((await owner.get<{ data: Stored[] }>(`/files?uploadedBy=${shopper.user.id}`)).body.data).toHaveLength(1);
    expect(await codeOf(await api('/files?keep=true', form(['x', 'x.txt']), shopper.accessToken))).toEqual([
      403,
      'files.keep-forbidden',
    ]);
    const { url } = expectStatus(await hers.post<{ url: string }>(`/files/${id}/links`, { seconds: 60 }), 201);
    const at = `${running.url}${new URL(url).pathname}`;
    const opened = await fetch(at, { headers: { range: 'bytes=3-' } });
    expect([opened.status, await opened.text()]).toEqual([206, 'own']);
    expect(opened.headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
    expect((await hers.post(`/files/${other}/links`, {})).status).toBe(404);
    expectStatus(await hers.call('DELETE', `/files/${id}`), 204);
    expect((await fetch(at)).status).toBe(404);
  });

  describe('in pieces (tus)', () => {
    const tus = { 'tus-resumable': '1.0.0' };
    const name = (it: string): string => `filename ${Buffer.from(it).toString('base64')}`;
    const begin = (length: number | string, metadata = name('a.txt'), headers: Record<string, string> = tus) =>
      api('/files/uploads', {
        method: 'POST',
        headers: { ...headers, 'upload-length': String(length), 'upload-metadata': metadata },
      });
    const begun = async (length: number, metadata?: string): Promise<string> => {
      const answer = await begin(length, metadata);
      expect(answer.status).toBe(201);
      return answer.headers.get('location')!.replace('/api/v1', '');
    };
    const send = (at: string, offset: number, body: string | Buffer, headers: Record<string, string> = {}) =>
      api(at, {
        method: 'PATCH',
        headers: {
          ...tus,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(offset),
          ...headers,
        },
        body: body as string,
      });
    const offset = async (at: string): Promise<[number, string | null, string | null]> => {
      const answer = await api(at, { method: 'HEAD', headers: tus });
      return [answer.status, answer.headers.get('upload-offset'), answer.headers.get('upload-length')];
    };

    it('arrives whole over a line that breaks ten times', async () => {
      const bytes = Buffer.from(randomBytes(900_000).toString('base64'));
      const line = new BadLine(Number(new URL(running.url).port), (n) => (n > 60 ? null : 20_000 + n * 2_003));
      const url = await line.listen();
      try {
        const at = await new Promise<string>((resolve, reject) => {
          const upload = new Upload(bytes as never, {
            endpoint: `${url}/api/v1/files/uploads`,
            headers: { authorization: `Bearer ${shop.owner.accessToken}` },
            metadata: { filename: 'long.txt', filetype: 'text/plain' },
            retryDelays: Array.from({ length: 80 }, () => 5),
            chunkSize: 700_000,
            onError: reject,
            onSuccess: () => resolve(upload.url!),
          });
          upload.start();
        });
        expect(line.cuts).toBeGreaterThanOrEqual(10);
        const id = at.split('/').pop()!;
        const stored = expectStatus(await owner.get<Stored>(`/files/${id}`), 200);
        expect(stored.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
        await eventually(async () => (await owner.get<Stored>(`/files/${id}`)).body.state === 'clean');
        expect(Buffer.from(await (await api(`/files/${id}/content`)).arrayBuffer()).equals(bytes)).toBe(true);
        expect(await offset(`/files/uploads/${id}`)).toEqual([200, String(bytes.length), String(bytes.length)]);
      } finally {
        line.close();
      }
    });

    it('keeps to the protocol', async () => {
      const options = await fetch(`${running.url}/api/v1/files/uploads`, { method: 'OPTIONS' });
      expect([options.status, options.headers.get('tus-version'), options.headers.get('tus-extension')]).toEqual([
        204,
        '1.0.0',
        'creation,expiration,checksum,termination',
      ]);
      const old = await begin(5, undefined, { 'tus-resumable': '0.2.2' });
      expect([old.headers.get('tus-version'), ...(await codeOf(old))]).toEqual(['1.0.0', 412, 'files.tus-version']);
      const at = await begun(10);
      expect(await offset(at)).toEqual([200, '0', '10']);
      const first = await send(at, 0, 'hello');
      expect([first.status, first.headers.get('upload-offset'), first.headers.get('tus-resumable')]).toEqual([
        204,
        '5',
        '1.0.0',
      ]);
      const wrong = await send(at, 0, 'hello');
      expect(wrong.headers.get('tus-resumable')).toBe('1.0.0');
      expect(await codeOf(wrong)).toEqual([409, 'files.offset-conflict']);
      expect(await codeOf(await send(at, 5, 'world and more'))).toEqual([413, 'files.beyond-length']);
      expect(await offset(at)).toEqual([200, '5', '10']);
      const sum = (text: string, algorithm = 'sha1'): Record<string, string> => ({
        'upload-checksum': `${algorithm} ${createHash(algorithm).update(text).digest('base64')}`,
      });
      expect(await codeOf(await send(at, 5, 'wor', sum('other')))).toEqual([460, 'files.checksum-mismatch']);
      expect(await codeOf(await send(at, 5, 'wor', { 'upload-checksum': 'md5 aaaa' }))).toEqual([
        400,
        'files.tus-invalid',
      ]);
      expect(await offset(at)).toEqual([200, '5', '10']);
      expect((await send(at, 5, 'wor', sum('wor'))).status).toBe(204);
      const json = await api(at, {
        method: 'PATCH',
        headers: { ...tus, 'content-type': 'application/json' },
        body: '{}',
      });
      expect(json.status).toBe(400);
      expect((await send(at, 8, 'ld', sum('ld', 'sha256'))).status).toBe(204);
      const { sha256 } = expectStatus(await owner.get<Stored>(at.replace('/uploads', '')), 200);
      expect(sha256).toBe(createHash('sha256').update('helloworld').digest('hex'));
      expect(await codeOf(await send(at, 10, 'x'))).toEqual([413, 'files.beyond-length']);
      const given = await begun(10);
      expect((await api(given, { method: 'DELETE', headers: tus })).status).toBe(204);
      expect((await offset(given))[0]).toBe(404);
      expect((await send(given, 0, 'x')).status).toBe(404);
    });

    it('refuses what lies, and leaves nothing of it', async () => {
      expect(await codeOf(await begin(10, name('../a.txt')))).toEqual([400, 'files.name-invalid']);
      expect(await codeOf(await begin(10, 'filename %%%'))).toEqual([400, 'files.tus-invalid']);
      expect(await codeOf(await begin('-1'))).toEqual([400, 'files.tus-invalid']);
      expect(await codeOf(await begin(1e12))).toEqual([413, 'files.too-large']);
      const picture = await begun(5, `${name('a.jpg')},filetype ${Buffer.from('image/jpeg').toString('base64')}`);
      expect(await codeOf(await send(picture, 0, 'hello'))).toEqual([415, 'files.type-mismatch']);
      expect((await offset(picture))[0]).toBe(404);
      // Two senders at once: each byte counts once.
      const at = await begun(6);
      const both = await Promise.all([send(at, 0, 'abc'), send(at, 0, 'xyz')]);
      expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
      expect((await offset(at))[1]).toBe('3');
      const shopper = await signUp(shop.asGuest, { email: `tus-${Date.now()}@example.com`, name: 'Sasha' });
      const asShopper = await api(at, { method: 'HEAD', headers: tus }, shopper.accessToken);
      expect(asShopper.status).toBe(404);
    });
  });
});
