import { Decoder, Encoder, PacketType, type Packet } from 'socket.io-parser';

/** Largest event that is handed on (UTF-16 code units of its packet). */
export const MOST_EVENT_LENGTH = 64 * 1024;
/** Largest message that is read at all (bytes): between the two, an event is refused with a code and the connection stays. */
export const MOST_MESSAGE_BYTES = 256 * 1024;

/** Stand for the arguments of an event that is too large, or binary, which no event here is. */
export const TOO_LARGE = Symbol('too large');
export const BINARY = Symbol('binary');

/** A packet of type and data, such as `52-["event",{...}]`. */
const isBinary = (packet: string): boolean => packet.startsWith('5') || packet.startsWith('6');

/**
 * Socket.IO's decoder, which leaves the arguments out of events that are too large or binary: the dispatcher answers
 * them with a problem. Attachments are thrown away as they come.
 */
class LimitedDecoder extends Decoder {
  private skipping = 0;

  override add(given: unknown): void {
    if (typeof given === 'string') {
      if (this.skipping > 0) throw new Error('text where attachments were announced');
      if (given.length <= MOST_EVENT_LENGTH && !isBinary(given)) return super.add(given);
      return this.emitCut(given);
    }
    if (this.skipping === 0) throw new Error('an attachment that nobody announced');
    this.skipping -= 1;
  }

  private emitCut(text: string): void {
    const decoder = this as unknown as {
      decodeString(text: string): Packet;
      emitReserved(event: 'decoded', packet: Packet): void;
    };
    const packet = decoder.decodeString(text);
    const binary = packet.type === PacketType.BINARY_EVENT || packet.type === PacketType.BINARY_ACK;
    if (binary) {
      this.skipping = packet.attachments ?? 0;
      packet.type = packet.type === PacketType.BINARY_EVENT ? PacketType.EVENT : PacketType.ACK;
    }
    // A connect packet carries a token, which has a limit of its own.
    if (Array.isArray(packet.data)) packet.data = [(packet.data as unknown[])[0], binary ? BINARY : TOO_LARGE];
    decoder.emitReserved('decoded', packet);
  }
}

/** For `parser` of the server. */
export const limitedParser = { Encoder, Decoder: LimitedDecoder };
