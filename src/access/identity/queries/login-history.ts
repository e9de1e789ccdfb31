import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page, type TimeRange } from '../../../kernel/http/pagination';
import type { SignInResult } from '../domain/sign-in-result';
import { sessionWithoutUser } from '../domain/identity.errors';
import { placeName } from '../domain/place-name';
import { platformRows } from './list-sessions';

/** One try to sign in to the caller's account. */
export interface LoginAttempt {
  id: string;
  at: Date;
  result: SignInResult;
  /** How it was proven (RFC 8176). */
  amr: string[];
  ip: string | null;
  place: { country: string; name: string } | null;
  device: { id: string | null; name: string };
  sessionId: string | null;
}

interface Row extends Omit<LoginAttempt, 'place' | 'device'> {
  country: string | null;
  deviceId: string | null;
  deviceName: string | null;
}

const TRIES = keyset({
  id: 's.id',
  sorts: { at: { sql: 's.at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: { result: { sql: 's.result', type: 'text' }, at: { sql: 's.at', type: 'timestamptz' } },
});

/** The caller's own tries to sign in, the failed ones too. */
export class LoginHistoryQuery extends Query<Page<LoginAttempt>> {
  constructor(readonly list: ListQuery & { result?: string[]; at?: TimeRange }) {
    super();
  }
}

@QueryHandler(LoginHistoryQuery)
export class LoginHistoryHandler implements IQueryHandler<LoginHistoryQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list }: LoginHistoryQuery): Promise<Page<LoginAttempt>> {
    const { userId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    return TRIES.run<Row, LoginAttempt>(platformRows(this.database), list, {
      select: `s.id, s.at, s.result, s.amr, s.ip, s.country, s.device_id as "deviceId", s.device_name as "deviceName",
        s.session_id as "sessionId"`,
      from: 'identity.sign_ins s',
      where: 's.user_id = $1',
      params: [userId],
      map: ({ country, deviceId, deviceName, ...row }) => ({
        id: row.id,
        at: row.at,
        result: row.result,
        amr: row.amr,
        ip: row.ip,
        place: country === null ? null : { country, name: placeName(country) ?? country },
        device: { id: deviceId, name: deviceName ?? 'Unknown device' },
        sessionId: row.sessionId,
      }),
    });
  }
}
