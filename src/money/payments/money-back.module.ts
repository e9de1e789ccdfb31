import type { Provider, Type } from '@nestjs/common';
import { CreateRefundHandler } from './commands/create-refund';
import { RefundChargeHandler } from './commands/refund-charge';
import { RequestRefundHandler } from './commands/request-refund';
import { RefundRepository } from './data/refund.repository';
import { RefundsController } from './http/refunds.controller';
import { RefundAtGateway } from './jobs/refund-at-gateway';
import { FindRefundHandler, ListRefundsHandler } from './queries/refunds';
import { AskAboutRefund } from './reactions/ask-about-refund';

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
];

export const MONEY_BACK_CONTROLLERS: Type[] = [RefundsController];
