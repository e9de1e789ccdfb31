import type { Provider, Type } from '@nestjs/common';
import {
  AcceptDisputeHandler,
  DisputeAnswers,
  SaveEvidenceHandler,
  SubmitEvidenceHandler,
} from './commands/answer-dispute';
import { CreateRefundHandler } from './commands/create-refund';
import { DisputeDesk } from './commands/dispute-desk';
import { DisputeWhenTold, LookAtDisputeHandler } from './commands/look-at-dispute';
import { RefundChargeHandler } from './commands/refund-charge';
import { RequestRefundHandler } from './commands/request-refund';
import { DisputeRepository } from './data/dispute.repository';
import { RefundRepository } from './data/refund.repository';
import { DisputesController } from './http/disputes.controller';
import { RefundsController } from './http/refunds.controller';
import { LookAtDispute } from './jobs/look-at-dispute';
import { RefundAtGateway } from './jobs/refund-at-gateway';
import { FindDisputeHandler, ListDisputesHandler } from './queries/disputes';
import { FindRefundHandler, ListRefundsHandler } from './queries/refunds';
import { AskAboutRefund } from './reactions/ask-about-refund';
import { LookAtDisputeAgain, RemindOfDispute } from './reactions/remind-of-dispute';

/** What of the payments module is about money that goes back. */
export const MONEY_BACK_PROVIDERS: Provider[] = [
  RefundRepository,
  CreateRefundHandler,
  RequestRefundHandler,
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
  SaveEvidenceHandler,
  SubmitEvidenceHandler,
  AcceptDisputeHandler,
  FindDisputeHandler,
  ListDisputesHandler,
  LookAtDispute,
  LookAtDisputeAgain,
  RemindOfDispute,
];

export const MONEY_BACK_CONTROLLERS: Type[] = [RefundsController, DisputesController];
