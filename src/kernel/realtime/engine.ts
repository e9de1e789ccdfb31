import type { IncomingMessage } from 'node:http';
import type { EventEmitter } from 'node:events';

/** A packet as Engine.IO queues it. */
export interface EnginePacket {
  type: string;
  data?: string | Buffer;
}

/** What is used of an Engine.IO connection (`socket.conn`). */
export interface EngineConnection extends EventEmitter {
  readonly id: string;
  readonly readyState: 'opening' | 'open' | 'closing' | 'closed';
  request: IncomingMessage | null;
  /** Packets that the transport did not take yet. */
  readonly writeBuffer: EnginePacket[];
  readonly remoteAddress: string;
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    /** The WebSocket; polling has none. */
    readonly socket?: { readonly bufferedAmount: number; terminate(): void };
  };
  close(discard?: boolean): void;
}
