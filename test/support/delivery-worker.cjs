// A worker process of the built product with the two reactions of `test/flows/workers-killed.e2e-spec.ts`: `node
// delivery-worker.cjs <moment> <nth>`, settings from the environment. At the nth effect it ends itself by SIGKILL: `before` the
// row is written, `after` it, or once the batch is `committed`; `never` lets it live. One reaction in ten fails first.
require('../../dist/src/start/module-pack').usePack(require('node:path').resolve(__dirname, '../..'));
require('reflect-metadata');
const { randomInt } = require('node:crypto');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { loadConfig } = require('../../dist/src/kernel/config/config');
const { newId } = require('../../dist/src/kernel/ids/ids');
const { KernelModule } = require('../../dist/src/kernel/kernel.module');
const { DeliveryWorker } = require('../../dist/src/kernel/messaging/delivery-worker');
const { DomainEvent } = require('../../dist/src/kernel/messaging/domain-event');
const { Reaction } = require('../../dist/src/kernel/messaging/reaction');

const [, , moment, nth] = process.argv;
let effects = 0;
const die = () => process.kill(process.pid, 'SIGKILL');

class Counted extends DomainEvent {
  static type = 'counting.counted.v1';
}

async function effect(tx, event, name) {
  // A batch that fails is not committed: the moment `committed` is that of the first one from there on.
  const fatal = moment !== 'never' && (effects += 1) >= Number(nth);
  if (fatal && moment === 'before') die();
  await tx.execute('insert into counting.effects (tenant_id, id, event_id, reaction) values ($1, $2, $3, $4)', [
    tx.tenantId,
    newId(),
    event.id,
    name,
  ]);
  if (fatal && moment === 'after') die();
  if (fatal) tx.afterCommit(die);
  if (randomInt(10) === 0) throw new Error('planted failure');
}

class First {
  react(event, tx) {
    return effect(tx, event, 'first');
  }
}
Reaction({ name: 'counting.first', on: Counted })(First);
class Second {
  react(event, tx) {
    return effect(tx, event, 'second');
  }
}
Reaction({ name: 'counting.second', on: Counted })(Second);

class Worker {}
Module({ imports: [KernelModule.register(loadConfig(process.env))], providers: [First, Second] })(Worker);

void NestFactory.createApplicationContext(Worker, { logger: ['error'] }).then((app) => app.get(DeliveryWorker).start());
