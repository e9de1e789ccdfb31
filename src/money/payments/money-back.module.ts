import type { Provider, Type } from '@nestjs/common';
import {
  AcceptDisputeHandler,
  DisputeAnswers,
  SaveEvidenceHandler,
  SubmitEvidenceHandler,
} from './commands/answer-dispute';
import { PutEvidenceFilesHandler } from './commands/evidence-files';
import { CreateRefundHandler } from './commands/create-refund';
import { DailyReconciliation } from './commands/daily-reconciliation';
import { DisputeDesk } from './commands/dispute-desk';
import { DisputeWhenTold, LookAtDisputeHandler } from './commands/look-at-dispute';
import { ReconcileHandler, ResolveReconciliationRowHandler, RunReconciliationHandler } from './commands/reconcile';
import { RefundChargeHandler } from './commands/refund-charge';
import { RequestRefundHandler } from './commands/request-refund';
import { ReleaseWithheldHandler, WithholdRefundHandler } from './commands/withhold-refund';
import { DisputeRepository } from './data/dispute.repository';
import { RefundRepository } from './data/refund.repository';
import { SettlementRepository } from './data/settlement.repository';
import { DisputesController } from './http/disputes.controller';
import { PaymentAnalyticsController } from './http/payment-analytics.controller';
import { PayoutsController, ReconciliationsController } from './http/reconciliations.controller';
import { RefundsController } from './http/refunds.controller';
import { LookAtDispute } from './jobs/look-at-dispute';
import { RunReconciliation } from './jobs/run-reconciliation';
import { RefundAtGateway } from './jobs/refund-at-gateway';
import { FindDisputeHandler, ListDisputesHandler } from './queries/disputes';
import {
  FindReconciliationHandler,
  ListPayoutsHandler,
  ListReconciliationRowsHandler,
  ListReconciliationsHandler,
} from './queries/reconciliations';
import { FindPayoutHandler } from './queries/payout';
import { PaymentAnalyticsHandler } from './queries/payment-analytics';
import { FindRefundHandler, ListRefundsHandler } from './queries/refunds';
import { ReconcileDaily } from './reactions/reconcile-daily';
import { AskAboutRefund } from './reactions/ask-about-refund';
import { LookAtDisputeAgain, RemindOfDispute } from './reactions/remind-of-dispute';

/** What of the payments module is about money that goes back, and about how providers and books agree. */
export const MONEY_BACK_PROVIDERS: Provider[] = [
  RefundRepository,
  CreateRefundHandler,
  RequestRefundHandler,
  WithholdRefundHandler,
  ReleaseWithheldHandler,
  RefundChargeHandler,
  FindRefundHandler,
  ListRefundsHandler,
  RefundAtGateway,
  AskAboutRefund,
  DisputeRepository,
  DisputeDesk,
  DisputeWhenTold,
  LookAtDisputeHandler,
  DisputeAnswers,
  PutEvidenceFilesHandler,
  SaveEvidenceHandler,
  SubmitEvidenceHandler,
  AcceptDisputeHandler,
  FindDisputeHandler,
  ListDisputesHandler,
  LookAtDispute,
  LookAtDisputeAgain,
  RemindOfDispute,
  SettlementRepository,
  DailyReconciliation,
  ReconcileHandler,
  RunReconciliationHandler,
  ResolveReconciliationRowHandler,
  ListPayoutsHandler,
  FindPayoutHandler,
  ListReconciliationsHandler,
  FindReconciliationHandler,
  ListReconciliationRowsHandler,
  RunReconciliation,
  ReconcileDaily,
  PaymentAnalyticsHandler,
];

export const MONEY_BACK_CONTROLLERS: Type[] = [
  RefundsController,
  DisputesController,
  PayoutsController,
  ReconciliationsController,
  PaymentAnalyticsController,
];
