// A process of the built product that sends batches of push messages, to be killed on the way: `node push-worker.cjs
// <tenant> <message ids, a JSON array of arrays>`, settings from the environment. Every user is known here.
require('../../dist/src/start/module-pack').usePack(require('node:path').resolve(__dirname, '../..'));
require('reflect-metadata');
const { Global, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { CommandBus, QueryHandler } = require('@nestjs/cqrs');
const { ContactsOfUsersQuery } = require('../../dist/src/access/identity/contracts/contacts');
const { BrandingQuery } = require('../../dist/src/access/organizations/contracts/branding');
const { TimeZoneQuery } = require('../../dist/src/access/organizations/contracts/time-zone');
const { DeliverPushesCommand } = require('../../dist/src/engagement/notifications/commands/deliver-pushes');
const { NotificationsModule } = require('../../dist/src/engagement/notifications/notifications.module');
const { SYSTEM } = require('../../dist/src/kernel/auth/principal');
const { loadConfig } = require('../../dist/src/kernel/config/config');
const { runInContext } = require('../../dist/src/kernel/context/request-context');
const { newId } = require('../../dist/src/kernel/ids/ids');
const { KernelModule } = require('../../dist/src/kernel/kernel.module');
const { Realtime } = require('../../dist/src/kernel/realtime/realtime');

const handles = (query, execute) => {
  class Handler {
    execute(asked) {
      return Promise.resolve(execute(asked));
    }
  }
  QueryHandler(query)(Handler);
  return Handler;
};
const person = (userId) => ({ userId, name: 'Ada', email: null, hasPhone: false, locale: null, timeZone: 'UTC' });
class Surroundings {}
Global()(Surroundings);
Module({
  providers: [
    { provide: Realtime, useValue: {} },
    handles(ContactsOfUsersQuery, ({ userIds }) => userIds.map(person)),
    handles(BrandingQuery, () => null),
    handles(TimeZoneQuery, () => 'UTC'),
  ],
  exports: [Realtime],
})(Surroundings);

class Worker {}
Module({ imports: [KernelModule.register(loadConfig(process.env)), Surroundings, NotificationsModule] })(Worker);

const [, , tenantId, batches] = process.argv;
NestFactory.createApplicationContext(Worker, { logger: ['error', 'warn'] })
  .then(async (app) => {
    for (const messageIds of JSON.parse(batches))
      await runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, () =>
        app.get(CommandBus).execute(new DeliverPushesCommand(messageIds)),
      );
  })
  .then(
    () => process.stdout.write('sent\n'),
    (error) => process.stdout.write(`failed: ${error.stack}\n`),
  )
  .finally(() => process.exit());
