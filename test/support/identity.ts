import { Module, type Type } from '@nestjs/common';
import { CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { BeginSession } from '../../src/access/identity/commands/begin-session';
import { LogInCommand } from '../../src/access/identity/commands/log-in';
import { RegisterCommand } from '../../src/access/identity/commands/register';
import { VerifyEmailCommand } from '../../src/access/identity/commands/verify-email';
import { IdentityModule } from '../../src/access/identity/identity.module';
import type { OrganizationFacts } from '../../src/access/organizations/contracts/create-organization';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { SendMessageCommand } from '../../src/engagement/notifications/contracts/send-message';
import { AccessFacts, type AccessClaims } from '../../src/kernel/auth/ports';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import { runInContext, type RequestContext } from '../../src/kernel/context/request-context';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { registry } from '../../src/kernel/telemetry/metrics';
import { testApp, type TestApp } from './app';
import { PASSWORD } from './shop';

export type Letter = SendMessageCommand['message'];

/** Tokens of a sign-in that asked for nothing further. */
export type SignedIn = Awaited<ReturnType<BeginSession['admit']>>;

/** The access contexts over a real database, without HTTP; mail is kept instead of sent. */
export interface IdentityApp {
  app: TestApp;
  commands: CommandBus;
  queries: QueryBus;
  /** As superuser. */
  sql: Client;
  /** Letters asked for so far. */
  letters: Letter[];
  lettersTo(email: string): Letter[];
  /** The token of the newest letter of a template. */
  tokenIn(email: string, template: Letter['template']): string;
  /** Runs work as a caller; without an address each call comes from one of its own. */
  as<T>(work: () => Promise<T>, context?: Partial<RequestContext>): Promise<T>;
  address(): string;
  /** Registers an owner, who opens the link. */
  owner(name?: string): Promise<{ email: string; userId: string; organization: OrganizationFacts }>;
  customerOf(shopId: string): Promise<string>;
  logIn(email: string, password?: string, context?: Partial<RequestContext>): Promise<SignedIn>;
  principalOf(answer: { accessToken: string }): Promise<Principal>;
  rows<R extends object>(text: string, params?: unknown[]): Promise<R[]>;
  /** Password hashes computed by this process. */
  hashes(): Promise<number>;
  /** Fires what is due. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const letters: Letter[] = [];

/** Stands in for the notifications context: takes letters, sends nothing. */
@CommandHandler(SendMessageCommand)
class Postbox implements ICommandHandler<SendMessageCommand> {
  execute({ message }: SendMessageCommand): Promise<{ messageId: string }> {
    letters.push(message);
    return Promise.resolve({ messageId: newId() });
  }
}
@Module({ providers: [Postbox] })
class PostboxModule {}

/** @param more further modules that the tests are about */
export async function identityApp(more: Type[] = []): Promise<IdentityApp> {
  const app = await testApp([OrganizationsModule, IdentityModule, PostboxModule, ...more]);
  const commands = app.get(CommandBus);
  const sql = new Client({ connectionString: app.database.superuserUrl });
  await sql.connect();
  let serial = 0;
  const lettersTo = (email: string): Letter[] => letters.filter((letter) => letter.to === email);
  const tokenIn = (email: string, template: Letter['template']): string => {
    const letter = lettersTo(email).findLast((one) => one.template === template);
    if (!letter)
      throw new Error(
        `${email} got no ${template}, but ${lettersTo(email)
          .map((l) => l.template)
          .join()}`,
      );
    return (letter.data as { token: string }).token;
  };
  const as = <T>(work: () => Promise<T>, context: Partial<RequestContext> = {}): Promise<T> =>
    runInContext(
      {
        tenantId: null,
        principal: GUEST,
        requestId: newId(),
        ip: `198.18.${++serial >> 8}.${serial & 255}`,
        ...context,
      },
      work,
    );
  const address = (): string => `user-${newId()}@example.org`;
  const rows = async <R extends object>(text: string, params: unknown[] = []): Promise<R[]> =>
    (await sql.query<R>(text, params)).rows;
  return {
    app,
    commands,
    queries: app.get(QueryBus),
    sql,
    letters,
    lettersTo,
    tokenIn,
    as,
    address,
    rows,
    owner: async (organizationName = 'North Wind') => {
      const email = address();
      await as(() =>
        commands.execute(new RegisterCommand({ email, password: PASSWORD, name: 'Ada', organizationName })),
      );
      await app.get(DeliveryWorker).drain();
      const { organization } = await as(() => commands.execute(new VerifyEmailCommand(tokenIn(email, 'verify-email'))));
      const [{ id }] = await rows<{ id: string }>('select id from identity.users where email = $1', [email]);
      return { email, userId: id, organization: organization! };
    },
    customerOf: async (tenantId) => {
      const email = address();
      await as(() => commands.execute(new RegisterCommand({ email, password: PASSWORD, name: 'Bea' })), { tenantId });
      await app.get(DeliveryWorker).drain();
      await as(() => commands.execute(new VerifyEmailCommand(tokenIn(email, 'verify-email'))));
      return email;
    },
    logIn: async (email, password = PASSWORD, context = {}) =>
      (await as(() => commands.execute(new LogInCommand({ email, password })), context)) as SignedIn,
    principalOf: ({ accessToken }) => {
      const claims = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString()) as AccessClaims;
      return app.get(AccessFacts).principalOf(claims);
    },
    hashes: async () => (await registry.getSingleMetric('password_hashes_total')!.get()).values[0]?.value ?? 0,
    settle: async () => {
      await app.get(DeliveryWorker).drain();
    },
    close: async () => {
      await sql.end();
      await app.close();
    },
  };
}
