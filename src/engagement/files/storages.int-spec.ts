import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import sharp from 'sharp';
import { AzureDouble } from '../../../test/doubles/azure-double';
import { S3Double } from '../../../test/doubles/s3-double';
import { asTenant, testApp } from '../../../test/support/app';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { Database } from '../../kernel/database/database';
import { newId } from '../../kernel/ids/ids';
import { AzureStorage } from './adapters/azure-storage';
import type { BlobStorage } from './adapters/blob-storage';
import { LocalStorage } from './adapters/local-storage';
import { S3Storage } from './adapters/s3-storage';
import { DeleteFileCommand } from './commands/delete-file';
import { InspectBlobCommand } from './commands/inspect-blob';
import { StoreFileCommand } from './commands/store-file';
import { SweepFilesCommand } from './commands/sweep-files';
import { FilesModule } from './files.module';
import { FileContentQuery } from './queries/file-content';

const MIB = 1024 ** 2;
const s3 = new S3Double();
const azure = new AzureDouble();
let folder: string;
let endpoint: string;
let connectionString: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'files-'));
  [endpoint, connectionString] = await Promise.all([s3.start(), azure.start()]);
});
afterAll(async () => {
  await Promise.all([s3.stop(), azure.stop(), rm(folder, { recursive: true, force: true })]);
});

const bucket = (secretAccessKey = s3.key.secret): S3Storage =>
  new S3Storage({
    bucket: s3.bucket,
    region: 'eu-central-1',
    endpoint,
    credentials: { accessKeyId: s3.key.id, secretAccessKey },
    pathStyle: true,
  });
const container = (): AzureStorage => new AzureStorage({ connectionString, container: azure.container });
const STORAGES: [string, () => BlobStorage, () => Promise<number>][] = [
  [
    'a folder',
    () => new LocalStorage(folder),
    async () => (await readdir(folder, { recursive: true, withFileTypes: true })).filter((it) => it.isFile()).length,
  ],
  ['S3', bucket, async () => s3.objects.size + s3.uploads.size],
  ['Azure', container, async () => azure.objects.size],
];

describe.each(STORAGES)('files in %s', (_name, open, count) => {
  const keyOf = (): string => `${newId()}/0a/${newId()}`;
  const all = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray());
  const stream = (bytes: Buffer): Readable =>
    Readable.from(
      Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) => bytes.subarray(i * 65_536, (i + 1) * 65_536)),
    );

  it('are kept whole, read in part, and removed', async () => {
    const storage = open();
    await storage.check();
    for (const size of [1, 70_000, 8 * MIB, 17 * MIB + 5]) {
      const bytes = Buffer.alloc(size, 'abcdefghijk');
      const key = keyOf();
      await storage.put(key, stream(bytes));
      expect((await all(await storage.get(key))).equals(bytes)).toBe(true);
      const range = { start: size - 1, end: size - 1 };
      expect(await all(await storage.get(key, range))).toEqual(bytes.subarray(size - 1));
      await storage.remove(key);
      await storage.remove(key);
      await expect(storage.get(key)).rejects.toMatchObject({ name: 'ObjectMissing' });
    }
    expect(await count()).toBe(0);
  });

  it('leave nothing where their source breaks, early or late', async () => {
    for (const megabytes of [1, 18]) {
      async function* breaking() {
        for (let i = 0; i < megabytes; i++) yield Buffer.alloc(MIB);
        throw new Error('the line broke');
      }
      const key = keyOf();
      await expect(open().put(key, breaking())).rejects.toThrow('the line broke');
      await expect(open().get(key)).rejects.toMatchObject({ name: 'ObjectMissing' });
    }
    expect(await count()).toBe(0);
  });
});

it('a bucket is told to end an upload of which a part fails, and a wrong key is no way in', async () => {
  s3.trouble = (method, url) => (method === 'PUT' && url.searchParams.get('partNumber') === '2' ? 400 : null);
  const parts = (): Readable => Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(MIB)));
  await expect(bucket().put(`${newId()}/0a/${newId()}`, parts())).rejects.toThrow();
  s3.trouble = () => null;
  expect([s3.uploads.size, s3.asked.at(-1)]).toEqual([0, 'DELETE uploadId']);
  await expect(bucket('another secret altogether').check()).rejects.toThrow();
});

it.each([
  ['s3', () => s3.objects],
  ['azure', () => azure.objects],
] as const)('the product keeps files in %s, from upload to the end', async (storage, objects) => {
  const app = await testApp([RecordedRealtimeModule, FilesModule], {
    env: {
      MAINSTAY_FILE_STORAGE: storage,
      S3_BUCKET: s3.bucket,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: s3.key.id,
      S3_SECRET_ACCESS_KEY: s3.key.secret,
      S3_PATH_STYLE: 'true',
      AZURE_STORAGE_CONNECTION_STRING: connectionString,
      AZURE_STORAGE_CONTAINER: azure.container,
    },
  });
  try {
    const tenant = newId();
    const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
    const commands = app.get(CommandBus);
    const photo = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#4a4' } })
      .png()
      .toBuffer();
    const files = Readable.from([{ name: 'a.png', declared: 'image/png', content: Readable.from([photo]) }]);
    const { id } = await inShop(() => commands.execute(new StoreFileCommand({ files, keep: false })));
    expect([...objects().keys()]).toEqual([expect.stringMatching(new RegExp(`^${tenant}/[0-9a-f]{2}/[0-9a-f-]{36}$`))]);
    const [blob] = await app
      .get(Database)
      .readAs<{ id: string }>(tenant, 'select id from files.blobs where tenant_id = $1', [tenant]);
    await inShop(() => commands.execute(new InspectBlobCommand(blob.id)));
    await inShop(() => commands.execute(new SweepFilesCommand()));
    // The picture made anew and its six sizes; what was uploaded is gone.
    expect(objects().size).toBe(7);
    const wanted = { rendition: 'small', format: 'image/webp' } as const;
    const found = await inShop(() => app.get(QueryBus).execute(new FileContentQuery(id, wanted)));
    const small = await sharp(Buffer.concat(await (await found.open(null)).toArray())).metadata();
    expect([small.format, small.width]).toEqual(['webp', 90]);
    await inShop(() => commands.execute(new DeleteFileCommand(id)));
    await inShop(() => commands.execute(new SweepFilesCommand()));
    expect(objects().size).toBe(0);
  } finally {
    await app.close();
  }
});

it('says that the storage is away, and removes later what it could not', async () => {
  const app = await testApp([RecordedRealtimeModule, FilesModule], {
    env: {
      MAINSTAY_FILE_STORAGE: 's3',
      S3_BUCKET: s3.bucket,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: s3.key.id,
      S3_SECRET_ACCESS_KEY: s3.key.secret,
      S3_PATH_STYLE: 'true',
      LOG_LEVEL: 'silent',
    },
  });
  try {
    const tenant = newId();
    const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
    const store = () => {
      const files = Readable.from([{ name: 'a.txt', declared: null, content: Readable.from([Buffer.from('text')]) }]);
      return inShop(() => app.get(CommandBus).execute(new StoreFileCommand({ files, keep: false })));
    };
    s3.trouble = () => 403;
    await expect(store()).rejects.toMatchObject({ code: 'files.storage-unavailable', kind: 'unavailable' });
    s3.trouble = () => null;
    const { id } = await store();
    await inShop(() => app.get(CommandBus).execute(new DeleteFileCommand(id)));
    s3.trouble = () => 403;
    const sweep = () => inShop(() => app.get(CommandBus).execute(new SweepFilesCommand()));
    expect(await sweep()).toEqual({ removed: 0, failed: 1 });
    s3.trouble = () => null;
    expect([await sweep(), s3.objects.size]).toEqual([{ removed: 0, failed: 0 }, 1]);
  } finally {
    await app.close();
    s3.objects.clear();
  }
});
