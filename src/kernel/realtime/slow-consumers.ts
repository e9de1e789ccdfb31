import type { EngineConnection, EnginePacket } from './engine';

/** Packets that may wait for one client. */
export const MOST_QUEUED = 256;
/** What they may be together (bytes). */
export const MOST_QUEUED_BYTES = 1024 * 1024;
/** How long they may be more: what is sent in one turn is only taken in the next ones (milliseconds). */
const PATIENCE_MS = 100;
/** Beyond so many times the limits nobody is waited for. */
const HARD = 4;

/** Bytes of packets that wait: the queue is looked at with each further one. */
const sizes = new WeakMap<EnginePacket, number>();

function sizeOf(packet: EnginePacket): number {
  let size = sizes.get(packet);
  // A character is up to three bytes on the wire, and two in memory.
  if (size === undefined) sizes.set(packet, (size = packet.data === undefined ? 0 : Buffer.byteLength(packet.data)));
  return size;
}

/** Bytes that wait for a client: with us, and with its WebSocket. */
export function queuedBytes({ writeBuffer, transport }: EngineConnection): number {
  let bytes = transport.socket?.bufferedAmount ?? 0;
  for (const packet of writeBuffer) bytes += sizeOf(packet);
  return bytes;
}

/** Limits of what may wait, `times` over. */
const isOver = (conn: EngineConnection, times: number): boolean =>
  conn.writeBuffer.length >= MOST_QUEUED * times || queuedBytes(conn) > MOST_QUEUED_BYTES * times;

/**
 * Watches connections with every packet that is to be sent: a client that does not take what it is sent is cut before it
 * costs the others memory. Socket.IO itself leaves out volatile packets from the first one on that waits.
 */
export class SlowConsumers {
  private readonly suspects = new Set<EngineConnection>();
  private timer: NodeJS.Timeout | null = null;
  // One function for all connections.
  private readonly look: (this: EngineConnection) => void;

  /** @param cut ends a connection; what waits for it must be let go */
  constructor(private readonly cut: (conn: EngineConnection) => void) {
    const suspect = (conn: EngineConnection): void => this.suspect(conn);
    this.look = function (this: EngineConnection): void {
      const { writeBuffer, transport } = this;
      // The usual case: nothing waits.
      if (writeBuffer.length === 0 && (transport.writable || transport.socket === undefined)) return;
      if (this.readyState === 'open' && isOver(this, 1)) suspect(this);
    };
  }

  watch(conn: EngineConnection): void {
    conn.on('packetCreate', this.look);
  }

  private suspect(conn: EngineConnection): void {
    if (isOver(conn, HARD)) return this.cut(conn);
    this.suspects.add(conn);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      for (const suspected of this.suspects)
        if (suspected.readyState === 'open' && isOver(suspected, 1)) this.cut(suspected);
      this.suspects.clear();
    }, PATIENCE_MS).unref();
  }
}

/** Ends a connection at once and lets go of all that waits for it; a polite end would wait behind what is not taken. */
export function terminate(conn: EngineConnection): void {
  const { socket } = conn.transport;
  conn.close(true);
  socket?.terminate();
}
