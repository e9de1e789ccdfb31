/** Sends text messages: the port that a provider stands behind. */
export abstract class SmsSender {
  /** False where no provider is set up: text messages end in the mailbox of development, or wait. */
  abstract readonly isConfigured: boolean;

  /**
   * Sends one text message.
   * @param to E.164
   * @throws SmsRefused when sending again cannot help, anything else when it may
   */
  abstract send(to: string, text: string): Promise<void>;

  /** Asks the provider whether it takes our account. @throws Error with a line for people when it does not */
  abstract verify(): Promise<void>;
}

/** The provider will never send this message: the number does not exist, or its owner wants none. */
export class SmsRefused extends Error {
  constructor(readonly code: number | undefined) {
    super(`The provider refused the text message${code === undefined ? '' : ` (${code})`}.`);
    this.name = 'SmsRefused';
  }
}
