import type { AccessClaims } from '../auth/ports';
import type { Principal } from '../auth/principal';
import type { Verified } from '../auth/token-verifier';
import { clock } from '../clock/clock';
import { newId } from '../ids/ids';
import type { EngineConnection } from './engine';
import type { IdentifiedSocket } from './socket-identity';

/** Socket.IO's side of a connection. */
export interface SocketHub {
  readonly sockets: ReadonlyMap<string, unknown>;
}

/** What is remembered of the handshake once its request is let go. */
export interface HandshakeFacts {
  /** The client's address, by trusted proxies. */
  address: string;
  /** `User-Agent`, shortened. */
  client: string | null;
  /** The token came in the browser's cookies. */
  byCookie: boolean;
}

/**
 * One connection of a client, whose holder was verified. All namespaces on it share this object as `socket.data`, so
 * that it costs little and a renewed token counts for all of them.
 */
export class LiveConnection implements Verified, HandshakeFacts {
  /** UUIDv7; never the transport's own id, by which requests of a poll are told. */
  readonly id = newId();
  readonly connectedAtMs = clock.nowMs();
  readonly address: string;
  readonly client: string | null;
  readonly byCookie: boolean;
  claims: AccessClaims;
  principal: Principal;
  keys?: number;
  /** Set where a device proved itself with its own key. */
  readonly device: Verified['device'];
  /** When its user last did something of its own accord (kernel time, milliseconds). */
  activeAtMs = this.connectedAtMs;
  /** The client said that its user went away. */
  saidAway = false;
  /** As it is in the table of connections. */
  away = false;
  /** It was told that its token is about to end. */
  toldOfEnd = false;
  /** Why this side ended it, for the metrics. */
  endedFor: string | null = null;

  constructor(
    readonly conn: EngineConnection,
    private readonly hub: SocketHub,
    { claims, principal, keys, device }: Verified,
    facts: HandshakeFacts,
  ) {
    this.claims = claims;
    this.principal = principal;
    this.keys = keys;
    this.device = device;
    this.address = facts.address;
    this.client = facts.client;
    this.byCookie = facts.byCookie;
  }

  /** A newer token of the same holder, or its present rights. */
  adopt({ claims, principal, keys }: Verified): void {
    if (claims.exp > this.claims.exp) this.toldOfEnd = false;
    this.claims = claims;
    this.principal = principal;
    this.keys = keys;
  }

  /** Its sockets, one for each namespace that it is in. */
  sockets(): IdentifiedSocket[] {
    return [...this.hub.sockets.values()] as IdentifiedSocket[];
  }

  /** Whose limits it counts for. */
  get holder(): string {
    const { tenantId, userId, sessionId } = this.principal;
    return `${tenantId} ${userId ?? sessionId}`;
  }
}
