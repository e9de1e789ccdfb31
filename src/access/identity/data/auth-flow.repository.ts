import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { AuthFlow, type FlowClient, type FlowData, type FlowPurpose } from '../domain/auth-flow';
import { addressBucket } from '../domain/login-throttle.policy';

/** What is read of a flow before it is locked. */
export interface FlowPlace {
  id: string;
  purpose: FlowPurpose;
  userId: string | null;
  sessionId: string | null;
  data: FlowData;
  challenge: string | null;
}

const PLACE = `select id, purpose, user_id as "userId", session_id as "sessionId", data, challenge from identity.auth_flows`;

/** Flows, the client that carries one out, and the stored form of the codes that are sent. */
@Injectable()
export class AuthFlowRepository {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  /** The client of this request: kind of browser and network, and the device where it names itself. */
  client(): FlowClient {
    const { ip, userAgent, deviceId } = currentContext();
    return { hash: sha256(`${userAgent ?? ''}\n${networkOf(ip ?? '')}`), deviceId: deviceId ?? null };
  }

  async byToken(token: string): Promise<FlowPlace | null> {
    const rows = await this.database.readPlatform<FlowPlace>(`${PLACE} where token_hash = $1`, [sha256(token)]);
    return rows[0] ?? null;
  }

  async byId(id: string): Promise<FlowPlace | null> {
    const rows = await this.database.readPlatform<FlowPlace>(`${PLACE} where id = $1`, [id]);
    return rows[0] ?? null;
  }

  lock(tx: Transaction, id: string): Promise<AuthFlow | null> {
    return tx.store.load(AuthFlow, id);
  }

  /** The stored form of a code: keyed, because six digits are tried out in no time, and of this flow alone. */
  codeHash(flowId: string, code: string): Buffer {
    return this.keyring.hmac('one-time code', `${flowId}\n${code}`);
  }
}

/** The network that an address is in, wide enough for a phone that moves between cells: IPv4 /16, IPv6 /64. */
function networkOf(ip: string): string {
  const bucket = addressBucket(ip);
  return bucket.includes(':') ? bucket : bucket.split('.').slice(0, 2).join('.');
}
