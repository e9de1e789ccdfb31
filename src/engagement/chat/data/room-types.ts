import { Injectable } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { Database } from '../../../kernel/database/database';
import type { RoomType } from '../domain/room';

/** Of which type rooms are, which they are for ever. */
@Injectable()
export class RoomTypes {
  private readonly known = new Cache<RoomType>({ name: 'chat.room-types', max: 50_000, ttlMs: 3_600_000 });

  constructor(private readonly database: Database) {}

  /** Null for a room that is not there, which is asked anew each time. */
  async of(tenantId: string, roomId: string): Promise<RoomType | null> {
    const key = `${tenantId}:${roomId}`;
    const known = this.known.get(key);
    if (known) return known;
    const [row] = await this.database.readAs<{ type: RoomType }>(
      tenantId,
      'select type from chat.rooms where tenant_id = $1 and id = $2',
      [tenantId, roomId],
    );
    if (row) this.known.set(key, row.type);
    return row?.type ?? null;
  }
}
