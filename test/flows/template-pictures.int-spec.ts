import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import sharp from 'sharp';
import { MailServerDouble } from '../doubles/mail-server-double';
import { asTenant, testApp, type TestApp } from '../support/app';
import { testDatabase } from '../support/cluster';
import { FILES, filesDesk } from '../support/files-desk';
import { AccountDeleted } from '../../src/access/identity/contracts/identity-events';
import { ContactsOfUsersQuery, type Contact } from '../../src/access/identity/contracts/contacts';
import { policyOf } from '../../src/kernel/auth/policy';
import { GUEST, SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue } from '../../src/kernel/messaging/job-queue';
import { RetentionRules } from '../../src/kernel/retention/retention';
import { FileBytesQuery } from '../../src/engagement/files/contracts/files';
import { FilesSchedule } from '../../src/engagement/files/jobs/files-schedule';
import { DeliverMessageCommand } from '../../src/engagement/notifications/commands/deliver-message';
import {
  ActivateTemplateCommand,
  ResetTemplateCommand,
  SaveTemplateCommand,
} from '../../src/engagement/notifications/commands/manage-templates';
import { NotifyCommand } from '../../src/engagement/notifications/contracts/notify';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { PreviewTemplateQuery } from '../../src/engagement/notifications/queries/preview-template';
import { HeldJobs } from '../support/held-jobs';
import { NoBrand } from '../support/brands';

@QueryHandler(ContactsOfUsersQuery)
class Everybody implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const more = { name: 'Ada', hasPhone: false, locale: null, timeZone: 'UTC' };
    return userIds.map((userId) => ({ userId, email: `${userId}@example.org`, ...more }));
  }
}
const held = new HeldJobs();
@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }, Everybody, NoBrand], exports: [JobQueue] })
class Surroundings {}

const YEAR_SECONDS = 366 * 86_400;

describe('pictures of templates that are files', () => {
  const server = new MailServerDouble();
  let app: TestApp;
  let sql: Client;
  let files: ReturnType<typeof filesDesk>;
  let tenant: string;
  let photo: Buffer;

  beforeAll(async () => {
    app = await testApp([Surroundings, ...FILES, NotificationsModule], {
      database: await testDatabase({ fresh: true, label: 'template_pictures' }),
      env: { LOG_LEVEL: 'silent', SMTP_URL: await server.start(), MAINSTAY_MAIL_FROM: 'Shop <no-reply@example.org>' },
    });
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
    files = filesDesk(app, sql);
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 40 };
    photo = await sharp({ create: { width: 1_600, height: 900, channels: 3, background: '#36a', noise } })
      .jpeg({ quality: 95 })
      .toBuffer();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
    await server.stop();
  });
  beforeEach(() => {
    tenant = newId();
    held.jobs = [];
    server.received.length = 0;
  });
  afterEach(() => clock.setOffset(0));

  const within = <T>(work: () => Promise<T>, principal: Principal = SYSTEM): Promise<T> =>
    asTenant(tenant, work, principal);
  const drawing = (background: string): Promise<Buffer> =>
    sharp({ create: { width: 60, height: 40, channels: 4, background } })
      .png()
      .toBuffer();
  const store = async (bytes: Buffer, name: string, inspected = true): Promise<string> => {
    const id = await files.store(tenant, bytes, name);
    if (inspected) await files.inspect(tenant);
    return id;
  };
  const sourceOf = (body: string) => ({ subject: 'New', preview: '', text: 'New hats', body, sms: null, push: null });
  const showing = (...ids: string[]): string =>
    ids.map((id, n) => `<mj-text>${n}</mj-text>\n<mj-image src="file:${id}" alt="Hat ${n} of {{ who }}" />`).join('\n');
  const save = (body: string, principal: Principal = SYSTEM, name = 'hats') =>
    within(() => {
      const draft = {
        name,
        locale: '',
        source: sourceOf(body),
        sample: { who: 'Ada' },
        category: 'general',
        note: null,
      };
      return app.get(CommandBus).execute(new SaveTemplateCommand(draft));
    }, principal);
  const preview = (body: string | null, principal: Principal = SYSTEM) =>
    within(() => {
      const source = body === null ? null : sourceOf(body);
      const request = { name: 'hats', locale: '', version: null, source, data: { who: 'Ada' } };
      return app.get(QueryBus).execute(new PreviewTemplateQuery(request));
    }, principal);
  const bytesOf = async (fileId: string, rendition?: 'medium'): Promise<Buffer> => {
    const request = { fileId, mostBytes: 1e7, ...(rendition ? { rendition, format: 'jpeg' as const } : {}) };
    return (await within(() => app.get(QueryBus).execute(new FileBytesQuery(request))))!.bytes;
  };
  /** Asks for a letter by the template. @returns ids of the mails that are to be sent */
  const ask = async (userId: string, critical: boolean): Promise<string[]> => {
    const request = { userIds: [userId], category: 'general', template: 'hats', data: { who: '"<b>' }, critical };
    await within(() => app.get(CommandBus).execute(new NotifyCommand({ ...request, channels: ['email'] })));
    await app.get(DeliveryWorker).drain();
    return held.jobs
      .splice(0)
      .filter(({ name }) => name.startsWith('notifications.send-'))
      .map(({ data }) => (data.payload as { messageId: string }).messageId);
  };
  const deliver = (messageId: string, last = false): Promise<void> =>
    within(() => app.get(CommandBus).execute(new DeliverMessageCommand(messageId, last)));
  /** Writes to somebody by the template, and lets workers send it. @returns who */
  const write = async (critical = false): Promise<string> => {
    const userId = newId();
    for (const messageId of await ask(userId, critical)) await deliver(messageId);
    return userId;
  };
  const infect = (id: string) =>
    sql.query(
      `update files.blobs set state = 'infected', signature = 'Test' where tenant_id = $1 and id = (select blob_id from files.files where id = $2)`,
      [tenant, id],
    );

  it('travel within the mail, in a size that fits, once each', async () => {
    const [small, large] = [await store(await drawing('#c22'), 'hut für dich.png'), await store(photo, 'photo.jpg')];
    await save(`${showing(small, large)}\n<mj-image src="file:${small}" alt="Again" />`);
    const userId = await write();
    const [{ mail, raw }] = server.received;
    expect(raw).toMatch(/Content-Type: multipart\/alternative[^]*Content-Type: multipart\/related[^]*Content-ID:/i);
    const named = [...mail.html!.matchAll(/<img\s+alt="([^"]*)" src="([^"]*)"/g)].map(([, alt, src]) => [alt, src]);
    expect(named).toEqual([
      ['Hat 0 of &#34;&lt;b&gt;', `cid:${small}@mainstay`],
      ['Hat 1 of &#34;&lt;b&gt;', `cid:${large}@mainstay`],
      ['Again', `cid:${small}@mainstay`],
    ]);
    expect(
      mail.attachments.map(({ contentId, disposition, related, mimeType, filename, content }) => [
        contentId,
        disposition,
        related,
        mimeType,
        filename,
        Buffer.from(content as ArrayBuffer),
      ]),
    ).toEqual([
      [`<${small}@mainstay>`, 'inline', true, 'image/png', 'hut für dich.png', await bytesOf(small)],
      [`<${large}@mainstay>`, 'inline', true, 'image/jpeg', 'photo-medium.jpg', await bytesOf(large, 'medium')],
    ]);
    expect(mail.text).toMatch(/^New hats\n/);
    // What is remembered of the letter names them and has no bytes.
    const kept = await sql.query<{ html_body: string }>(
      'select html_body from notifications.messages where user_id = $1',
      [userId],
    );
    expect(kept.rows[0].html_body).toContain(`cid:${small}@mainstay`);
    expect(kept.rows[0].html_body.length).toBeLessThan(20_000);
  });

  it('are shown by previews with the same bytes, before and after the template is saved', async () => {
    const id = await store(await drawing('#2c2'), 'hat.png');
    const address = `data:image/png;base64,${(await bytesOf(id)).toString('base64')}`;
    expect((await preview(showing(id))).html).toContain(`src="${address}"`);
    await save(showing(id));
    expect((await preview(null)).html).toContain(`src="${address}"`);
  });

  it('are clean pictures of the organization that whoever writes may use', async () => {
    const own = tenant;
    const mine = await store(await drawing('#22c'), 'hat.png');
    const note = await store(Buffer.from('no picture'), 'note.txt');
    const pending = await store(photo, 'late.jpg', false);
    const writer: Principal = {
      ...GUEST,
      kind: 'user',
      userId: newId(),
      tenantId: tenant,
      policy: policyOf('notifications:*'),
    };
    tenant = newId();
    const theirs = await store(await drawing('#cc2'), 'theirs.png');
    tenant = own;
    for (const attempt of [(body: string) => save(body), (body: string) => preview(body)]) {
      await expect(attempt(showing(mine, theirs))).rejects.toMatchObject({
        code: 'notifications.picture-not-found',
        kind: 'not-found',
        data: { errors: [{ pointer: '/body', line: 4, column: 1 }] },
      });
      await expect(attempt(showing(pending))).rejects.toMatchObject({
        code: 'notifications.picture-not-clean',
        kind: 'conflict',
        data: { fileId: pending, state: 'pending' },
      });
      await expect(attempt(showing(note))).rejects.toMatchObject({
        code: 'notifications.template-invalid',
        data: { errors: [{ code: 'picture-file', line: 2, column: 1 }] },
      });
    }
    // Who writes letters need not see all files.
    await expect(save(showing(mine), writer)).rejects.toMatchObject({ code: 'notifications.picture-not-found' });
    await expect(preview(showing(mine), writer)).rejects.toMatchObject({ code: 'notifications.picture-not-found' });
    await infect(mine);
    await expect(save(showing(mine))).rejects.toMatchObject({
      code: 'notifications.picture-not-clean',
      data: { state: 'infected' },
    });
    const { rows } = await sql.query('select 1 from notifications.templates where tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
  });

  const activate = (version: number) =>
    within(() => app.get(CommandBus).execute(new ActivateTemplateCommand('hats', '', version)));
  const inUse = { code: 'files.in-use', data: { attachedTo: [{ kind: 'mail-template' }] } };

  it('are kept for as long as a version names them, in use or not', async () => {
    const [used, other] = [await store(await drawing('#2cc'), 'hat.png'), await store(await drawing('#c2c'), 'x.png')];
    await save(showing(used));
    await expect(files.remove(tenant, used)).rejects.toMatchObject(inUse);
    // A version that is no longer in use can be again.
    await save('<mj-text>No hat</mj-text>');
    clock.setOffset(YEAR_SECONDS);
    await app.get(RetentionRules).apply('files.unattached');
    await app.get(FilesSchedule).look();
    const { rows } = await sql.query('select id from files.files where tenant_id = $1', [tenant]);
    expect([rows.map(({ id }) => id === used), other === used]).toEqual([[true], false]);
    clock.setOffset(0);
    await activate(1);
    await write();
    expect(server.received[0].mail.attachments).toHaveLength(1);
    await expect(files.remove(tenant, used)).rejects.toMatchObject(inUse);
  });

  it('can be deleted once no version in use names them, and are told by their words if one is again', async () => {
    const [used, other] = [await store(await drawing('#3cc'), 'hat.png'), await store(await drawing('#c3c'), 'x.png')];
    await save(showing(used, other));
    // By somebody who may write templates and may not change files: versions follow one another all the same.
    const writer: Principal = {
      ...GUEST,
      kind: 'user',
      userId: newId(),
      tenantId: tenant,
      policy: policyOf('notifications:*'),
    };
    await save('<mj-text>No hat</mj-text>', writer);
    await files.remove(tenant, used);
    await expect(files.remove(tenant, used)).rejects.toMatchObject({ code: 'files.file-not-found' });
    await activate(1);
    await expect(files.remove(tenant, other)).rejects.toMatchObject(inUse);
    await write();
    const [{ mail }] = server.received;
    expect(mail.attachments.map(({ contentId }) => contentId)).toEqual([`<${other}@mainstay>`]);
    expect(mail.html).toContain('<span>Hat 0 of &#34;&lt;b&gt;</span>');
    // Back at the product's, or nothing at all: no version is in use.
    await within(() => app.get(CommandBus).execute(new ResetTemplateCommand('hats', '')));
    await files.remove(tenant, other);
  });

  it('are told by their words where the storage lost their bytes', async () => {
    const [good, lost] = [
      await store(await drawing('#121'), 'good.png'),
      await store(await drawing('#ded'), 'lost.png'),
    ];
    await save(showing(good, lost));
    await sql.query(
      `update files.objects set key = left(key, -36) || gen_random_uuid() where tenant_id = $1 and id = (select b.object_id
         from files.files f join files.blobs b on b.tenant_id = f.tenant_id and b.id = f.blob_id where f.id = $2)`,
      [tenant, lost],
    );
    await write();
    const [{ mail }] = server.received;
    expect(mail.attachments.map(({ contentId }) => contentId)).toEqual([`<${good}@mainstay>`]);
    expect(mail.html).toContain('<span>Hat 1 of &#34;&lt;b&gt;</span>');
    expect((await preview(null)).html).toContain('<span>Hat 1 of Ada</span>');
  });

  it('are waited for while the storage is away, but by critical letters and by the last try', async () => {
    const id = await store(await drawing('#343'), 'hat.png');
    await save(showing(id));
    // A storage that this installation cannot reach.
    await sql.query(`update files.objects set store = 's3' where tenant_id = $1`, [tenant]);
    const [messageId] = await ask(newId(), false);
    await expect(deliver(messageId)).rejects.toMatchObject({ code: 'files.storage-unavailable' });
    expect(server.received).toEqual([]);
    await deliver(messageId, true);
    await write(true);
    const words = expect.stringContaining('<span>Hat 0 of &#34;&lt;b&gt;</span>') as string;
    expect(server.received.map(({ mail }) => [mail.html, mail.attachments])).toEqual([
      [words, []],
      [words, []],
    ]);
  });

  it('are told by their words where they were found infected since', async () => {
    const [good, bad] = [await store(await drawing('#111'), 'good.png'), await store(await drawing('#eee'), 'bad.png')];
    await save(showing(good, bad));
    await infect(bad);
    await write();
    const [{ mail }] = server.received;
    expect(mail.attachments.map(({ contentId }) => contentId)).toEqual([`<${good}@mainstay>`]);
    expect(mail.html).toContain('<span>Hat 1 of &#34;&lt;b&gt;</span>');
    expect(mail.html).not.toContain(bad);
  });

  it('stay with the organization when who was written to, or who uploaded them, is forgotten', async () => {
    const uploader = newId();
    const id = await files.store(tenant, await drawing('#777'), 'hat.png', { ...SYSTEM, userId: uploader });
    await files.inspect(tenant);
    await save(showing(id));
    const reader = await write();
    for (const userId of [reader, uploader])
      await within(() => app.get(UnitOfWork).run(async (tx) => tx.record(new AccountDeleted(userId, { userId }))));
    await app.get(DeliveryWorker).drain();
    const { rows } = await sql.query('select html_body from notifications.messages where user_id = $1', [reader]);
    expect(rows).toEqual([{ html_body: null }]);
    await write();
    expect(server.received.map(({ mail }) => mail.attachments.length)).toEqual([1, 1]);
  });
});
