import { generateKeyPairSync } from 'node:crypto';
import { sign } from 'jsonwebtoken';
import { Client } from 'pg';
import { newId } from '../src/kernel/ids/ids';

export interface SocketUser {
  id: string;
  token: string;
}

/** Copies a row with other values in some columns, once for each entry of `$1`. */
const COPIES = (table: string, condition: string): string => `
  insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(t) || o.value)).*
  from (select * from ${table} where ${condition} limit 1) t cross join jsonb_array_elements($1::jsonb) o`;

/**
 * Makes staff of a shop, each with a session, in the database, and tokens for them by a key that the bench adds to
 * those that the product verifies with: ten thousand sign-ups over HTTP would measure the hashing of passwords.
 * @param like somebody whose user, session and membership are copied
 * @param lifeSeconds how long the tokens hold; below zero they have expired
 */
export async function socketUsers(
  superuserUrl: string,
  like: { userId: string; tenantId: string },
  count: number,
  lifeSeconds = 7_200,
): Promise<SocketUser[]> {
  const admin = new Client({ connectionString: superuserUrl });
  await admin.connect();
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = newId();
  await admin.query(COPIES('identity.signing_keys', `state = 'signing'`), [
    JSON.stringify([
      {
        kid,
        state: 'verifying',
        public_key: publicKey.export({ type: 'spki', format: 'pem' }),
        retires_at: '2999-01-01',
      },
    ]),
  ]);
  const made = Array.from({ length: count }, () => ({ id: newId(), session: newId() }));
  const rows = (of: (one: (typeof made)[number], n: number) => object): string[] => [JSON.stringify(made.map(of))];
  await admin.query(
    COPIES('identity.users', `id = '${like.userId}'`),
    rows(({ id }, n) => {
      const email = `sockets-${n}-${id.slice(-6)}@example.com`;
      return { id, email, email_normalized: email, platform_role: null };
    }),
  );
  await admin.query(
    COPIES('identity.sessions', `user_id = '${like.userId}' and revoked_at is null`),
    rows(({ id, session }) => ({ id: session, user_id: id, version: 0 })),
  );
  await admin.query(
    COPIES('organizations.members', `user_id = '${like.userId}' and tenant_id = '${like.tenantId}'`),
    rows(({ id }) => ({ id: newId(), user_id: id, role: 'staff' })),
  );
  await admin.query('analyze identity.users, identity.sessions, organizations.members');
  await admin.end();
  const iat = Math.floor(Date.now() / 1_000) + Math.min(0, lifeSeconds - 60);
  return made.map(({ id, session }) => ({
    id,
    token: sign(
      {
        iss: 'mainstay',
        aud: 'mainstay-api',
        sub: id,
        sid: session,
        sv: 0,
        jti: newId(),
        tid: like.tenantId,
        iat,
        exp: iat + Math.max(60, lifeSeconds),
      },
      privateKey,
      { algorithm: 'ES256', header: { alg: 'ES256', kid, typ: 'at+jwt' } },
    ),
  }));
}
