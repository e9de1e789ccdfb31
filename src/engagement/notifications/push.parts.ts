import type { Provider, Type } from '@nestjs/common';
import { CallbackReaders } from './adapters/callbacks/callback-readers';
import { SendGridCallbacks } from './adapters/callbacks/sendgrid-callbacks';
import { SesCallbacks } from './adapters/callbacks/ses-callbacks';
import { TwilioCallbacks } from './adapters/callbacks/twilio-callbacks';
import { ApnsSender } from './adapters/push/apns-sender';
import { FcmSender } from './adapters/push/fcm-sender';
import { PushHealth } from './adapters/push/push-health';
import { PushSenders } from './adapters/push/push-senders';
import { WebPushSender } from './adapters/push/web-push-sender';
import { CampaignChecks } from './commands/campaign-checks';
import {
  ChangeCampaignHandler,
  ContinueCampaignHandler,
  CreateCampaignHandler,
  MoveCampaignHandler,
} from './commands/campaigns';
import { NoteReceiptsHandler, ProcessCallbacksHandler, ReceiveCallbacksHandler } from './commands/callbacks';
import { DeliverPushesHandler } from './commands/deliver-pushes';
import { PushDrafts } from './commands/push-drafts';
import { PutPushTokenHandler, RemovePushTokenHandler } from './commands/push-tokens';
import { RetryDeliveryHandler } from './commands/retry-delivery';
import { Campaigns } from './data/campaigns';
import { Callbacks } from './data/callbacks';
import { ProviderLanes } from './data/provider-lanes';
import { PushDeliveries } from './data/push-deliveries';
import { PushTargets } from './data/push-targets';
import { PushTokens } from './data/push-tokens';
import { CampaignsController } from './http/campaigns.controller';
import { DeliveriesController, DeliveryCallbacksController } from './http/deliveries.controller';
import { PushTokensController } from './http/push-tokens.controller';
import { ProcessCallbacks } from './jobs/process-callbacks';
import { SendPushes } from './jobs/send-pushes';
import { FindCampaignHandler, ListCampaignsHandler } from './queries/campaigns';
import { DeliveriesOfNotificationHandler, FindDeliveryHandler, ListDeliveriesHandler } from './queries/deliveries';
import { OwnPushTokenHandler, OwnPushTokensHandler } from './queries/push-tokens';
import { ContinueCampaign } from './reactions/continue-campaign';
import { ForgetDevicesWhenAccountDeleted, ForgetDeviceWhenSessionRevoked } from './reactions/forget-devices';

/** Routes about devices and deliveries. */
export const PUSH_CONTROLLERS: Type[] = [
  PushTokensController,
  DeliveriesController,
  DeliveryCallbacksController,
  CampaignsController,
];

/** Push messages: devices, push services, and batches on their way. */
export const PUSH_PARTS: Provider[] = [
  FcmSender,
  ApnsSender,
  WebPushSender,
  PushSenders,
  PushHealth,
  ProviderLanes,
  PushTargets,
  PushTokens,
  PushDeliveries,
  PushDrafts,
  PutPushTokenHandler,
  RemovePushTokenHandler,
  OwnPushTokenHandler,
  OwnPushTokensHandler,
  DeliverPushesHandler,
  SendPushes,
  SendGridCallbacks,
  SesCallbacks,
  TwilioCallbacks,
  CallbackReaders,
  Callbacks,
  ReceiveCallbacksHandler,
  ProcessCallbacksHandler,
  NoteReceiptsHandler,
  RetryDeliveryHandler,
  Campaigns,
  CampaignChecks,
  CreateCampaignHandler,
  ChangeCampaignHandler,
  MoveCampaignHandler,
  ContinueCampaignHandler,
  ContinueCampaign,
  ListCampaignsHandler,
  FindCampaignHandler,
  ListDeliveriesHandler,
  FindDeliveryHandler,
  DeliveriesOfNotificationHandler,
  ProcessCallbacks,
  ForgetDeviceWhenSessionRevoked,
  ForgetDevicesWhenAccountDeleted,
];
