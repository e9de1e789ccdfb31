import { Injectable } from '@nestjs/common';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { SignInResult } from '../domain/sign-in-result';

/** Facts of a try that the request's context does not know. */
export interface SignInEntry {
  userId: string;
  result: SignInResult;
  organizationId?: string | null;
  sessionId?: string | null;
  /** RFC 8176. */
  amr?: string[];
  /** ISO 3166-1 alpha-2 of the client's address. */
  country?: string | null;
  deviceId?: string | null;
  /** As people read it. */
  deviceName?: string;
}

const INSERT = `insert into identity.sign_ins
    (id, user_id, organization_id, at, result, amr, session_id, ip, country, device_id, user_agent, device_name)
  values ($1, $2, $3, kernel.now(), $4, $5, $6, $7, $8, $9, $10, $11)`;
/** The same work for a user that may not be: of nobody nothing is stored. */
const INSERT_IF_ANYBODY = `insert into identity.sign_ins
    (id, user_id, organization_id, at, result, amr, session_id, ip, country, device_id, user_agent, device_name)
  select $1, u.id, $3::uuid, kernel.now(), $4, $5::text[], $6::uuid, $7, $8, $9, $10, $11 from identity.users u where u.id = $2`;

/** The trail of sign-ins that each user may read of the own account. */
@Injectable()
export class SignInLog {
  constructor(private readonly database: Database) {}

  /** Notes a try within the transaction that settles it. */
  note(tx: Transaction, entry: SignInEntry): void {
    tx.later(INSERT, paramsOf(entry));
  }

  /** Notes a try that changes nothing else; of a user that is not, nothing, at the same cost. */
  async noteAlone(entry: SignInEntry): Promise<void> {
    await this.database.readAs(PLATFORM_TENANT, INSERT_IF_ANYBODY, paramsOf(entry));
  }
}

function paramsOf({
  userId,
  organizationId,
  result,
  amr,
  sessionId,
  country,
  deviceId,
  deviceName,
}: SignInEntry): unknown[] {
  const { ip, userAgent } = currentContext();
  return [
    newId(),
    userId,
    organizationId ?? null,
    result,
    amr ?? [],
    sessionId ?? null,
    ip ?? null,
    country ?? null,
    deviceId ?? null,
    userAgent?.slice(0, 400) ?? null,
    deviceName ?? null,
  ];
}
