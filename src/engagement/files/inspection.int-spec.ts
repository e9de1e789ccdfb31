import { createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { EICAR, HAS_CLAMD, startClamd, type Clamd } from '../../../test/support/clamd';
import { RecordedRealtimeModule, SENT } from '../../../test/support/realtime';
import { nestedZip, zip } from '../../../test/doubles/zip';
import { MessagingRegistry } from '../../kernel/messaging/registry';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { newId } from '../../kernel/ids/ids';
import { InspectBlobCommand } from './commands/inspect-blob';
import { StoreFileCommand } from './commands/store-file';
import { FilesModule } from './files.module';
import { FilesSchedule } from './jobs/files-schedule';
import { FileContentQuery } from './queries/file-content';
import { FindFileQuery, type FileDetails } from './queries/files';

const MIB = 1024 ** 2;
const plain = (text: string): Buffer => Buffer.from(text);
const tar = async (entries: Parameters<ReturnType<typeof pack>['entry']>[0][], data = ''): Promise<Buffer> => {
  const packed = pack();
  for (const entry of entries) packed.entry(entry, entry.type && entry.type !== 'file' ? '' : data);
  packed.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packed) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
};

/** Something at the address of a scanner that behaves as it is told. */
class ScannerDouble {
  asked = 0;
  behave: (socket: Socket, received: number) => void = () => undefined;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.asked += 1;
    this.sockets.add(socket);
    let received = 0;
    socket.on('error', () => undefined);
    socket.on('data', (data) => this.behave(socket, (received += data.length)));
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `tcp://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The product's files with a scanner at this address. */
async function open(env: Record<string, string>, tenant = newId()) {
  const app: TestApp = await testApp([RecordedRealtimeModule, FilesModule], { env });
  const sql = new Client({ connectionString: app.database.superuserUrl });
  await sql.connect();
  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const get = (id: string): Promise<FileDetails> => inShop(() => app.get(QueryBus).execute(new FindFileQuery(id)));
  const inspect = async (): Promise<(number | null)[]> => {
    const { rows } = await sql.query<{ id: string }>('select id from files.blobs where tenant_id = $1', [tenant]);
    const found: (number | null)[] = [];
    for (const { id } of rows)
      found.push((await inShop(() => app.get(CommandBus).execute(new InspectBlobCommand(id)))).againInSeconds);
    return found;
  };
  return {
    app,
    tenant,
    sql,
    get,
    inspect,
    store: (bytes: Buffer, name: string): Promise<FileDetails> => {
      const files = Readable.from([{ name, declared: null, content: Readable.from([bytes]) }]);
      return inShop(() => app.get(CommandBus).execute(new StoreFileCommand({ files, keep: false })));
    },
    /** Uploads it and lets it be judged. */
    judged: async (bytes: Buffer, name: string) => {
      const files = Readable.from([{ name, declared: null, content: Readable.from([bytes]) }]);
      const { id } = await inShop(() => app.get(CommandBus).execute(new StoreFileCommand({ files, keep: false })));
      const { rows } = await sql.query<{ id: string }>(
        'select blob_id as id from files.files where tenant_id = $1 and id = $2',
        [tenant, id],
      );
      await inShop(() => app.get(CommandBus).execute(new InspectBlobCommand(rows[0].id)));
      return get(id);
    },
    content: async (id: string, rendition: 'small' | 'medium' | 'large' | null = null, format = 'webp') => {
      const wanted = { rendition, format: `image/${format}` as 'image/webp' };
      const found = await inShop(() => app.get(QueryBus).execute(new FileContentQuery(id, wanted)));
      return Buffer.concat(await (await found.open(null)).toArray());
    },
    close: async () => {
      await sql.end();
      await app.close();
    },
  };
}
type Files = Awaited<ReturnType<typeof open>>;

(HAS_CLAMD ? describe : describe.skip)('files and a real virus scanner', () => {
  let clamd: Clamd;
  let files: Files;
  beforeAll(async () => {
    clamd = await startClamd();
    files = await open({ LOG_LEVEL: 'silent', CLAMD_URL: clamd.url });
  }, 60_000);
  afterAll(async () => {
    await files?.close();
    await clamd?.stop();
  });

  const eicar = plain(EICAR);
  const jpeg = (): Promise<Buffer> =>
    sharp({ create: { width: 40, height: 30, channels: 3, background: '#a33' } })
      .jpeg()
      .toBuffer();

  it('finds what it looks for in every form, and nothing where nothing is', async () => {
    const cases: [string, Buffer, string][] = [
      ['plain', eicar, 'eicar.txt'],
      ['behind other text', plain(`hello ${EICAR}`), 'letter.txt'],
      ['in a zip', zip([{ name: 'a.txt', data: eicar }]), 'a.zip'],
      ['three deep', nestedZip(eicar, 'a.txt', 3), 'b.zip'],
      ['in a tar.gz', gzipSync(await tar([{ name: 'a.txt' }], EICAR)), 'c.tar.gz'],
      ['in a picture', Buffer.concat([await jpeg(), eicar]), 'd.jpg'],
      [
        'in a document',
        zip([
          { name: '[Content_Types].xml', data: plain('<x/>') },
          { name: 'word/e.bin', data: eicar },
        ]),
        'e.zip',
      ],
    ];
    for (const [form, bytes, name] of cases) {
      const { id, state, reason, scanned } = await files.judged(bytes, name);
      expect([form, state, scanned]).toEqual([form, 'infected', true]);
      expect(reason).toMatch(/^Local\.Eicar/);
      await expect(files.content(id)).rejects.toMatchObject({ code: 'files.not-clean' });
    }
    const good = await files.judged(zip([{ name: 'a.txt', data: plain('nothing at all') }]), 'good.zip');
    expect([good.state, good.scanned]).toEqual(['clean', true]);
    // Known already: nobody has to look again.
    expect((await files.store(eicar, 'again.txt')).state).toBe('infected');
  });

  it('never hands out what hides it in a bomb, twenty archives deep, or behind a password', async () => {
    const bomb = zip([
      { name: 'a.txt', data: eicar },
      { name: 'zeros', data: Buffer.alloc(20 * MIB) },
    ]);
    const cases: [reason: string, Buffer, string][] = [
      ['archive-bomb', bomb, 'bomb.zip'],
      ['archive-bomb', nestedZip(bomb, 'bomb.zip', 2), 'nested-bomb.zip'],
      ['archive-bomb', gzipSync(Buffer.concat([eicar, Buffer.alloc(20 * MIB)])), 'bomb.gz'],
      ['archive-too-deep', nestedZip(eicar, 'a.txt', 20), 'deep.zip'],
      ['archive-encrypted', zip([{ name: 'a.txt', data: eicar, flags: 1 }]), 'locked.zip'],
    ];
    for (const [reason, bytes, name] of cases) {
      const began = process.cpuUsage();
      const found = await files.judged(bytes, name);
      expect([name, found.state, found.reason]).toEqual([name, 'unscannable', reason]);
      // Of CPU: however busy the machine, fast stays fast.
      expect([name, process.cpuUsage(began).user < 5_000_000]).toEqual([name, true]);
      await expect(files.content(found.id)).rejects.toMatchObject({ code: 'files.not-clean' });
    }
  });

  it('sets infected bytes apart, tells the staff and the audit trail', async () => {
    const { sql, tenant } = files;
    const kept = await sql.query<{ key: string }>(
      `select o.key from files.blobs b join files.objects o on o.tenant_id = b.tenant_id and o.id = b.object_id
       where b.tenant_id = $1 and b.state = 'infected'`,
      [tenant],
    );
    expect(kept.rows.length).toBeGreaterThan(5);
    expect(kept.rows.filter(({ key }) => !key.startsWith(`quarantine/${tenant}/`))).toEqual([]);
    SENT.length = 0;
    await files.app.get(DeliveryWorker).drain();
    const told = SENT.filter(({ event }) => event === 'files.infected');
    expect(told[0]).toMatchObject({ to: `staff:${tenant}`, payload: { signature: expect.stringMatching(/Eicar/) } });
  });

  it('keeps shut what is beyond its limits', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 1024 }, (_, i) => 97 + ((i * 7919) % 26)));
    const large = Buffer.concat(Array.from({ length: 40 }, () => noise));
    expect(await files.judged(large, 'large.txt')).toMatchObject({
      state: 'unscannable',
      reason: 'beyond-scanner-limits',
    });
  });

  it('waits while it is gone, and asks again', async () => {
    await clamd.stop();
    const waiting = await files.judged(plain('nobody is there'), 'waiting.txt');
    expect(waiting).toMatchObject({ state: 'pending', reason: 'scanner-away' });
    await expect(files.content(waiting.id)).rejects.toMatchObject({ code: 'files.not-clean' });
  });
});

describe('files and what is packed in them', () => {
  let files: Files;
  beforeAll(async () => {
    files = await open({ MAINSTAY_IMAGE_LIMIT_PIXELS: '1000000' });
  });
  afterAll(() => files?.close());

  const zeros = Buffer.alloc(20 * MIB);
  const nothing = plain('nothing');

  it('keeps shut what unfolds too far, is locked, or leads out of its folder', async () => {
    const overlapping = zip(Array.from({ length: 12_000 }, (_, i) => ({ name: `${i}`, data: nothing, store: true })));
    const cases: [reason: string, Buffer, string][] = [
      ['archive-bomb', zip([{ name: 'zeros', data: zeros }]), 'a.zip'],
      ['archive-bomb', gzipSync(zeros), 'b.gz'],
      ['archive-bomb', nestedZip(zeros, 'zeros', 2), 'c.zip'],
      ['archive-unreadable', zip([{ name: 'zeros', data: zeros, declaredSize: 10 }]), 'd.zip'],
      ['archive-too-deep', nestedZip(nothing, 'a', 20), 'e.zip'],
      ['archive-too-many-entries', overlapping, 'f.zip'],
      ['archive-encrypted', zip([{ name: 'a', data: nothing, flags: 1 }]), 'g.zip'],
      ['archive-unsafe-path', zip([{ name: '../../etc/cron.d/x', data: nothing }]), 'h.zip'],
      ['archive-unsafe-path', zip([{ name: 'a/..\\..\\x', data: nothing }]), 'i.zip'],
      ['archive-unsafe-path', zip([{ name: '/etc/passwd', data: nothing }]), 'j.zip'],
      ['archive-link', zip([{ name: 'a', data: plain('/etc/passwd'), mode: 0o120777 }]), 'k.zip'],
      ['archive-link', await tar([{ name: 'a', type: 'symlink', linkname: '/etc/passwd' }]), 'l.tar'],
      ['archive-unsafe-path', gzipSync(await tar([{ name: '../x' }], 'x')), 'm.tgz'],
      ['archive-unreadable', zip([{ name: 'a', data: nothing }]).subarray(0, 60), 'n.zip'],
      ['archive-unreadable', zip([{ name: 'a.7z', data: Buffer.from('377abcaf271c0004', 'hex') }]), 'o.zip'],
      ['polyglot', Buffer.concat([plain('%PDF-1.7\n%%EOF\n'), zip([{ name: 'a', data: nothing }])]), 'p.pdf'],
    ];
    for (const [reason, bytes, name] of cases) {
      const found = await files.judged(bytes, name);
      expect([name, found.state, found.reason]).toEqual([name, 'unscannable', reason]);
    }
    for (const [bytes, name] of [
      [nestedZip(nothing, 'a.txt', 3), 'fine.zip'],
      [gzipSync(await tar([{ name: 'a.txt' }, { name: 'b/', type: 'directory' }], 'x')), 'fine.tar.gz'],
      [zip([{ name: 'zeros', data: zeros.subarray(0, 15 * MIB) }]), 'dense.zip'],
    ] as const)
      expect([name, (await files.judged(bytes, name)).state]).toEqual([name, 'clean']);
  });

  it('hands out pictures upright, in sizes, and without the place where they were taken', async () => {
    const gps = { IFD0: { Make: 'Canary camera' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1' } };
    const photo = await sharp({ create: { width: 400, height: 200, channels: 3, background: '#36a' } })
      .withExif(gps)
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const tagged = await sharp(photo).withExif(gps).jpeg().toBuffer();
    expect(tagged.includes('Canary camera')).toBe(true);
    const oriented = await sharp(photo).metadata();
    expect(oriented.orientation).toBe(6);
    for (const [bytes, size] of [
      [photo, { width: 200, height: 400 }],
      [tagged, { width: 200, height: 400 }],
    ] as const) {
      const found = await files.judged(bytes, 'photo.jpg');
      expect(found).toMatchObject({ state: 'clean', mediaType: 'image/jpeg', ...size });
      const served = await files.content(found.id);
      expect((await sharp(served).metadata()).exif).toBeUndefined();
      expect(served.includes('Canary camera')).toBe(false);
      expect(found.sizeBytes).toBe(served.length);
      expect(found.renditions).toHaveLength(6);
      const small = await sharp(await files.content(found.id, 'small')).metadata();
      expect([small.format, Math.max(small.width, small.height)]).toEqual(['webp', 320]);
      const large = await sharp(await files.content(found.id, 'large', 'jpeg')).metadata();
      expect([large.format, large.width, large.exif]).toEqual(['jpeg', size.width, undefined]);
    }
    // What was uploaded is gone, place and all: nine objects were made of each, two of which went.
    await files.app.get(FilesSchedule).look();
    const { rows } = await files.sql.query<{ n: number }>(
      `select count(*)::int as n from files.objects o where tenant_id = $1 and remove_at is not null`,
      [files.tenant],
    );
    expect(rows[0].n).toBe(0);
  });

  it('refuses pictures that unfold too far at once, and keeps shut what is none', async () => {
    const bomb = await sharp({ create: { width: 4_000, height: 4_000, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    expect(bomb.length).toBeLessThan(100_000);
    await expect(files.store(bomb, 'bomb.png')).rejects.toMatchObject({ code: 'files.too-many-pixels' });
    const png = await sharp({ create: { width: 64, height: 64, channels: 4, background: '#0000' } })
      .png()
      .toBuffer();
    const broken = await files.judged(png.subarray(0, png.length - 40), 'broken.png');
    expect(broken).toMatchObject({ state: 'unscannable', reason: 'picture-unreadable' });
    const clear = await files.judged(png, 'clear.png');
    expect(clear.state).toBe('clean');
    const svg = await files.judged(plain('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'), 'a.svg');
    expect(svg).toMatchObject({ state: 'clean', mediaType: 'image/svg+xml', renditions: [] });
    const animated = await sharp([png, await sharp(png).negate().png().toBuffer()], { join: { animated: true } })
      .gif()
      .toBuffer();
    const gif = await files.judged(animated, 'moving.gif');
    expect(gif).toMatchObject({ state: 'clean', width: 64, height: 64 });
    expect((await sharp(await files.content(gif.id), { animated: true }).metadata()).pages).toBe(2);
  });
});

describe('files and a scanner that misbehaves', () => {
  const double = new ScannerDouble();
  let files: Files;
  /** Has no patience, for what is never answered; an answer it may miss where the machine is busy. */
  let hasty: Files;
  beforeAll(async () => {
    const env = { LOG_LEVEL: 'silent', CLAMD_URL: await double.start() };
    files = await open(env);
    hasty = await open({ ...env, MAINSTAY_SCAN_TIMEOUT_MS: '150' }, files.tenant);
  });
  afterAll(async () => {
    await hasty?.close();
    await files?.close();
    await double.stop();
  });

  it.each<[string, ScannerDouble['behave'], string]>([
    ['is silent', () => undefined, 'pending'],
    ['hangs up at once', (socket) => socket.destroy(), 'pending'],
    ['hangs up in the middle of the stream', (socket, received) => received > 20 && socket.destroy(), 'pending'],
    ['breaks off in the middle of its answer', (socket) => socket.end('stream: O'), 'pending'],
    ['says something else', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n\0'), 'pending'],
    ['fails itself', (socket) => socket.end("stream: Can't allocate memory ERROR\0"), 'pending'],
    ['has enough', (socket) => socket.end('INSTREAM size limit exceeded. ERROR\0'), 'unscannable'],
    ['finds something', (socket) => socket.end('stream: Win.Test.A FOUND\0'), 'infected'],
    ['finds nothing', (socket, received) => received > 20 && socket.end('stream: OK\0'), 'clean'],
  ])('that %s', async (how, behave, state) => {
    double.behave = behave;
    const asked = state === 'pending' ? hasty : files;
    const found = await asked.judged(plain(`what the scanner does: it ${how}`), 'a.txt');
    expect(found.state).toBe(state);
    expect(found.scanned).toBe(state === 'clean' || state === 'infected');
    if (state === 'pending') {
      expect(found.reason).toBe('scanner-away');
      // Not forgotten: it is asked again, and then it counts.
      double.behave = (socket, received) => received > 20 && socket.end('stream: OK\0');
      await files.inspect();
      expect((await files.get(found.id)).state).toBe('clean');
    }
  });

  it('that hangs up on what is too long is told a length alone, and its answer counts', async () => {
    // As clamd does it: what it has not read when it closes resets the connection, and takes its answer along.
    let told = 0;
    double.behave = (socket, received) => {
      told = received;
      if (received === 14) socket.end('INSTREAM size limit exceeded. ERROR\0');
      else if (received > 14) socket.resetAndDestroy();
    };
    const found = await files.judged(plain('twenty bytes too many'), 'long.txt');
    expect(found).toMatchObject({ state: 'unscannable', reason: 'beyond-scanner-limits' });
    expect(told).toBe(14);
  });

  it('is waited for without an end, by a job that counts no tries', async () => {
    double.behave = (socket) => socket.destroy();
    const { id } = await files.store(plain('patience'), 'p.txt');
    const { rows } = await files.sql.query<{ id: string }>(
      'select blob_id as id from files.files where tenant_id = $1 and id = $2',
      [files.tenant, id],
    );
    const job = files.app.get(MessagingRegistry).job('files.inspect-blob')!;
    const run = () =>
      asTenant(files.tenant, () =>
        job.instance.run({ blobId: rows[0].id }, { id: newId(), attempt: 1, tenantId: files.tenant }),
      );
    const delays: number[] = [];
    for (let i = 0; i < 9; i++) await run().catch((error: { delaySeconds: number }) => delays.push(error.delaySeconds));
    expect(delays).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect((await files.get(id)).state).toBe('pending');
  });
});

describe('files without a scanner', () => {
  it('wait where nobody decided to do without', async () => {
    const files = await open({ MAINSTAY_UNSCANNED_FILES: 'hold' });
    try {
      expect(await files.judged(plain('waits'), 'a.txt')).toMatchObject({ state: 'pending', reason: 'no-scanner' });
      await files.app.get(FilesSchedule).look();
    } finally {
      await files.close();
    }
  });
});
