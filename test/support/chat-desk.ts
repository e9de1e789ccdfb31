import { Readable } from 'node:stream';
import type { DynamicModule, Type } from '@nestjs/common';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { StoreFileCommand } from '../../src/engagement/files/commands/store-file';
import { FilesModule } from '../../src/engagement/files/files.module';
import { ChatModule } from '../../src/engagement/chat/chat.module';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { asTenant, testApp } from './app';
import { deskOf, openOrganization, type ChatDesk } from '../../bench/chat/people';
import type { TestDatabase } from './cluster';
import { RecordedRealtimeModule } from './realtime';

export type { ChatDesk } from '../../bench/chat/people';

/** What `modules` needs for messages with files. */
export const FILES: Type[] = [FilesModule];

/** What `modules` needs where it is asked what people may do who are not here: they have accounts (`withAccount`). */
export const ACCOUNTS: Type[] = [IdentityModule];

/** Gives somebody an account that is in use. */
export async function withAccount(desk: ChatDesk, userId: string): Promise<string> {
  const insert = `insert into identity.users (id, email, email_normalized, name, status, preferences, created_at, updated_at, version)
     values ($1, $2, $2, 'Somebody', 'active', '{}', kernel.now(), kernel.now(), 1)`;
  await asTenant(desk.tenantId, () =>
    desk.app.get(UnitOfWork).run((tx) => tx.execute(insert, [userId, `${userId}@example.com`])),
  );
  return userId;
}

/** A text that somebody uploaded. @returns its file's id */
export async function uploadedBy(desk: ChatDesk, userId: string, text: string): Promise<string> {
  const files = Readable.from([{ name: 'note.txt', declared: null, content: Readable.from([Buffer.from(text)]) }]);
  return (await desk.command(userId, new StoreFileCommand({ files, keep: false }))).id;
}

/** An organization of its own whose people chat, without HTTP. */
export async function chatDesk(
  options: {
    chat?: Type | DynamicModule;
    database?: TestDatabase;
    env?: Record<string, string>;
    modules?: Type[];
  } = {},
): Promise<ChatDesk> {
  const app = await testApp(
    [RecordedRealtimeModule, OrganizationsModule, ...(options.modules ?? []), options.chat ?? ChatModule],
    { database: options.database, env: options.env },
  );
  return deskOf(app, await openOrganization(app));
}
