// A process of the built product that does one thing about a payment, to be killed on the way: `node payment-worker.cjs
// <tenant> <capture|refund|submit-evidence> <payment, refund or dispute>`, settings from the environment.
// `MAINSTAY_KILL_POINT` says where it ends itself.
require('../../dist/src/start/module-pack').usePack(require('node:path').resolve(__dirname, '../..'));
require('reflect-metadata');
const { Global, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { CommandBus } = require('@nestjs/cqrs');
const { FilesModule } = require('../../dist/src/engagement/files/files.module');
const { SYSTEM } = require('../../dist/src/kernel/auth/principal');
const { loadConfig } = require('../../dist/src/kernel/config/config');
const { runInContext } = require('../../dist/src/kernel/context/request-context');
const { newId } = require('../../dist/src/kernel/ids/ids');
const { KernelModule } = require('../../dist/src/kernel/kernel.module');
const { SubmitEvidenceCommand } = require('../../dist/src/money/payments/commands/answer-dispute');
const { RefundChargeCommand } = require('../../dist/src/money/payments/commands/refund-charge');
const { Realtime } = require('../../dist/src/kernel/realtime/realtime');
const { CapturePaymentCommand } = require('../../dist/src/money/payments/contracts/capture-payment');
const { PaymentsModule } = require('../../dist/src/money/payments/payments.module');
const { SandboxModule } = require('../../dist/src/money/sandbox/sandbox.module');

/** Nobody listens to this process. */
class Silence {}
Global()(Silence);
Module({ providers: [{ provide: Realtime, useValue: {} }], exports: [Realtime] })(Silence);
class Worker {}
Module({
  imports: [KernelModule.register(loadConfig(process.env)), Silence, FilesModule, SandboxModule, PaymentsModule],
})(Worker);

const COMMANDS = {
  capture: (paymentId) => new CapturePaymentCommand({ paymentId }),
  refund: (refundId) => new RefundChargeCommand(refundId),
  'submit-evidence': (disputeId) => new SubmitEvidenceCommand(disputeId),
};
const [, , tenantId, what, id] = process.argv;
NestFactory.createApplicationContext(Worker, { logger: ['error', 'warn'] })
  .then((app) =>
    runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, () =>
      app.get(CommandBus).execute(COMMANDS[what](id)),
    ),
  )
  .then(
    () => process.stdout.write('done\n'),
    (error) => process.stdout.write(`failed: ${error.stack}\n`),
  )
  .finally(() => process.exit());
