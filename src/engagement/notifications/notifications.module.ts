import { Module } from '@nestjs/common';
import { CHANNEL_SENDERS, type ChannelSender } from './adapters/channel-sender';
import { ChannelSenders } from './adapters/channel-senders';
import { SendGridMail } from './adapters/mail/sendgrid-mail';
import { SesMail } from './adapters/mail/ses-mail';
import { MailHealth } from './adapters/mail-health';
import { Mailer } from './adapters/mailer';
import { SmsHealth } from './adapters/sms-health';
import { SmsSender } from './adapters/sms-sender';
import { TwilioSms } from './adapters/twilio-sms';
import { UnsubscribeLinks } from './adapters/unsubscribe-links';
import { DeliverMessageHandler } from './commands/deliver-message-handler';
import { DigestContents } from './commands/digest-contents';
import { Inbox } from './commands/inbox';
import { InboxDelivery } from './commands/inbox-delivery';
import { LetterPictures } from './commands/letter-pictures';
import { Letterhead } from './commands/letterhead';
import { NotifyHandler } from './commands/notify';
import { Recipients } from './commands/recipients';
import { CancelBatchHandler, ContinueBatchHandler, NotifyManyHandler } from './commands/notify-many';
import { MarkNotificationHandler, ReadAllNotificationsHandler } from './commands/mark-notifications';
import { AddSuppressionHandler, RemoveSuppressionHandler } from './commands/manage-suppressions';
import { SaveNotificationPolicyHandler, SavePreferencesHandler } from './commands/save-preferences';
import { UnsubscribeHandler } from './commands/unsubscribe';
import { BatchRepository } from './data/batch.repository';
import './http/notification-events.dto';
import {
  NotificationBatchesController,
  NotificationsController,
  SuppressionsController,
} from './http/notifications.controller';
import { PreferencesController } from './http/preferences.controller';
import { UnsubscribePage } from './http/unsubscribe.page';
import { FindBatchHandler, ListBatchesHandler } from './queries/batches';
import { FindNotificationHandler, InboxHandler, UnreadHandler } from './queries/inbox';
import { NotificationPolicyHandler, PreferencesHandler } from './queries/preferences';
import { ListSuppressionsHandler } from './queries/suppressions';
import { ForgetPersonWhenAccountDeleted } from './reactions/forget-people';
import { ContinueBatch } from './reactions/continue-batch';
import { SendMessageHandler } from './commands/send-message';
import { UnsubscribeHeaders } from './commands/unsubscribe-headers';
import { DevMailbox } from './data/dev-mailbox';
import { MessageRepository } from './data/message.repository';
import { NotificationRepository } from './data/notification.repository';
import { PreferenceRepository } from './data/preference.repository';
import { SuppressionRepository } from './data/suppression.repository';
import { DevMailboxController, DevMailboxPageController } from './http/dev-mailbox.controller';
import { MessageRetention } from './jobs/message-retention';
import { DELIVERY_JOBS } from './jobs/send-mail';
import { DevMailboxHandler, ShownLetterHandler } from './queries/dev-mailbox';
import { MessageChannelsHandler } from './queries/message-channels';
import { NotifyWhenChatMessagePosted } from './reactions/notify-about-chat';
import { NotifyWhenFileInfected } from './reactions/notify-about-files';
import {
  NotifyWhenGeofenceDwelled,
  NotifyWhenGeofenceEntered,
  NotifyWhenGeofenceLeft,
} from './reactions/notify-about-geofences';
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
  TellWhenOrderContinued,
  TellWhenLinesCancelled,
  TellWhenOrderCancelled,
  TellWhenOrderShipped,
  TellWhenReturnChanged,
} from './reactions/mail-about-orders';
import { TellWhenPaymentNeedsAttention } from './reactions/tell-about-payments';
import { MailWhenShopperNeeded } from './reactions/mail-about-payments';
import { PUSH_CONTROLLERS, PUSH_PARTS } from './push.parts';
import { MjmlCompiler } from './adapters/mjml-compiler';
import { CheckedTemplates } from './commands/checked-templates';
import {
  ActivateTemplateHandler,
  ResetTemplateHandler,
  SaveTemplateHandler,
  SendTestMessageHandler,
} from './commands/manage-templates';
import { TemplateRepository } from './data/template.repository';
import { TemplatesController } from './http/templates.controller';
import { PreviewTemplateHandler } from './queries/preview-template';
import { SampleLettersHandler } from './queries/sample-letters';
import { FindTemplateHandler, ListTemplatesHandler, ListTemplateVersionsHandler } from './queries/templates';
import { LetterBook } from './templates/letter-book';
import { Renderer } from './templates/renderer';

/** Ways out, in the order in which they are asked. */
const SENDERS = [Mailer, SendGridMail, SesMail, SmsSender];

@Module({
  controllers: [
    NotificationsController,
    NotificationBatchesController,
    SuppressionsController,
    PreferencesController,
    TemplatesController,
    UnsubscribePage,
    DevMailboxController,
    DevMailboxPageController,
    ...PUSH_CONTROLLERS,
  ],
  providers: [
    SendMessageHandler,
    NotifyHandler,
    NotifyManyHandler,
    ContinueBatchHandler,
    CancelBatchHandler,
    ContinueBatch,
    ForgetPersonWhenAccountDeleted,
    NotifyWhenChatMessagePosted,
    NotifyWhenFileInfected,
    NotifyWhenGeofenceEntered,
    NotifyWhenGeofenceLeft,
    NotifyWhenGeofenceDwelled,
    BatchRepository,
    FindBatchHandler,
    ListBatchesHandler,
    InboxHandler,
    FindNotificationHandler,
    UnreadHandler,
    MarkNotificationHandler,
    ReadAllNotificationsHandler,
    PreferencesHandler,
    SavePreferencesHandler,
    NotificationPolicyHandler,
    SaveNotificationPolicyHandler,
    AddSuppressionHandler,
    RemoveSuppressionHandler,
    ListSuppressionsHandler,
    UnsubscribeHandler,
    TemplateRepository,
    MjmlCompiler,
    CheckedTemplates,
    SaveTemplateHandler,
    ActivateTemplateHandler,
    ResetTemplateHandler,
    SendTestMessageHandler,
    ListTemplatesHandler,
    FindTemplateHandler,
    ListTemplateVersionsHandler,
    PreviewTemplateHandler,
    SampleLettersHandler,
    Recipients,
    Letterhead,
    LetterPictures,
    Inbox,
    InboxDelivery,
    DigestContents,
    UnsubscribeHeaders,
    UnsubscribeLinks,
    NotificationRepository,
    PreferenceRepository,
    SuppressionRepository,
    ...PUSH_PARTS,
    LetterBook,
    ChannelSenders,
    { provide: CHANNEL_SENDERS, useFactory: (...senders: ChannelSender[]) => senders, inject: SENDERS },
    DeliverMessageHandler,
    DevMailboxHandler,
    ShownLetterHandler,
    MessageChannelsHandler,
    MessageRepository,
    DevMailbox,
    Mailer,
    SendGridMail,
    SesMail,
    { provide: SmsSender, useClass: TwilioSms },
    MailHealth,
    SmsHealth,
    Renderer,
    ...DELIVERY_JOBS,
    MessageRetention,
    OrderConfirmation,
    ConfirmWhenOrderAuthorized,
    ConfirmWhenOrderPaid,
    RemindOfUnpaidOrder,
    TellWhenOrderShipped,
    TellWhenBackorderAllocated,
    TellWhenOrderContinued,
    TellWhenLinesCancelled,
    TellWhenReturnChanged,
    TellWhenOrderCancelled,
    AlertStaffWhenStockLow,
    MailStockDigest,
    MailWhenDisputeOpened,
    MailWhenShopperNeeded,
    TellWhenPaymentNeedsAttention,
    MailWhenFraudReviewOpened,
    MailWhenFraudReviewOverdue,
    MailWhenDisputeDeadlineNear,
  ],
})
export class NotificationsModule {}
