import { Injectable } from '@nestjs/common';
import type { CallbackReader } from '../../domain/callback';
import { SendGridCallbacks } from './sendgrid-callbacks';
import { SesCallbacks } from './ses-callbacks';
import { TwilioCallbacks } from './twilio-callbacks';

/** The providers that tell what became of messages. */
@Injectable()
export class CallbackReaders {
  private readonly all: readonly CallbackReader[];

  constructor(sendGrid: SendGridCallbacks, ses: SesCallbacks, twilio: TwilioCallbacks) {
    this.all = [sendGrid, ses, twilio];
  }

  of(provider: string): CallbackReader | undefined {
    return this.all.find((reader) => reader.provider === provider);
  }
}
