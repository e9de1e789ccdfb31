import { IsString, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class DevMailboxQueryParameters {
  /**
   * Only letters to this address.
   * @example "ada@example.org"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(320)
  to?: string;
}

/** One letter. */
export class DevLetterView {
  /** @example "email" */
  channel: string;
  /** @example "ada@example.org" */
  to: string;
  /** @example "Confirm your email address" */
  subject: string;
  /** @example "Hello Ada, ..." */
  text: string;
  /**
   * Pictures that it carries are named by `cid:`; `/dev/mailbox/{id}` shows them.
   * @example "<!doctype html>..."
   */
  html: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  sentAt: string;
}

/** The development mailbox, newest first, at most 100 letters. */
export class DevMailboxView {
  data: DevLetterView[];
}
