import { Injectable } from '@nestjs/common';
import { Envelope } from '../../../kernel/crypto/envelope';
import { Keyring } from '../../../kernel/crypto/keyring';
import { newId } from '../../../kernel/ids/ids';
import {
  eventOf,
  messageOf,
  placeOfBody,
  type Message,
  type RoomEvent,
  type SealedEvent,
  type SealedMessage,
} from '../domain/message';

/** A text that is ready to be stored. */
export interface SealedBody {
  bodyId: string;
  sealed: string;
}

/** Texts of messages: sealed under the tenant's key before they reach the database, opened when they are read. */
@Injectable()
export class Bodies {
  constructor(
    private readonly envelope: Envelope,
    private readonly keyring: Keyring,
  ) {}

  async seal(tenantId: string, messageId: string, body: string): Promise<SealedBody> {
    const bodyId = newId();
    return { bodyId, sealed: await this.envelope.seal(placeOfBody(tenantId, messageId, bodyId), body) };
  }

  /** What a sealed text says; null for none. */
  async open(
    tenantId: string,
    { id, bodyId, body }: Pick<SealedMessage, 'id' | 'bodyId' | 'body'>,
  ): Promise<string | null> {
    if (bodyId === null || body === null) return null;
    return this.envelope.open(placeOfBody(tenantId, id, bodyId), body);
  }

  async message(tenantId: string, sealed: SealedMessage): Promise<Message> {
    return messageOf(sealed, await this.open(tenantId, sealed));
  }

  async event(tenantId: string, sealed: SealedEvent): Promise<RoomEvent> {
    return eventOf(sealed, sealed.message && (await this.message(tenantId, sealed.message)));
  }

  /** A digest by which equal contents are told apart from others, and which tells nothing of them without the key. */
  digest(tenantId: string, ...content: unknown[]): Buffer {
    return this.keyring.hmac('chat content', JSON.stringify([tenantId, ...content]));
  }

  /** True when the digest is of this content, also under a master key that was replaced since. */
  isDigest(digest: Uint8Array, tenantId: string, ...content: unknown[]): boolean {
    return this.keyring.verifyHmac('chat content', JSON.stringify([tenantId, ...content]), digest);
  }
}
