import type { DynamicModule, Type } from '@nestjs/common';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { ChatModule } from '../../src/engagement/chat/chat.module';
import { testApp } from './app';
import { deskOf, openOrganization, type ChatDesk } from '../../bench/chat/people';
import type { TestDatabase } from './cluster';
import { RecordedRealtimeModule } from './realtime';

export type { ChatDesk } from '../../bench/chat/people';

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
