import { Module } from '@nestjs/common';
import { AnswerChallengeHandler } from './commands/answer-challenge';
import { CancelPaymentHandler, CapturePaymentHandler, RefundPaymentHandler } from './commands/change-payment';
import { AnswerSandboxDisputeHandler, DisputePlay } from './commands/answer-dispute';
import { ConfirmPaymentHandler } from './commands/confirm-payment';
import { DeliverSandboxWebhookHandler } from './commands/deliver-webhook';
import { OpenAccountHandler } from './commands/open-account';
import { AccountSecrets } from './data/account-secrets';
import { DisputeRepository } from './data/dispute.repository';
import { SandboxRepository } from './data/sandbox.repository';
import { WebhookOutbox } from './data/webhook-outbox';
import { ChallengeController } from './http/challenge.controller';
import { WebhookRetention } from './jobs/webhook-retention';
import { SendSandboxWebhook } from './jobs/send-sandbox-webhook';
import { FetchSandboxDisputeHandler } from './queries/fetch-dispute';
import { SandboxEntriesHandler } from './queries/list-entries';
import { ChallengeHandler, FetchPaymentHandler } from './queries/fetch-payment';

@Module({
  controllers: [ChallengeController],
  providers: [
    WebhookRetention,
    OpenAccountHandler,
    ConfirmPaymentHandler,
    DisputePlay,
    AnswerSandboxDisputeHandler,
    FetchSandboxDisputeHandler,
    SandboxEntriesHandler,
    DisputeRepository,
    CapturePaymentHandler,
    CancelPaymentHandler,
    RefundPaymentHandler,
    AnswerChallengeHandler,
    DeliverSandboxWebhookHandler,
    FetchPaymentHandler,
    ChallengeHandler,
    SandboxRepository,
    WebhookOutbox,
    AccountSecrets,
    SendSandboxWebhook,
  ],
})
export class SandboxModule {}
