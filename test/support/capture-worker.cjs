// A process of the built product that captures one payment, to be killed on the way: `node capture-worker.cjs <tenant>
// <payment>`, settings from the environment. `MAINSTAY_KILL_POINT` says where it ends itself.
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { CommandBus } = require('@nestjs/cqrs');
const { SYSTEM } = require('../../dist/src/kernel/auth/principal');
const { loadConfig } = require('../../dist/src/kernel/config/config');
const { runInContext } = require('../../dist/src/kernel/context/request-context');
const { newId } = require('../../dist/src/kernel/ids/ids');
const { KernelModule } = require('../../dist/src/kernel/kernel.module');
const { CapturePaymentCommand } = require('../../dist/src/money/payments/contracts/capture-payment');
const { PaymentsModule } = require('../../dist/src/money/payments/payments.module');
const { SandboxModule } = require('../../dist/src/money/sandbox/sandbox.module');

class Worker {}
Module({ imports: [KernelModule.register(loadConfig(process.env)), SandboxModule, PaymentsModule] })(Worker);

const [, , tenantId, paymentId] = process.argv;
NestFactory.createApplicationContext(Worker, { logger: ['error', 'warn'] })
  .then((app) =>
    runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, () =>
      app.get(CommandBus).execute(new CapturePaymentCommand({ paymentId })),
    ),
  )
  .then(
    () => process.stdout.write('captured\n'),
    (error) => process.stdout.write(`failed: ${error.stack}\n`),
  )
  .finally(() => process.exit());
