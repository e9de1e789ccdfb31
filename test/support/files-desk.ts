import { Readable } from 'node:stream';
import { CommandBus } from '@nestjs/cqrs';
import type { Client } from 'pg';
import { DeleteFileCommand } from '../../src/engagement/files/commands/delete-file';
import { InspectBlobCommand } from '../../src/engagement/files/commands/inspect-blob';
import { StoreFileCommand } from '../../src/engagement/files/commands/store-file';
import { FilesModule } from '../../src/engagement/files/files.module';
import type { Principal } from '../../src/kernel/auth/principal';
import { asTenant, type TestApp } from './app';
import { RecordedRealtimeModule } from './realtime';

/** What an application needs so that its contexts can use files. */
export const FILES = [RecordedRealtimeModule, FilesModule];

/** Files of a tenant, for tests of contexts that use them. @param sql a connection that no policy holds back */
export const filesDesk = (app: TestApp, sql: Client) => ({
  /** @returns its id; it is pending. */
  store: async (tenantId: string, bytes: Buffer, name: string, principal?: Principal): Promise<string> => {
    const files = Readable.from([{ name, declared: null, content: Readable.from([bytes]) }]);
    const stored = new StoreFileCommand({ files, keep: false });
    return (await asTenant(tenantId, () => app.get(CommandBus).execute(stored), principal)).id;
  },
  /** Judges everything that was uploaded. */
  inspect: async (tenantId: string): Promise<void> => {
    const { rows } = await sql.query<{ id: string }>('select id from files.blobs where tenant_id = $1', [tenantId]);
    for (const { id } of rows) await asTenant(tenantId, () => app.get(CommandBus).execute(new InspectBlobCommand(id)));
  },
  remove: (tenantId: string, fileId: string): Promise<void> =>
    asTenant(tenantId, () => app.get(CommandBus).execute(new DeleteFileCommand(fileId))),
});
