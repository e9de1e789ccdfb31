import { io, type Socket } from 'socket.io-client';
import { until } from './guide';

/** A Socket.IO client that remembers what it heard. */
export class Ears {
  private readonly heard: { event: string; payload: Record<string, unknown> }[] = [];

  private constructor(private readonly socket: Socket) {
    socket.onAny((event: string, payload: Record<string, unknown>) => this.heard.push({ event, payload }));
  }

  /** Connects with an access token. @throws Error when the server refuses */
  static async open(url: string, token: string): Promise<Ears> {
    const socket = io(url, { auth: { token }, transports: ['websocket'], reconnection: false });
    const ears = new Ears(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return ears;
  }

  /** Sends an event. @throws Error with the code when it is refused */
  async ask(event: string, payload: object): Promise<void> {
    const { error } = (await this.socket.timeout(10_000).emitWithAck(event, payload)) as { error?: { code: string } };
    if (error) throw new Error(`${event}: ${error.code}`);
  }

  /** Waits for an event that `match` accepts. */
  hear(event: string, match: (payload: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    return until(
      `The event ${event}`,
      () => this.heard.find((one) => one.event === event && match(one.payload))?.payload,
    );
  }

  /** How many events that `match` accepts were heard so far. */
  count(event: string, match: (payload: Record<string, unknown>) => boolean): number {
    return this.heard.filter((one) => one.event === event && match(one.payload)).length;
  }

  /** Waits until the server has closed the connection. */
  closed(): Promise<boolean> {
    return until('The end of the socket', () => this.socket.disconnected || undefined, 5);
  }

  close(): void {
    this.socket.disconnect();
  }
}
