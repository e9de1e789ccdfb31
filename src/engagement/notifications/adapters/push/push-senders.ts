import { Injectable } from '@nestjs/common';
import type { PushProvider } from '../../domain/push';
import { ApnsSender } from './apns-sender';
import { FcmSender } from './fcm-sender';
import type { PushSender } from './push-sender';
import { WebPushSender } from './web-push-sender';

/** The push services that are spoken to. */
@Injectable()
export class PushSenders {
  readonly all: readonly PushSender[];

  constructor(fcm: FcmSender, apns: ApnsSender, webPush: WebPushSender) {
    this.all = [fcm, apns, webPush];
  }

  of(provider: PushProvider): PushSender {
    return this.all.find((sender) => sender.provider === provider)!;
  }

  get isConfigured(): boolean {
    return this.all.some((sender) => sender.isConfigured);
  }
}
