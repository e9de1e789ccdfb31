import { EventEmitter } from 'node:events';
import type { EngineConnection, EnginePacket } from './engine';
import { MOST_QUEUED_BYTES, queuedBytes, SlowConsumers } from './slow-consumers';

/** A connection whose client takes nothing: what it is sent waits. */
const stalled = (): { conn: EngineConnection; send: (data: string) => void } => {
  const writeBuffer: EnginePacket[] = [];
  const transport = { name: 'websocket', writable: false, socket: { bufferedAmount: 0, terminate: () => undefined } };
  const conn = Object.assign(new EventEmitter(), { id: 'c', readyState: 'open', writeBuffer, transport });
  const send = (data: string): void => {
    const packet = { type: 'message', data };
    conn.emit('packetCreate', packet);
    writeBuffer.push(packet);
  };
  return { conn: conn as unknown as EngineConnection, send };
};

describe('clients that take too little', () => {
  it.each([
    ['Latin letters', 'a', 1],
    ['letters with accents', 'é', 2],
    ['Chinese signs', '語', 3],
  ])('are measured by bytes and not by characters: %s', (_what, letter, bytes) => {
    const { conn, send } = stalled();
    send(letter.repeat(1_000));
    send(letter.repeat(500));
    expect(queuedBytes(conn)).toBe(1_500 * bytes);
  });

  it.each(['a', '語'])('are cut at once beyond four times the limit, whatever they are sent: %s', (letter) => {
    const cut: EngineConnection[] = [];
    const { conn, send } = stalled();
    new SlowConsumers((one) => cut.push(one)).watch(conn);
    const text = letter.repeat(20_000);
    let bytes = 0;
    for (let n = 0; cut.length === 0 && n < 1_000; n++) {
      send(text);
      bytes += Buffer.byteLength(text);
    }
    expect(cut).toEqual([conn]);
    // Beyond it by the packets that are looked at with the next one.
    expect(bytes).toBeLessThanOrEqual(4 * MOST_QUEUED_BYTES + 2 * Buffer.byteLength(text));
  });
});
