import { Global, Module } from '@nestjs/common';
import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Config } from '../config/config';
import type { Queue } from 'bullmq';
import { JobQueue } from './job-queue';
import { JobRunner } from './job-runner';
import { PortableQueue, QueueConnection } from './queue-connection';
import { QueueReports } from './queue-reports';
import { Queues } from './queues';
import { QUEUES } from './reaction';

BullModule.queueClass = PortableQueue;

@Module({
  providers: [
    { provide: QueueConnection, useFactory: (config: Config) => QueueConnection.open(config), inject: [Config] },
  ],
  exports: [QueueConnection],
})
class QueueConnectionModule {}

/** The queues of the product and what runs their jobs; global, so that the delivery worker finds its `JobQueue`. */
@Global()
@Module({
  imports: [
    QueueConnectionModule,
    BullModule.forRootAsync({
      imports: [QueueConnectionModule],
      useFactory: (connection: QueueConnection) => connection.options,
      inject: [QueueConnection],
    }),
    BullModule.registerQueue(...QUEUES.map((name) => ({ name, streams: { events: { maxLen: 1_000 } } }))),
  ],
  providers: [
    {
      provide: Queues,
      useFactory: (connection: QueueConnection, ...queues: Queue[]) => new Queues(connection, queues),
      inject: [QueueConnection, ...QUEUES.map((name) => getQueueToken(name))],
    },
    { provide: JobQueue, useExisting: Queues },
    JobRunner,
    QueueReports,
  ],
  exports: [Queues, JobQueue, JobRunner, QueueConnectionModule],
})
export class QueuesModule {}
