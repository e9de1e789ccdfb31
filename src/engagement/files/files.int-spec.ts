import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { CommandBus, QueryBus, type Command } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { policyOf } from '../../kernel/auth/policy';
import { GUEST, type Principal } from '../../kernel/auth/principal';
import { clock } from '../../kernel/clock/clock';
import { Config } from '../../kernel/config/config';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { ResourceLimits } from '../../kernel/limits/resource-limits';
import { RetentionRules } from '../../kernel/retention/retention';
import { DeleteFileCommand } from './commands/delete-file';
import { InspectBlobCommand } from './commands/inspect-blob';
import { BeginUploadCommand, ContinueUploadCommand } from './commands/resumable-uploads';
import { StoreFileCommand } from './commands/store-file';
import {
  AttachFilesCommand,
  DetachFilesCommand,
  FileLinkQuery,
  FindFilesQuery,
  type FileOwner,
} from './contracts/files';
import { FilesModule } from './files.module';
import { FilesSchedule } from './jobs/files-schedule';
import { FileContentQuery, LinkedContentQuery, OwnFileLinkQuery } from './queries/file-content';
import { FindFileQuery, ListFilesQuery, type FileDetails } from './queries/files';

const ORIGINAL = { rendition: null, format: 'image/webp' } as const;
const textOf = async (stream: Readable): Promise<string> => Buffer.concat(await stream.toArray()).toString();

describe('files', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let sql: Client;
  let tenant: string;
  let folder: string;

  beforeAll(async () => {
    app = await testApp([RecordedRealtimeModule, FilesModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
    folder = path.join(app.get(Config).dataDir, 'files');
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(() => clock.setOffset(0));

  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const bytes = (content: string | Buffer, name = 'note.txt', keep = false): StoreFileCommand =>
    new StoreFileCommand({
      files: Readable.from([{ name, declared: null, content: Readable.from([Buffer.from(content as string)]) }]),
      keep,
    });
  const store = (...of: Parameters<typeof bytes>): Promise<FileDetails> => inShop(() => commands.execute(bytes(...of)));
  const rows = async <R>(text: string): Promise<R[]> => (await sql.query(text, [tenant])).rows as R[];
  const count = async (table: string): Promise<number> =>
    (await rows<{ n: number }>(`select count(*)::int as n from files.${table} where tenant_id = $1`))[0].n;
  const used = async (): Promise<number> =>
    (await rows<{ n: number }>('select bytes::float8 as n from files.usage where tenant_id = $1'))[0]?.n ?? 0;
  /** What jobs and schedules do after a while. */
  const inspect = async (): Promise<void> => {
    for (const { id } of await rows<{ id: string }>('select id from files.blobs where tenant_id = $1'))
      await inShop(() => commands.execute(new InspectBlobCommand(id)));
  };
  const look = (): Promise<number> => app.get(FilesSchedule).look();
  const onDisk = async (): Promise<string[]> => {
    const found = await readdir(path.join(folder, tenant), { recursive: true, withFileTypes: true }).catch(() => []);
    return found.filter((it) => it.isFile()).map((it) => it.name);
  };
  const remove = (id: string) => inShop(() => commands.execute(new DeleteFileCommand(id)));
  const content = async (id: string) => {
    const found = await inShop(() => queries.execute(new FileContentQuery(id, ORIGINAL)));
    return textOf(await found.open(null));
  };

  it('keeps bytes under names of its own, pending until they were inspected, then hands them out', async () => {
    const made = await store('remember the milk', 'Einkauf für morgen.txt');
    expect(made).toMatchObject({
      name: 'Einkauf für morgen.txt',
      mediaType: 'text/plain',
      sizeBytes: 17,
      state: 'pending',
      scanned: false,
    });
    const names = await onDisk();
    expect(names).toHaveLength(1);
    expect(names[0]).toMatch(/^[0-9a-f-]{36}$/);
    await expect(content(made.id)).rejects.toMatchObject({ code: 'files.not-clean', data: { state: 'pending' } });
    await inspect();
    expect(await content(made.id)).toBe('remember the milk');
    expect(await inShop(() => queries.execute(new FindFileQuery(made.id)))).toMatchObject({
      state: 'clean',
      scanned: false,
    });
    const [event] = await rows<{ payload: object }>(
      `select payload from kernel.events where tenant_id = $1 and type = 'files.file-ready.v1'`,
    );
    expect(event.payload).toMatchObject({ fileId: made.id, scanned: false, sizeBytes: 17 });
  });

  it('keeps the same bytes once, and removes them with the last file that has them', async () => {
    const [first, second] = [await store('twice'), await store('twice', 'other.txt')];
    expect([await count('files'), await count('blobs'), await used()]).toEqual([2, 1, 5]);
    await look();
    expect(await onDisk()).toHaveLength(1);
    await remove(first.id);
    await look();
    await inspect();
    expect(await content(second.id)).toBe('twice');
    await remove(second.id);
    await look();
    expect([await count('blobs'), await count('objects'), await used(), await onDisk()]).toEqual([0, 0, 0, []]);
  });

  it('keeps them once although many upload them at the same moment, and some delete theirs', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, (_, i) => store('many', `n-${i}.txt`)));
    expect([await count('files'), await count('blobs'), await used()]).toEqual([12, 1, 4]);
    const [gone, kept] = [made.slice(0, 11), made[11]];
    const [again] = await Promise.all([store('many', 'again.txt'), ...gone.map(({ id }) => remove(id))]);
    await look();
    await inspect();
    expect([await content(kept.id), await content(again.id), await used()]).toEqual(['many', 'many', 4]);
    expect(await onDisk()).toHaveLength(1);
    // Delete the last ones while others come: whoever is there has bytes.
    const [fresh] = await Promise.all([store('many'), remove(kept.id), remove(again.id)]);
    await look();
    await inspect();
    expect([await content(fresh.id), await count('blobs'), await used()]).toEqual(['many', 1, 4]);
  });

  it('lets no more bytes in than the plan has room for, however many come at once', async () => {
    const limits = app.get(ResourceLimits);
    limits.bind({ of: async () => ({ plan: 'test', limits: { storageBytes: 35 } }) } as never);
    try {
      const tries = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => store(`ten bytes${i}`, `${i}.txt`)));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      const refused = tries.find((it) => it.status === 'rejected') as PromiseRejectedResult;
      expect(refused.reason).toMatchObject({ code: 'plan.limit-reached', data: { resource: 'storageBytes' } });
      expect(await used()).toBe(30);
      // What is there already costs nothing more.
      const [one] = await rows<{ name: string }>('select name from files.files where tenant_id = $1 limit 1');
      await store(`ten bytes${parseInt(one.name)}`, 'copy.txt');
      expect(await used()).toBe(30);
    } finally {
      limits.bind({ of: async () => ({ plan: 'test', limits: {} }) } as never);
    }
    clock.setOffset(2 * 86_400);
    await look();
    expect(await onDisk()).toHaveLength(3);
  });

  it('refuses tricks in names, types that lie, and what is not taken', async () => {
    const png = await readFile(path.join(__dirname, '../../../docs/images/console.png')).catch(() =>
      Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
        'base64',
      ),
    );
    const elf = Buffer.concat([Buffer.from('7f454c4602010100', 'hex'), Buffer.alloc(120)]);
    const heic = Buffer.concat([Buffer.from('00000018667479706865696300000000', 'hex'), Buffer.from('mif1heic')]);
    const cases: [content: Buffer | string, name: string, code: string][] = [
      ['x', '../../etc/passwd', 'files.name-invalid'],
      ['x', 'a\\b.txt', 'files.name-invalid'],
      ['x', 'cv\u202Egpj.exe', 'files.name-invalid'],
      ['x', 'a\u0000.txt', 'files.name-invalid'],
      ['x', '.htaccess', 'files.name-invalid'],
      ['x', 'con.txt', 'files.name-invalid'],
      ['x', `${'a'.repeat(252)}.txt`, 'files.name-invalid'],
      ['', 'empty.txt', 'files.no-file'],
      [png, 'note.txt', 'files.type-mismatch'],
      ['text', 'photo.jpg', 'files.type-mismatch'],
      ['<!DOCTYPE html><script>1</script>', 'page.html', 'files.type-not-allowed'],
      ['#!/bin/sh\nrm -rf /', 'run.txt', 'files.type-not-allowed'],
      [elf, 'tool.txt', 'files.type-not-allowed'],
      [heic, 'photo.heic', 'files.heic-not-supported'],
      [Buffer.from([0, 1, 2, 3, 255]), 'data.txt', 'files.type-not-allowed'],
    ];
    for (const [bytes, name, code] of cases) await expect(store(bytes, name)).rejects.toMatchObject({ code });
    expect([await count('files'), await count('objects'), await onDisk()]).toEqual([0, 0, []]);
  });

  it('keeps what something uses, and lets go what nothing does', async () => {
    const [used, loose, kept] = [await store('a'), await store('b'), await store('c', 'c.txt', true)];
    const owner = { kind: 'chat-message', id: newId() };
    const attach = (ids: string[]) => inShop(() => commands.execute(new AttachFilesCommand({ fileIds: ids, owner })));
    expect(await attach([used.id, used.id])).toMatchObject([{ id: used.id, state: 'pending' }]);
    await attach([used.id]);
    await expect(attach([loose.id, newId()])).rejects.toMatchObject({ code: 'files.file-not-found' });
    await expect(remove(used.id)).rejects.toMatchObject({ code: 'files.in-use', data: { attachedTo: [owner] } });
    const sweep = async (): Promise<string[]> => {
      await app.get(RetentionRules).apply('files.unattached');
      await look();
      return inShop(async () => {
        const found = await queries.execute(new FindFilesQuery({ ids: [used.id, loose.id, kept.id] }));
        return found.map(({ id }) => id).sort();
      });
    };
    expect(await sweep()).toEqual([used.id, loose.id, kept.id].sort());
    clock.setOffset(8 * 86_400);
    expect(await sweep()).toEqual([used.id, kept.id].sort());
    await inShop(() => commands.execute(new DetachFilesCommand({ owner })));
    expect(await sweep()).toHaveLength(2);
    clock.setOffset(16 * 86_400);
    expect(await sweep()).toEqual([kept.id]);
    expect(await onDisk()).toHaveLength(1);
  });

  it('shows people their own files alone, and lets them use no others', async () => {
    const other = await store('somebody else’s');
    const rights = policyOf('files:read-own', 'files:write-own');
    const customer: Principal = { ...GUEST, kind: 'user', userId: newId(), policy: rights };
    const asCustomer = <T>(work: () => Promise<T>) => asTenant(tenant, work, customer);
    const notThere = { code: 'files.file-not-found' };
    await expect(asCustomer(() => queries.execute(new FindFileQuery(other.id)))).rejects.toMatchObject(notThere);
    await expect(asCustomer(() => commands.execute(new DeleteFileCommand(other.id)))).rejects.toMatchObject(notThere);
    const attach = new AttachFilesCommand({ fileIds: [other.id], owner: { kind: 'chat-message', id: newId() } });
    await expect(asCustomer(() => commands.execute(attach))).rejects.toMatchObject(notThere);
    await expect(asTenant(newId(), () => queries.execute(new FindFileQuery(other.id)))).rejects.toMatchObject(notThere);
  });

  it('shows what was brought for few to who brought it alone, also when it is used no more', async () => {
    const rights = policyOf('files:read', 'files:write');
    const person = (): Principal => ({ ...GUEST, kind: 'user', userId: newId(), policy: rights });
    const [author, colleague] = [person(), person()];
    const notThere = { code: 'files.file-not-found' };
    const listed = async (who: Principal) =>
      (await asTenant(tenant, () => queries.execute(new ListFilesQuery({ limit: 100 })), who)).data.map(({ id }) => id);
    const reach = (who: Principal, fileId: string) =>
      asTenant(
        tenant,
        async () => {
          await queries.execute(new FindFileQuery(fileId));
          await queries.execute(new FileContentQuery(fileId, ORIGINAL));
          await queries.execute(new OwnFileLinkQuery({ fileId }));
        },
        who,
      );
    const bring = async (text: string, keep = false): Promise<string> =>
      (await asTenant(tenant, () => commands.execute(bytes(text, 'note.txt', keep)), author)).id;
    const attach = (who: Principal, id: string, owner: FileOwner) =>
      asTenant(tenant, () => commands.execute(new AttachFilesCommand({ fileIds: [id], owner })), who);
    const message = (): FileOwner => ({ kind: 'chat-message', id: newId(), confidential: true });
    const [secret, shared, kept, published] = [
      await bring('for few'),
      await bring('for few and then for all'),
      await bring('of the library', true),
      await bring('used by all, then told to few'),
    ];
    await inspect();
    const owner = message();
    await attach(author, secret, owner);
    await attach(author, shared, message());
    await attach(author, kept, message());
    await attach(author, published, { kind: 'product', id: newId() });
    await attach(author, published, message());
    for (const id of [secret, shared]) {
      await expect(reach(colleague, id)).rejects.toMatchObject(notThere);
      await expect(attach(colleague, id, { kind: 'product', id: newId() })).rejects.toMatchObject(notThere);
      await reach(author, id);
    }
    for (const id of [kept, published]) await reach(colleague, id);
    const [own, others] = [await listed(author), await listed(colleague)];
    expect(own).toEqual(expect.arrayContaining([secret, shared, kept, published]));
    expect(others).toEqual(expect.arrayContaining([kept, published]));
    expect(others).not.toContain(secret);
    // What somebody else takes into a room was not brought for it.
    const theirs = (await asTenant(tenant, () => commands.execute(bytes('of a colleague')), colleague)).id;
    await inspect();
    await attach(author, theirs, message());
    await reach(person(), theirs);
    // Who brought it may use it openly: from then on it is.
    await attach(author, shared, { kind: 'product', id: newId() });
    await reach(colleague, shared);
    await asTenant(tenant, () => commands.execute(new DetachFilesCommand({ owner })), author);
    await expect(reach(colleague, secret)).rejects.toMatchObject(notThere);
    await reach(author, secret);
  });

  it('makes links that work until they expire, and for nothing else', async () => {
    const made = await store('behind a link');
    const link = () => inShop(() => queries.execute(new FileLinkQuery({ fileId: made.id, seconds: 60 })));
    await expect(link()).rejects.toMatchObject({ code: 'files.not-clean' });
    await inspect();
    const { url } = await link();
    const token = url.split('/').pop()!;
    const open = async (it: string) => queries.execute(new LinkedContentQuery(it));
    const opened = await asTenant(newId(), () => open(token));
    expect([opened.maxAgeSeconds > 20, await textOf(await opened.open({ start: 7, end: 9 }))]).toEqual([true, 'a l']);
    const flipped = (at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    for (const wrong of [flipped(3), flipped(40), flipped(90), `${token}A`, token.slice(1), ''])
      await expect(open(wrong)).rejects.toMatchObject({ code: 'files.link-not-found' });
    clock.setOffset(61);
    await expect(open(token)).rejects.toMatchObject({ code: 'files.link-expired' });
  });

  it('leaves nothing of an upload that breaks, nor of a process that was killed', async () => {
    async function* breaking() {
      yield Buffer.from('some of it');
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    }
    const broken = new StoreFileCommand({
      files: Readable.from([{ name: 'a.txt', declared: null, content: breaking() }]),
      keep: false,
    });
    await expect(inShop(() => commands.execute(broken))).rejects.toMatchObject({ code: 'files.broken-form' });
    expect([await count('objects'), await onDisk()]).toEqual([0, []]);
    // Written, and then the process was gone.
    const left = await store('left behind');
    await inShop(() =>
      app.get(UnitOfWork).run(async (tx) => {
        await tx.execute('delete from files.files where tenant_id = $1 and id = $2', [tenant, left.id]);
        await tx.execute(`update files.objects set remove_at = kernel.now() + interval '1 hour' where tenant_id = $1`, [
          tenant,
        ]);
      }),
    );
    await look();
    expect(await onDisk()).toHaveLength(1);
    clock.setOffset(3_700);
    await look();
    expect([await count('objects'), await onDisk()]).toEqual([0, []]);
  });

  it('counts an upload in pieces from its beginning, and lets go what nobody goes on with', async () => {
    const execute = <T>(command: Command<T>): Promise<T> => inShop(() => commands.execute(command));
    const begin = () => execute(new BeginUploadCommand({ length: 10, name: 'a.txt', declared: null, keep: false }));
    const more = { announced: null, checksum: null };
    const send = (uploadId: string, offset: number, text: string) =>
      execute(new ContinueUploadCommand({ uploadId, offset, content: Readable.from([Buffer.from(text)]), ...more }));
    const [one, left] = [await begin(), await begin()];
    expect(await used()).toBe(20);
    async function* broken() {
      yield Buffer.from('hel');
      throw new Error('aborted');
    }
    const cut = new ContinueUploadCommand({ uploadId: one.id, offset: 0, content: broken(), ...more });
    await expect(execute(cut)).rejects.toThrow('aborted');
    expect(await send(one.id, 3, 'lo')).toMatchObject({ offset: 5 });
    expect(await send(one.id, 5, 'world')).toMatchObject({ offset: 10 });
    await send(left.id, 0, 'half');
    expect([await used(), await count('pieces')]).toEqual([20, 1]);
    await look();
    await inspect();
    expect([await content(one.id), (await onDisk()).length]).toEqual(['helloworld', 2]);
    // The same bytes again cost nothing once they are known.
    const again = await begin();
    await send(again.id, 0, 'helloworld');
    expect(await used()).toBe(20);
    clock.setOffset(25 * 3_600);
    await expect(send(left.id, 4, 'x')).rejects.toMatchObject({ code: 'files.upload-expired' });
    clock.setOffset(49 * 3_600);
    await app.get(RetentionRules).apply('files.uploads');
    await look();
    expect([await used(), await count('uploads'), await count('pieces'), (await onDisk()).length]).toEqual([
      10, 0, 0, 1,
    ]);
  });
});
