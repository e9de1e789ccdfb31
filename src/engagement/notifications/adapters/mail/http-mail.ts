import { clock } from '../../../../kernel/clock/clock';
import type { Letter } from '../../templates/renderer';
import { ChannelSender, SendLater, type OutgoingMessage } from '../channel-sender';

/** Longest wait for a provider (milliseconds). */
export const MAIL_TIMEOUT_MS = 15_000;

/** Mail by the HTTP interface of a provider, which tells afterwards what became of each letter. */
export abstract class HttpMail extends ChannelSender {
  readonly channel = 'email';
  private shutUntilMs = 0;

  /** Asks the provider whether it takes our account. @throws Error with a line for people when it does not */
  abstract verify(): Promise<void>;

  protected abstract post(message: OutgoingMessage, letter: Letter): Promise<{ providerId: string | null }>;

  /** What the provider put off holds back what comes after it, for as long as it said. */
  async send(message: OutgoingMessage, letter: Letter): Promise<{ providerId: string | null }> {
    const shutMs = this.shutUntilMs - clock.nowMs();
    if (shutMs > 0) throw new SendLater('The provider of mail wants to wait.', Math.ceil(shutMs / 1_000));
    try {
      return await this.post(message, letter);
    } catch (error) {
      if (error instanceof SendLater) this.shutUntilMs = clock.nowMs() + error.retryAfterSeconds * 1_000;
      throw error;
    }
  }
}

/** Bare address of a sender such as `Shop <no-reply@example.org>`. */
export const bareAddress = (from: string): string => /<([^>]+)>/.exec(from)?.[1] ?? from;

/** A name and an address for a header; a name beyond ASCII as encoded words (RFC 2047). */
export function mailbox(name: string, address: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>`;
  const words: string[] = [];
  let word = '';
  for (const character of name.replaceAll(/[\r\n]/g, ' ')) {
    // 45 bytes are 60 characters of base64: a word has at most 75 with its frame.
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  const encoded = [...words, word].map((one) => `=?UTF-8?B?${Buffer.from(one).toString('base64')}?=`);
  return `${encoded.join(' ')} <${address}>`;
}
