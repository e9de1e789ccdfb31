import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { DeviceKind } from '../domain/device';
import { sessionWithoutUser } from '../domain/identity.errors';

export interface ListedDevice {
  id: string;
  name: string;
  kind: DeviceKind;
  /** Country of the latest sign-in, where it is known. */
  country: string | null;
  trusted: boolean;
  /** The device that asks. */
  current: boolean;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

const DEVICES = keyset({
  id: 'd.device_id',
  sorts: {
    lastSeenAt: { sql: 'd.last_seen_at', type: 'timestamptz' },
    firstSeenAt: { sql: 'd.first_seen_at', type: 'timestamptz' },
  },
  defaultSort: '-lastSeenAt',
});

/** The devices that the caller signed in with. */
export class ListDevicesQuery extends Query<Page<ListedDevice>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

@QueryHandler(ListDevicesQuery)
export class ListDevicesHandler implements IQueryHandler<ListDevicesQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list }: ListDevicesQuery): Promise<Page<ListedDevice>> {
    const { principal, deviceId } = currentContext();
    if (!principal.userId) throw sessionWithoutUser();
    type Row = Omit<ListedDevice, 'current'>;
    const rows: Pick<Database, 'read'> = { read: (text, params) => this.database.readPlatform(text, params) };
    return DEVICES.run<Row, ListedDevice>(rows, list, {
      select: `d.device_id as id, d.name, d.kind, d.country, d.trusted_at is not null as trusted,
        d.first_seen_at as "firstSeenAt", d.last_seen_at as "lastSeenAt"`,
      from: 'identity.devices d',
      where: 'd.user_id = $1',
      params: [principal.userId],
      map: ({ id, name, kind, country, trusted, firstSeenAt, lastSeenAt }) => ({
        id,
        name,
        kind,
        country,
        trusted,
        current: id === deviceId,
        firstSeenAt,
        lastSeenAt,
      }),
    });
  }
}
