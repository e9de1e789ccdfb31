import { ChannelSender, SendRefused } from './channel-sender';

/** Sends text messages: the port that a provider stands behind. */
export abstract class SmsSender extends ChannelSender {
  readonly channel = 'sms';

  /** Asks the provider whether it takes our account. @throws Error with a line for people when it does not */
  abstract verify(): Promise<void>;
}

/** The provider will never send this message: the number does not exist, or its owner wants none. */
export class SmsRefused extends SendRefused {
  constructor(readonly code: number | undefined) {
    super(`The provider refused the text message${code === undefined ? '' : ` (${code})`}.`, { permanent: true });
    this.name = 'SmsRefused';
  }
}
