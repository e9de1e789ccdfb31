// A worker process of the built product with one job that never ends, to be killed: `node job-worker.cjs`, settings from
// the environment. Says "running <job id>" on stdout for each run.
require('../../dist/src/start/module-pack').usePack(require('node:path').resolve(__dirname, '../..'));
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { loadConfig } = require('../../dist/src/kernel/config/config');
const { KernelModule } = require('../../dist/src/kernel/kernel.module');
const { JobRunner, JOB_TIMINGS } = require('../../dist/src/kernel/messaging/job-runner');
const { Job } = require('../../dist/src/kernel/messaging/reaction');
const { QueuesModule } = require('../../dist/src/kernel/messaging/queues.module');

class Hang {
  run(_payload, job) {
    process.stdout.write(`running ${job.id}\n`);
    return new Promise(() => undefined);
  }
}
Job({ name: 'things.crash', queue: 'maintenance' })(Hang);

class Timings {}
class Worker {}
const { TEST_JOB_TIMINGS, ...env } = process.env;
Module({
  imports: [
    KernelModule.register(loadConfig(env)),
    {
      module: Timings,
      global: true,
      providers: [{ provide: JOB_TIMINGS, useValue: JSON.parse(TEST_JOB_TIMINGS) }],
      exports: [JOB_TIMINGS],
    },
    QueuesModule,
  ],
  providers: [Hang],
})(Worker);

void NestFactory.createApplicationContext(Worker, { logger: ['error', 'warn'] })
  .then((app) => app.get(JobRunner).start())
  .then(() => process.stdout.write('ready\n'));
