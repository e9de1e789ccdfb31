import { Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { AuditModule } from '../../src/access/audit/audit.module';
import { Sealer } from '../../src/access/audit/commands/sealer';
import { VerifyTrailQuery } from '../../src/access/audit/contracts/verify-trail';
import { GUEST } from '../../src/kernel/auth/principal';
import { loadConfig } from '../../src/kernel/config/config';
import { runInContext } from '../../src/kernel/context/request-context';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { productEnv } from '../environment';
import type { Measure } from '../report';

const TENANTS = 20;
const AT_ONCE = 16;

class BenchTouchCommand extends Command<void> {
  constructor(readonly thingId: string) {
    super();
  }
}

/** A command as small as they come: it writes one row. */
@CommandHandler(BenchTouchCommand)
class BenchTouchHandler implements ICommandHandler<BenchTouchCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ thingId }: BenchTouchCommand): Promise<void> {
    await this.uow.run((tx) =>
      tx.execute(
        `insert into kernel.idempotency_keys (tenant_id, id, body_hash, state, created_at) values ($1, $2, '', 'done', kernel.now())`,
        [tx.tenantId, thingId],
      ),
    );
  }
}

@Module({ providers: [BenchTouchHandler] })
class BenchTouchModule {}

/** What the audit trail costs a command, how many entries are sealed a second, and how many verified. */
export async function audit(postgres: EmbeddedPostgres, quick: boolean): Promise<Measure[]> {
  const config = loadConfig({ ...productEnv(postgres), MAINSTAY_ROLES: 'api', LOG_LEVEL: 'error' });
  const open = (...further: Type[]): Promise<INestApplicationContext> =>
    NestFactory.createApplicationContext(
      { module: BenchTouchModule, imports: [KernelModule.register(config), ...further] },
      { logger: false, abortOnError: false },
    );
  const [without, withTrail] = [await open(), await open(AuditModule)];
  try {
    const tenants = Array.from({ length: TENANTS }, () => newId());
    const user = { ...GUEST, kind: 'user' as const, userId: newId() };
    const touch = (app: INestApplicationContext, tenantId: string): Promise<void> =>
      runInContext({ tenantId, principal: user, requestId: newId(), ip: '203.0.113.7', userAgent: 'bench' }, () =>
        app.get(CommandBus).execute(new BenchTouchCommand(newId())),
      );
    const rounds = quick ? 300 : 1_500;
    const times = { without: [] as number[], withTrail: [] as number[] };
    // In turns, so that what else the machine does meets both alike.
    for (let n = 0; n < rounds + 100; n++) {
      for (const [name, app] of [
        ['without', without],
        ['withTrail', withTrail],
      ] as const) {
        const started = process.hrtime.bigint();
        await touch(app, tenants[n % TENANTS]);
        if (n >= 100) times[name].push(Number(process.hrtime.bigint() - started) / 1_000);
      }
    }
    const [bare, audited] = [median(times.without), median(times.withTrail)];
    const entries = quick ? 2_000 : 20_000;
    for (let n = 0; n < entries; n += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => touch(withTrail, tenants[(n + i) % TENANTS])));
    const seal = await timed(() => withTrail.get(Sealer).sealAll());
    let verified = 0;
    const check = await timed(async () => {
      for (const tenantId of tenants) {
        const report = await runInContext({ tenantId }, () => withTrail.get(QueryBus).execute(new VerifyTrailQuery()));
        if (!report.ok) throw new Error(`The trail is broken: ${report.fault?.detail}`);
        verified += report.entries;
      }
    });
    return [
      {
        scenario: 'audit: cost of the row',
        unit: 'µs/command',
        value: audited - bare,
        note: `one row written: ${Math.round(bare)} µs without trail, ${Math.round(audited)} with it (medians)`,
      },
      {
        scenario: 'audit: sealed',
        unit: 'rows/s',
        value: seal.value / seal.seconds,
        note: `${seal.value} entries of ${TENANTS} tenants, one process`,
      },
      {
        scenario: 'audit: verified',
        unit: 'rows/s',
        value: verified / check.seconds,
        note: 'every hash, root, signature and copy',
      },
    ];
  } finally {
    await withTrail.close();
    await without.close();
  }
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const started = process.hrtime.bigint();
  const value = await work();
  return { value, seconds: Number(process.hrtime.bigint() - started) / 1e9 };
}
