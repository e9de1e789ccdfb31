import { Module } from '@nestjs/common';
import { MailHealth } from './adapters/mail-health';
import { Mailer } from './adapters/mailer';
import { SmsHealth } from './adapters/sms-health';
import { SmsSender } from './adapters/sms-sender';
import { TwilioSms } from './adapters/twilio-sms';
import { DeliverMessageHandler } from './commands/deliver-message';
import { SendMessageHandler } from './commands/send-message';
import { DevMailbox } from './data/dev-mailbox';
import { MessageRepository } from './data/message.repository';
import { DevMailboxController, DevMailboxPageController } from './http/dev-mailbox.controller';
import { MessageRetention } from './jobs/message-retention';
import { SendMail } from './jobs/send-mail';
import { DevMailboxHandler } from './queries/dev-mailbox';
import { MessageChannelsHandler } from './queries/message-channels';
import { MailStockDigest } from './reactions/mail-stock-digest';
import { AlertStaffWhenStockLow } from './reactions/alert-staff-when-stock-low';
import { MailWhenDisputeDeadlineNear, MailWhenDisputeOpened } from './reactions/mail-about-disputes';
import { MailWhenFraudReviewOpened, MailWhenFraudReviewOverdue } from './reactions/mail-about-fraud-reviews';
import {
  ConfirmWhenOrderAuthorized,
  ConfirmWhenOrderPaid,
  OrderConfirmation,
  RemindOfUnpaidOrder,
  TellWhenBackorderAllocated,
  TellWhenLinesCancelled,
  TellWhenOrderCancelled,
  TellWhenOrderShipped,
  TellWhenReturnChanged,
} from './reactions/mail-about-orders';
import { MailWhenShopperNeeded } from './reactions/mail-about-payments';
import { Renderer } from './templates/renderer';

@Module({
  controllers: [DevMailboxController, DevMailboxPageController],
  providers: [
    SendMessageHandler,
    DeliverMessageHandler,
    DevMailboxHandler,
    MessageChannelsHandler,
    MessageRepository,
    DevMailbox,
    Mailer,
    { provide: SmsSender, useClass: TwilioSms },
    MailHealth,
    SmsHealth,
    Renderer,
    SendMail,
    MessageRetention,
    OrderConfirmation,
    ConfirmWhenOrderAuthorized,
    ConfirmWhenOrderPaid,
    RemindOfUnpaidOrder,
    TellWhenOrderShipped,
    TellWhenBackorderAllocated,
    TellWhenLinesCancelled,
    TellWhenReturnChanged,
    TellWhenOrderCancelled,
    AlertStaffWhenStockLow,
    MailStockDigest,
    MailWhenDisputeOpened,
    MailWhenShopperNeeded,
    MailWhenFraudReviewOpened,
    MailWhenFraudReviewOverdue,
    MailWhenDisputeDeadlineNear,
  ],
})
export class NotificationsModule {}
