import {
  Inject,
  Injectable,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { IPublishPacket, MqttClient } from 'mqtt';
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setImmediate as othersTurn, setTimeout as pause } from 'node:timers/promises';
import { Counter } from 'prom-client';
import { GUEST } from '../../../kernel/auth/principal';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Config } from '../../../kernel/config/config';
import { runInContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { fromDatabase } from '../../../kernel/http/problem';
import { HealthRegistry, type HealthFinding } from '../../../kernel/health/health.registry';
import { isUuid, newId } from '../../../kernel/ids/ids';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { logger } from '../../../kernel/telemetry/logger';
import { registry } from '../../../kernel/telemetry/metrics';
import { RecordPositionsCommand, type Receipt } from '../commands/record-positions';
import { TrackerAllowance } from '../commands/tracker-allowance';
import { piecesOf, readMessage } from '../domain/device-message';
import { TrackerByIdQuery, TrackerOfKeyQuery } from '../queries/trackers';

/** What became of a message. All of these are acknowledged: sent again it would come to the same. */
type Outcome = 'kept' | 'rejected' | 'malformed' | 'ignored' | 'unknown-tracker' | 'limited' | 'failed';

/** Messages in work; while there are as many, no more are read, and the broker keeps them. */
const MOST_IN_WORK = 64;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [200, 30_000];
/** Where too much waits to be written, it is asked again after a time between these: what waits is written in less than a second. */
const [LEAST_BUSY_MS, MOST_BUSY_MS] = [200, 800];
/** Faults of one kind are told once in so long (milliseconds); the metric counts all. */
const TELL_MS = 60_000;
/** What the database says of a message that it will never take, by the class of the code: bad data, broken constraint. */
const NEVER = /^2[23]/;
/** What it says of its own state (read-only, a table that is away, not open yet, the disk): nothing about the message. */
const STATE = /^(?:25|42|55|58|XX)/;
/** After so many tries it is the message that fails, and not the moment. */
const MOST_FAILURES = 5;

/** When a message may be handed on, and that the next one may. */
interface Turn {
  before: Promise<void>;
  handOn(): void;
}

/** What is remembered of a message over its tries. */
interface Tries {
  failures: number;
  /** Messages that were kept before it came. */
  readonly keptBefore: number;
}

/** PUBACK of MQTT 3.1.1 (3.4): type 4, two bytes to come, the id of the message. */
const puback = (messageId: number): Buffer => Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff]);

const messages = new Counter({
  name: 'mainstay_mqtt_messages_total',
  help: 'Messages of devices that came by MQTT, by what became of them.',
  labelNames: ['outcome'],
  registers: [registry],
});

/**
 * Takes positions that devices publish at an MQTT broker (worker role, only where `MQTT_URL` is set). A message is acknowledged after
 * the commit of its positions and in the order of coming (MQTT 3.1.1, 4.6), so that a crash has the broker send it again; what
 * can not be written yet is tried again for as long as it takes, and meanwhile no more is read. One that the database
 * refuses, but is not down, is given up, so that it does not hold back the others.
 */
@Injectable()
export class MqttIngest implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private client: MqttClient | null = null;
  private readonly stop = new AbortController();
  private readonly inWork = new Set<Promise<void>>();
  private readonly held: (() => void)[] = [];
  /** The acknowledgement before the next one. */
  private acknowledged: Promise<void> = Promise.resolve();
  /** The message before the next one stands in the line of its tracker. */
  private linedUp: Promise<void> = Promise.resolve();
  /** The last message of each tracker was handed to be written: what one says is written as it came, so that nothing is late. */
  private readonly lines = new Map<string, Promise<void>>();
  /** Ends with the connection: what came on one is not acknowledged on another, where the broker sends it again. */
  private connection = new AbortController();
  /** The broker said that it will send what devices publish. */
  private subscribed = false;
  /** Messages that were kept so far. */
  private kept = 0;
  private readonly told = new Map<string, number>();

  constructor(
    private readonly config: Config,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly allowance: TrackerAllowance,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { mqtt } = this.config;
    if (!mqtt || !this.config.roles.has('worker')) return;
    this.health?.add({ name: 'mqtt', critical: false, check: () => this.check() });
    const { connect } = await import('mqtt');
    const client = connect(mqtt.url, {
      clientId: mqtt.clientId,
      clean: false,
      protocolVersion: 4,
      reconnectPeriod: FIRST_PAUSE_MS,
      connectTimeout: 10_000,
      // Subscribed anew below: a broker that lost the session does not know of it.
      resubscribe: false,
    });
    this.client = client;
    client.handleMessage = (packet, done) => this.take(packet, done);
    client.on('connect', () => this.subscribe(client, `${mqtt.prefix}/+/positions`));
    client.on('close', () => {
      this.subscribed = false;
      this.connection.abort();
      const longer = Math.min(LONGEST_PAUSE_MS, (client.options.reconnectPeriod ?? FIRST_PAUSE_MS) * 2);
      client.options.reconnectPeriod = longer;
    });
    client.on('error', (error) => this.tell('connection', (error as { code?: string }).code ?? error.name));
  }

  /** What is in work is finished and acknowledged; the broker keeps the rest for the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    const { client } = this;
    if (!client) return;
    this.stop.abort();
    this.connection.abort();
    // The client hears that the connection is closed only if it goes on reading.
    for (const next of this.held.splice(0)) next();
    await Promise.all(this.inWork);
    await client.endAsync().catch(() => undefined);
  }

  private subscribe(client: MqttClient, topic: string): void {
    const connection = new AbortController();
    setMaxListeners(MOST_IN_WORK, connection.signal);
    this.connection = connection;
    client.subscribe(topic, { qos: 1 }, (error) => {
      if (connection.signal.aborted) return;
      if (error) {
        // Access lists change: asked again with the next connection, after a pause that grows.
        this.tell('subscribe', error.message);
        client.stream.destroy();
        return;
      }
      this.subscribed = true;
      client.options.reconnectPeriod = FIRST_PAUSE_MS;
    });
  }

  private check(): Promise<HealthFinding> {
    if (!this.client?.connected) return Promise.reject(new Error('not connected to the broker'));
    if (!this.subscribed) return Promise.reject(new Error('the broker did not grant the subscription'));
    return Promise.resolve({ message: `subscribed, ${this.inWork.size} messages in work`, inWork: this.inWork.size });
  }

  /** Called by the client for each message, the next one only after `done`. */
  private take(packet: IPublishPacket, done: (error?: Error) => void): void {
    // An error keeps the client from acknowledging by itself; it goes on to the next packet all the same.
    const next = (): void => done(new Error('acknowledged later'));
    if (this.stop.signal.aborted) return next();
    const { stream } = this.client!;
    const { signal } = this.connection;
    const [turn, over] = turnAfter(this.linedUp);
    this.linedUp = over;
    const work = this.keep(packet.topic, Buffer.from(packet.payload), turn, signal)
      .catch((error: unknown) => (signal.aborted ? null : this.failed(error)))
      .finally(turn.handOn);
    const before = this.acknowledged;
    const finished = work.then(async (outcome) => {
      await before;
      // Not judged before the end of the connection: the broker sends it again.
      if (outcome === null) return;
      messages.inc({ outcome });
      reach('mqtt.before-ack');
      if (packet.qos === 1 && stream.writable) stream.write(puback(packet.messageId!));
    });
    this.acknowledged = finished;
    this.inWork.add(finished);
    void finished.finally(() => {
      this.inWork.delete(finished);
      this.held.shift()?.();
    });
    if (this.inWork.size < MOST_IN_WORK) next();
    else this.held.push(next);
  }

  /** @returns what became of the message, after the commit; rejected when the connection ends before that */
  private async keep(topic: string, payload: Buffer, turn: Turn, signal: AbortSignal): Promise<Outcome> {
    const message = readMessage(payload);
    if (message === 'ignored') return message;
    if (message === 'malformed') return this.refused(message);
    const { key, positions } = message;
    const tries = { failures: 0, keptBefore: this.kept };
    let line: Turn | null = null;
    let counted: string | null = null;
    try {
      const { tenantId, trackerId } = await this.tried(() => this.senderOf(topic, key), tries, turn, signal);
      await turn.before;
      // Once for all of its tries: what is counted is never refused for it afterwards.
      this.allowance.take(trackerId, positions.length);
      counted = trackerId;
      line = this.lineUp(trackerId);
      turn.handOn();
      await line.before;
      let known = 0;
      const pieces = piecesOf(positions);
      for (const [k, piece] of pieces.entries()) {
        const record = new RecordPositionsCommand(tenantId, piece, trackerId, true);
        const last = k === pieces.length - 1 ? line : null;
        const { accepted, duplicates } = await this.tried(() => this.record(record, last), tries, line, signal);
        known += accepted + duplicates;
      }
      if (known === 0 && positions.length > 0) return this.refused('rejected');
      this.kept += 1;
      return 'kept';
    } catch (error) {
      // The broker sends it again, and it is counted again.
      if (signal.aborted && counted !== null) this.allowance.giveBack(counted, positions.length);
      if (signal.aborted) throw error;
      if (error instanceof AppError && error.kind === 'unauthenticated') return this.refused('unknown-tracker');
      if (error instanceof AppError && error.kind === 'too-many' && counted === null) return this.refused('limited');
      return this.failed(error);
    } finally {
      line?.handOn();
    }
  }

  /** @param last the turn that is handed on once the positions wait to be written, and were not turned away */
  private async record(command: RecordPositionsCommand, last: Turn | null): Promise<Receipt> {
    const context = { requestId: newId(), tenantId: null, principal: GUEST };
    const written = runInContext(context, () => this.commands.execute(command));
    if (last) {
      await Promise.race([written, othersTurn()]);
      last.handOn();
    }
    return written;
  }

  /**
   * Tries for as long as it may come to something. Where too much waits, so does whoever is behind the turn; after any other fault it is
   * handed on.
   * @throws what will be no other another time; when the connection ends
   */
  private async tried<T>(attempt: () => Promise<T>, tries: Tries, turn: Turn, signal: AbortSignal): Promise<T> {
    for (let wait = FIRST_PAUSE_MS; ;) {
      let pauseMs = randomInt(LEAST_BUSY_MS, MOST_BUSY_MS);
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof AppError && error.kind === 'unauthenticated') throw error;
        if (!isBusy(error)) {
          turn.handOn();
          if (NEVER.test(codeOf(error))) throw error;
          if (!passes(error)) tries.failures += 1;
          // The database answered, or it kept others meanwhile: it is there.
          const isThere = SQLSTATE.test(codeOf(error)) || this.kept > tries.keptBefore;
          if (tries.failures >= MOST_FAILURES && isThere) throw error;
          pauseMs = wait;
          wait = Math.min(LONGEST_PAUSE_MS, wait * 2);
        }
        this.tell('waiting', error instanceof AppError ? error.code : 'positions can not be written');
      }
      await pause(pauseMs, undefined, { signal });
    }
  }

  /** Behind those of the same tracker that came before. */
  private lineUp(trackerId: string): Turn {
    const [turn, over] = turnAfter(this.lines.get(trackerId) ?? Promise.resolve());
    this.lines.set(trackerId, over);
    void over.then(() => {
      if (this.lines.get(trackerId) === over) this.lines.delete(trackerId);
    });
    return turn;
  }

  /**
   * Who sent a message: whose key it shows; or, where the operator said that the broker sees to it, whose topic it is.
   * @throws AppError unauthenticated `location.tracker-key-unknown` for nobody, and for another's topic
   */
  private async senderOf(topic: string, key: string | null): Promise<{ tenantId: string; trackerId: string }> {
    const named = topic.split('/').at(-2)!.toLowerCase();
    if (key === null) return this.queries.execute(new TrackerByIdQuery(this.config.mqtt!.trustTopics ? named : ''));
    const sender = await this.queries.execute(new TrackerOfKeyQuery(key));
    return isUuid(named) && named !== sender.trackerId ? this.queries.execute(new TrackerByIdQuery('')) : sender;
  }

  /** Told by what is known of the fault: what it says may quote the message. */
  private failed(error: unknown): Outcome {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error('not an error');
    const frames = stack.slice(stack.indexOf(message) + message.length).split('\n');
    this.tell('failed', codeOf(error) || name, { frames: frames.slice(1, 6).map((line) => line.trim()) });
    return 'failed';
  }

  private refused(outcome: Outcome): Outcome {
    this.tell('message', outcome);
    return outcome;
  }

  /** Never what a message says, nor its topic. */
  private tell(kind: string, why: string, more: object = {}): void {
    const [of, now] = [`${kind} ${why}`, monotonicMs()];
    if (now - (this.told.get(of) ?? -Infinity) < TELL_MS) return;
    this.told.set(of, now);
    logger[kind === 'failed' ? 'error' : 'warn']({ kind, why, ...more }, 'MQTT');
  }
}

/** One's turn after another's, and when it is over: one that is given up at once lets nobody past those before it. */
function turnAfter(before: Promise<void>): [turn: Turn, over: Promise<void>] {
  const turn = { before, handOn: (): void => undefined };
  const handed = new Promise<void>((resolve) => (turn.handOn = resolve));
  return [turn, before.then(() => handed)];
}

const SQLSTATE = /^(?:\d|F0|HV|P0)/;

/** SQLSTATE of an error of the database, or the code of a connection's; empty for any other. */
function codeOf(error: unknown): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const said = driverError?.code ?? code;
  return typeof said === 'string' ? said : '';
}

/** Is there merely too much at once, and soon no more? */
const isBusy = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'location.busy' || error.kind === 'too-many');

/** Is it the state of things (a connection, a lock, too much at once), and not the message? */
const passes = (error: unknown): boolean =>
  STATE.test(codeOf(error)) || (error instanceof AppError ? error : fromDatabase(error))?.kind === 'unavailable';
