import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Module, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { testConfig } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { eventually } from '../../../test/support/eventually';
import { Public } from '../auth/decorators';
import { runInContext } from '../context/request-context';
import { UnitOfWork } from '../database/unit-of-work';
import type { Transaction } from '../database/transaction';
import { createHttpApp } from '../http/http-app';
import { newId } from '../ids/ids';
import { KernelModule } from '../kernel.module';
import { DeliveryWorker } from '../messaging/delivery-worker';
import { DomainEvent, type StoredEvent } from '../messaging/domain-event';
import { JobRunner } from '../messaging/job-runner';
import { QueuesModule } from '../messaging/queues.module';
import { Job, Reaction, type Reacts, type Runs } from '../messaging/reaction';
import { stopTracing } from './tracing';

interface SpanData {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

class ThingMade extends DomainEvent<{ name: string }> {
  static override readonly type = 'things.thing-made.v1';
}
class MakeThingCommand extends Command<{ id: string }> {}

@CommandHandler(MakeThingCommand)
class MakeThingHandler implements ICommandHandler<MakeThingCommand> {
  constructor(private readonly uow: UnitOfWork) {}
  execute(): Promise<{ id: string }> {
    const id = newId();
    return this.uow.run(async (tx) => {
      tx.record(new ThingMade(id, { name: 'personal name' }));
      return { id };
    });
  }
}

const done: string[] = [];
@Job({ name: 'things.tell', queue: 'maintenance' })
class TellThing implements Runs<{ id: string }> {
  async run({ id }: { id: string }): Promise<void> {
    done.push(id);
  }
}
@Reaction({ name: 'things.tell-when-made', on: ThingMade })
class TellWhenMade implements Reacts<ThingMade> {
  async react(event: StoredEvent<ThingMade>, tx: Transaction): Promise<void> {
    tx.job(TellThing, { id: event.aggregateId });
  }
}
const TENANT = newId();

@Controller('things')
class ThingsController {
  constructor(private readonly commands: CommandBus) {}
  @Post()
  @Public()
  make(): Promise<{ id: string }> {
    return runInContext({ tenantId: TENANT }, () => this.commands.execute(new MakeThingCommand()));
  }
}
@Module({ controllers: [ThingsController], providers: [MakeThingHandler, TellThing, TellWhenMade] })
class ThingsModule {}

let collector: Server;
const spans: SpanData[] = [];
let app: NestFastifyApplication;

beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      expect(request.url).toBe('/v1/traces');
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { scopeSpans: { spans: SpanData[] }[] }[];
      };
      for (const resource of body.resourceSpans) for (const scope of resource.scopeSpans) spans.push(...scope.spans);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  const config = testConfig(await testDatabase(), { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  class Root {}
  app = await createHttpApp(
    { module: Root, imports: [KernelModule.register(config), QueuesModule, ThingsModule] },
    config,
  );
  await app.init();
  app.get(DeliveryWorker).start();
  await app.get(JobRunner).start();
});
afterAll(async () => {
  await app?.get(DeliveryWorker).stop();
  await app?.close();
  await stopTracing();
  await new Promise((resolve) => collector.close(resolve));
});

it('one trace goes from the request through command, SQL, delivery and job to the collector', async () => {
  const traceId = 'a'.repeat(8) + 'b'.repeat(24);
  const caller = '1234567890abcdef';
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/things',
    headers: { traceparent: `00-${traceId}-${caller}-01` },
  });
  expect(answer.statusCode).toBe(201);
  await eventually(() => done.length === 1);
  const find = (name: RegExp): SpanData | undefined =>
    spans.find((one) => one.traceId === traceId && name.test(one.name));
  await eventually(
    () => find(/^job /) !== undefined && find(/^POST /) !== undefined && find(/^delivery /) !== undefined,
  );

  const request = find(/^POST \/api\/v1\/things$/)!;
  const command = find(/^command MakeThing$/)!;
  const sql = find(/^sql /)!;
  const delivery = find(/^delivery things\.tell-when-made$/)!;
  const job = find(/^job things\.tell$/)!;
  expect(request.parentSpanId).toBe(caller);
  expect(command.parentSpanId).toBe(request.spanId);
  expect(sql.parentSpanId).toBe(command.spanId);
  // The event carries the command's span to the delivery, the delivery's to the job.
  expect(delivery.parentSpanId).toBe(command.spanId);
  expect(job.parentSpanId).toBe(delivery.spanId);
  const route = request.attributes.find((attribute) => attribute.key === 'http.route');
  expect(route?.value.stringValue).toBe('/api/v1/things');
  expect(JSON.stringify(spans)).not.toContain('personal name');
});
