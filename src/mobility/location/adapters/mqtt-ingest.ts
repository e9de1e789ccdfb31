import { Inject, Injectable, Optional, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { IPublishPacket, MqttClient } from 'mqtt';
import { setTimeout as pause } from 'node:timers/promises';
import { Counter } from 'prom-client';
import { GUEST } from '../../../kernel/auth/principal';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Config } from '../../../kernel/config/config';
import { runInContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { HealthRegistry, type HealthFinding } from '../../../kernel/health/health.registry';
import { isUuid, newId } from '../../../kernel/ids/ids';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { logger } from '../../../kernel/telemetry/logger';
import { registry } from '../../../kernel/telemetry/metrics';
import { RecordPositionsCommand } from '../commands/record-positions';
import { readMessage } from '../domain/device-message';
import { TrackerByIdQuery, TrackerOfKeyQuery } from '../queries/trackers';

/** What became of a message. All of these are acknowledged: sent again it would come to the same. */
const OUTCOMES = ['kept', 'malformed', 'ignored', 'unknown-tracker', 'limited', 'failed'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Messages in work; while there are as many, no more are read, and the broker keeps them. */
const MOST_IN_WORK = 64;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [200, 30_000];
/** Faults of one kind are told once in so long (milliseconds); the metric counts all. */
const TELL_MS = 60_000;
/** What the database says of a message that it will never take, by the class of the code: bad data, broken constraint. */
const NEVER = /^2[23]/;

/** What is used of the client besides its types: acknowledgements are sent by us, in the order in which messages came. */
type Acknowledging = { _sendPacket(packet: { cmd: 'puback'; messageId: number; reasonCode: number }): void };

const messages = new Counter({
  name: 'mainstay_mqtt_messages_total',
  help: 'Messages of devices that came by MQTT, by what became of them.',
  labelNames: ['outcome'],
  registers: [registry],
});

/**
 * Takes positions that devices publish at an MQTT broker (worker role, only where `MQTT_URL` is set). A message is acknowledged after
 * the commit of its positions and in the order of coming (MQTT 3.1.1, 4.6), so that a crash has the broker send it again; what
 * can not be written yet is tried again for as long as it takes, and meanwhile no more is read.
 */
@Injectable()
export class MqttIngest implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private client: MqttClient | null = null;
  private readonly stop = new AbortController();
  private readonly inWork = new Set<Promise<void>>();
  private readonly held: (() => void)[] = [];
  /** The acknowledgement before the next one. */
  private acknowledged: Promise<void> = Promise.resolve();
  /** Counts connections: a message that came on one is not acknowledged on another, which brings it again. */
  private connection = 0;
  private readonly told = new Map<string, number>();

  constructor(
    private readonly config: Config,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
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
    const topic = `${mqtt.group === null ? '' : `$share/${mqtt.group}/`}${mqtt.prefix}/+/positions`;
    client.on('connect', () => {
      this.connection += 1;
      client.options.reconnectPeriod = FIRST_PAUSE_MS;
      client.subscribe(topic, { qos: 1 }, (error) => {
        if (error) this.tell('subscribe', error.message);
      });
    });
    client.on('close', () => {
      this.connection += 1;
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
    await Promise.all(this.inWork);
    await client.endAsync().catch(() => undefined);
  }

  private check(): Promise<HealthFinding> {
    if (!this.client?.connected) return Promise.reject(new Error('not connected to the broker'));
    return Promise.resolve({ message: `connected, ${this.inWork.size} messages in work`, inWork: this.inWork.size });
  }

  /** Called by the client for each message, the next one only after `done`. */
  private take(packet: IPublishPacket, done: (error?: Error) => void): void {
    if (this.stop.signal.aborted) return;
    const { connection } = this;
    const work = this.keep(packet.topic, Buffer.from(packet.payload)).catch((error: unknown) => {
      if (!this.stop.signal.aborted) logger.error({ err: error }, 'a message of a device could not be judged');
      return null;
    });
    const before = this.acknowledged;
    const finished = work.then(async (outcome) => {
      await before;
      // Not judged before the end: the broker sends it again.
      if (outcome === null) return;
      messages.inc({ outcome });
      reach('mqtt.before-ack');
      if (packet.qos === 1 && connection === this.connection && this.client!.connected)
        (this.client as unknown as Acknowledging)._sendPacket({
          cmd: 'puback',
          messageId: packet.messageId!,
          reasonCode: 0,
        });
    });
    this.acknowledged = finished;
    this.inWork.add(finished);
    void finished.finally(() => {
      this.inWork.delete(finished);
      if (!this.stop.signal.aborted) this.held.shift()?.();
    });
    // An error keeps the client from acknowledging by itself; it goes on to the next packet all the same.
    const next = (): void => done(new Error('acknowledged later'));
    if (this.inWork.size < MOST_IN_WORK) next();
    else this.held.push(next);
  }

  /** @returns what became of the message, after the commit; rejected when the process ends before that */
  private async keep(topic: string, payload: Buffer): Promise<Outcome> {
    const message = readMessage(payload);
    if (message === 'ignored') return message;
    if (message === 'malformed') return this.refused(message);
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
      try {
        const { tenantId, trackerId } = await this.senderOf(topic, message.key);
        const context = { requestId: newId(), tenantId: null, principal: GUEST };
        const record = new RecordPositionsCommand(tenantId, message.positions, trackerId);
        await runInContext(context, () => this.commands.execute(record));
        return 'kept';
      } catch (error) {
        if (error instanceof AppError && error.kind === 'unauthenticated') return this.refused('unknown-tracker');
        if (error instanceof AppError && error.kind === 'too-many') return this.refused('limited');
        if (NEVER.test((error as { code?: string }).code ?? '')) {
          logger.error({ err: error }, 'a message of a device can not be kept');
          return 'failed';
        }
        this.tell('waiting', error instanceof AppError ? error.code : 'positions can not be written');
      }
      await pause(wait, undefined, { signal: this.stop.signal });
    }
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

  private refused(outcome: Outcome): Outcome {
    this.tell('message', outcome);
    return outcome;
  }

  /** Never what a message says, nor its topic. */
  private tell(kind: string, why: string): void {
    const [of, now] = [`${kind} ${why}`, monotonicMs()];
    if (now - (this.told.get(of) ?? -Infinity) < TELL_MS) return;
    this.told.set(of, now);
    logger.warn({ kind, why }, 'MQTT');
  }
}
