import { Injectable } from '@nestjs/common';
import { clock } from '../../../../kernel/clock/clock';
import { Config } from '../../../../kernel/config/config';
import {
  addresseeOf,
  callbackMalformed,
  callbackSignature,
  type CallbackKind,
  type CallbackReader,
  type CallbackRequest,
  type ProviderCallback,
} from '../../domain/callback';

const KINDS: Record<string, CallbackKind> = {
  delivered: 'delivered',
  read: 'opened',
  undelivered: 'failed',
  failed: 'failed',
};
/** The recipient answered STOP; the number does not exist, is a landline, or is nobody's (twilio.com/docs/api/errors). */
const STOPPED = '21610';
const NO_SUCH_NUMBER = new Set(['21211', '21614', '30005', '30006']);

/** Address to which Twilio reports on a message. */
export const twilioCallbackUrl = (publicUrl: string, tenantId: string, messageId: string): string =>
  `${publicUrl}/api/v1/delivery-callbacks/twilio/${tenantId}/${messageId}`;

/** Twilio's status callbacks, signed with the account's token over our own address and the members of the form. */
@Injectable()
export class TwilioCallbacks implements CallbackReader {
  readonly provider = 'twilio';

  constructor(private readonly config: Config) {}

  get isConfigured(): boolean {
    return this.config.twilio !== null;
  }

  async read({ headers, form, path }: CallbackRequest): Promise<ProviderCallback[]> {
    const to = addresseeOf(path.tenantId, path.messageId);
    if (!to) throw callbackMalformed('The address names no message.');
    const { validateRequest } = await import('twilio');
    const url = twilioCallbackUrl(this.config.publicUrl, to.tenantId, to.messageId);
    const signature = headers['x-twilio-signature'] ?? '';
    if (!validateRequest(this.config.twilio!.authToken, signature, url, form)) throw callbackSignature();
    const { MessageSid: sid, MessageStatus: type, ErrorCode: code } = form;
    if (typeof sid !== 'string' || typeof type !== 'string')
      throw callbackMalformed('It names neither message nor state.');
    const stopped = code === STOPPED;
    const nobody = typeof code === 'string' && NO_SUCH_NUMBER.has(code);
    return [
      {
        ...to,
        eventId: `${sid}/${type}`.slice(0, 200),
        kind: stopped ? 'unsubscribed' : nobody ? 'bounced' : (KINDS[type] ?? 'other'),
        type: type.slice(0, 60),
        permanent: nobody,
        detail: typeof code === 'string' ? `Twilio ${code.slice(0, 20)}` : null,
        at: clock.now(),
      },
    ];
  }
}
