import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { csvFile, type CsvCell } from '../../../kernel/tabular/csv-writer';
import { Bodies } from '../data/bodies';
import { roomNotFound } from '../domain/chat.errors';
import type { Message, SealedMessage } from '../domain/message';

export const EXPORT_FORMATS = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const AT_ONCE = 500;
const HEADER = [
  'seq',
  'id',
  'authorId',
  'createdAt',
  'editedAt',
  'deletedAt',
  'hiddenAt',
  'replyTo',
  'threadId',
  'fileIds',
  'body',
];

/**
 * What was said in a room of the organization, oldest first, in pieces of a file; the caller need not be in the room, and
 * sees to it that the export is audited. @throws AppError not-found `chat.room-not-found`
 */
export class ExportRoomQuery extends Query<AsyncIterable<string>> {
  constructor(
    readonly roomId: string,
    readonly format: ExportFormat,
  ) {
    super();
  }
}

@QueryHandler(ExportRoomQuery)
export class ExportRoomHandler implements IQueryHandler<ExportRoomQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
  ) {}

  async execute({ roomId, format }: ExportRoomQuery): Promise<AsyncIterable<string>> {
    const tenantId = currentContext().tenantId!;
    const [row] = await this.database.readAs<{ there: boolean }>(
      tenantId,
      'select exists (select from chat.rooms where tenant_id = $1 and id = $2) as there',
      [tenantId, roomId],
    );
    if (!row.there) throw roomNotFound();
    const batches = this.batches(tenantId, roomId);
    return format === 'csv' ? csvFile(HEADER, rowsOf(batches)) : linesOf(batches);
  }

  private async *batches(tenantId: string, roomId: string): AsyncGenerator<Message[]> {
    for (let after = 0; ;) {
      const rows = await this.database.readAs<{ message: SealedMessage }>(
        tenantId,
        `select chat.message_view(m) as message from chat.messages m
         where m.tenant_id = $1 and m.room_id = $2 and m.seq > $3 order by m.seq limit ${AT_ONCE}`,
        [tenantId, roomId, after],
      );
      if (rows.length === 0) return;
      yield await Promise.all(rows.map(({ message }) => this.bodies.message(tenantId, message)));
      after = rows[rows.length - 1].message.seq;
    }
  }
}

async function* rowsOf(batches: AsyncIterable<Message[]>): AsyncGenerator<CsvCell[][]> {
  for await (const messages of batches)
    yield messages.map((m) => [
      m.seq,
      m.id,
      m.authorId,
      m.createdAt,
      m.editedAt,
      m.deletedAt,
      m.hiddenAt,
      m.replyTo,
      m.threadId,
      m.fileIds.join(' '),
      m.body,
    ]);
}

async function* linesOf(batches: AsyncIterable<Message[]>): AsyncGenerator<string> {
  for await (const messages of batches) yield messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}
