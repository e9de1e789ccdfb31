import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { setTimeout as pause } from 'node:timers/promises';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { retryDelayMs, RetryLater } from '../../../kernel/messaging/job-errors';
import { logger } from '../../../kernel/telemetry/logger';
import { PushSenders } from '../adapters/push/push-senders';
import { ProviderLanes } from '../data/provider-lanes';
import {
  PushDeliveries,
  WORKER_LOST,
  type PushRecord,
  type TokenVerdict,
  type WaitingPush,
} from '../data/push-deliveries';
import { PushTokens } from '../data/push-tokens';
import { lanesOf, type PushAnswer, type PushMessage, type PushProvider } from '../domain/push';
import { closuresOf, fateOf } from '../domain/push-outcome';
import { PushDrafts, type Draft, type MailboxPush } from './push-drafts';

/** Seconds for which a worker holds what it sends: longer than the slowest conversation with a push service. */
const CLAIM_SECONDS = 60;
/** Tries to note what was sent, should the database be away: it must not be sent again. */
const NOTE_TRIES = 6;
/** How often answers are noted while others are still awaited (milliseconds): a crash leaves little in doubt. */
const NOTE_EVERY_MS = 250;

/**
 * Sends a batch of push messages of the context's tenant, side by side, in two transactions however many they are: one
 * begins a try of each, one notes how they ended. What a worker that vanished had begun is not sent again, because
 * nobody knows whether it was (`unknown`), but for what is critical.
 * @returns seconds after which the rest is to be looked at again; null when all are done with
 */
export class DeliverPushesCommand extends Command<number | null> {
  constructor(readonly messageIds: readonly string[]) {
    super();
  }
}

/** A message that is about to be handed over. */
interface Outgoing {
  push: WaitingPush & { token: NonNullable<WaitingPush['token']> };
  message: PushMessage;
}

/** One with what its push service said. */
interface Ended extends Outgoing {
  answer: PushAnswer;
}

@CommandHandler(DeliverPushesCommand)
export class DeliverPushesHandler implements ICommandHandler<DeliverPushesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly deliveries: PushDeliveries,
    private readonly tokens: PushTokens,
    private readonly senders: PushSenders,
    private readonly lanes: ProviderLanes,
    private readonly drafts: PushDrafts,
  ) {}

  async execute({ messageIds }: DeliverPushesCommand): Promise<number | null> {
    const tenantId = currentContext().tenantId!;
    const waiting = await this.deliveries.waiting(tenantId, messageIds);
    const now = clock.nowMs();
    const waits: number[] = [];
    const due: WaitingPush[] = [];
    for (const push of waiting) {
      const until = push.takenUntil ?? push.dueAt;
      // Whether it is taken the database has said, by whose clock it is claimed: that of this process may be ahead of it.
      if (until && (push.takenUntil || until.getTime() > now)) waits.push((until.getTime() - now) / 1_000);
      else due.push(push);
    }
    if (due.length > 0) waits.push(...(await this.deliver(tenantId, due)));
    return waits.length === 0 ? null : Math.max(1, Math.ceil(Math.min(...waits)));
  }

  /** @returns seconds after which some are to be looked at again */
  private async deliver(tenantId: string, due: WaitingPush[]): Promise<number[]> {
    const lost = due.filter(({ openAttempt, critical }) => openAttempt !== null && !critical);
    const drafts = await this.drafts.of(
      tenantId,
      due.filter((push) => !lost.includes(push)),
    );
    const waits = [...drafts.waits];
    if (drafts.records.length > 0) await this.note(drafts.records, [], drafts.kept);
    if (lost.length > 0) await this.resolve(tenantId, lost);
    const groups = new Map<PushProvider, Draft[]>();
    for (const draft of drafts.ready) {
      const { provider } = draft.push.token;
      groups.set(provider, [...(groups.get(provider) ?? []), draft]);
    }
    for (const [provider, group] of groups) waits.push(...(await this.sendBy(tenantId, provider, group)));
    return waits;
  }

  private async sendBy(tenantId: string, provider: PushProvider, group: Draft[]): Promise<number[]> {
    const sender = this.senders.of(provider);
    const { open, waits } = await this.openFor(group);
    if (open.length === 0) return waits;
    const later = await this.lanes.take(provider, open.length, sender.perMinute);
    if (later > 0) return [...waits, later];
    // Everything that takes time comes before the claim: between it and the sending a crash would leave what nobody sent.
    try {
      await sender.prepare(open.length);
    } catch (error) {
      const told = (error as Error).message;
      await this.lanes.shut(provider, 60, told, `The push service cannot be used: ${told}`);
      return [...waits, 60];
    }
    const outgoing = await Promise.all(open.map((draft) => this.outgoing(tenantId, draft)));
    const numbers = await this.claim(outgoing);
    const mine = outgoing.filter(({ push }) => numbers.has(push.id));
    reach('notifications.pushes-claimed');
    const ended: Ended[] = [];
    const sending = Promise.all(
      mine.map(async (one) => void ended.push({ ...one, answer: await sender.send(one.message) })),
    );
    // A slow answer keeps nobody from knowing the others.
    for (let from = 0; from < mine.length;) {
      await Promise.race([sending, pause(NOTE_EVERY_MS)]);
      const part = ended.slice(from);
      from += part.length;
      if (part.length > 0) waits.push(...(await this.conclude(provider, part, numbers)));
    }
    await this.tellLanes(provider, ended);
    return waits;
  }

  /** Leaves out what goes through a lane that is shut. */
  private async openFor(group: Draft[]): Promise<{ open: Draft[]; waits: number[] }> {
    const lanes = (draft: Draft) => lanesOf(draft.push.token.provider, draft.push.token.platform);
    const shut = await this.lanes.shutAmong([...new Set(group.flatMap(lanes))]);
    if (shut.size === 0) return { open: group, waits: [] };
    const waits = [...shut.values()].map((until) => (until.getTime() - clock.nowMs()) / 1_000);
    return { open: group.filter((draft) => !lanes(draft).some((lane) => shut.has(lane))), waits };
  }

  private async outgoing(tenantId: string, { push, content, ttlSeconds }: Draft): Promise<Outgoing> {
    const { id, critical, category, token } = push;
    const value = await this.tokens.open(tenantId, token);
    // News may wait for a device that sleeps.
    const urgent = critical || category !== 'campaigns';
    return { push, message: { id, platform: token.platform, value, content, ttlSeconds, urgent } };
  }

  private claim(outgoing: Outgoing[]): Promise<Map<string, number>> {
    const again = outgoing.filter(({ push }) => push.openAttempt !== null).map(({ push }) => push.id);
    const messages = outgoing.map(({ push }) => ({ id: push.id, provider: push.token.provider }));
    if (again.length === 0) return this.uow.once((tx) => this.deliveries.claim(tx, messages, CLAIM_SECONDS));
    return this.uow.run(async (tx) => {
      await this.deliveries.closeOpen(tx, again);
      return this.deliveries.claim(tx, messages, CLAIM_SECONDS);
    });
  }

  /** Notes how messages ended, and what that says of tokens. @returns when those to be tried again are due (seconds) */
  private async conclude(provider: PushProvider, part: Ended[], numbers: Map<string, number>): Promise<number[]> {
    const records = part.map(({ push, answer }) => recordOf(provider, push, answer, numbers.get(push.id)!));
    const verdicts = part.flatMap(({ push, answer }) => verdictOf(push.token.id, answer) ?? []);
    await this.note(records, verdicts);
    return records.flatMap(({ dueAt }) => (dueAt ? [(dueAt.getTime() - clock.nowMs()) / 1_000] : []));
  }

  private async tellLanes(provider: PushProvider, ended: Ended[]): Promise<void> {
    const answers = ended.map(({ answer }) => answer);
    const alarms = new Map<string, string>();
    for (const answer of answers)
      if ('alarm' in answer && answer.alarm)
        alarms.set((answer.kind === 'later' && answer.shuts?.lane) || provider, answer.alarm);
    const closures = closuresOf(provider, answers);
    for (const [lane, { seconds, code }] of closures) await this.lanes.shut(lane, seconds, code, alarms.get(lane));
    for (const [lane, alarm] of alarms) if (!closures.has(lane)) await this.lanes.alarm(lane, alarm);
    const accepted = ended.filter(({ answer }) => answer.kind === 'accepted');
    const worked = new Set(accepted.flatMap(({ push }) => lanesOf(push.token.provider, push.token.platform)));
    for (const lane of alarms.keys()) worked.delete(lane);
    if (worked.size > 0) await this.lanes.calm([...worked]);
  }

  /**
   * What a worker had begun that vanished. Whether it was sent nobody can say; where the service tells whether the device
   * is still there without sending anything, dead devices are taken off at least.
   */
  private async resolve(tenantId: string, lost: WaitingPush[]): Promise<void> {
    const probed = await Promise.all(lost.map((push) => this.probe(tenantId, push)));
    const verdicts: TokenVerdict[] = [];
    const records = lost.map((push, place): PushRecord => {
      const answer = probed[place];
      const verdict = push.token && answer && verdictOf(push.token.id, answer);
      if (verdict) verdicts.push(verdict);
      const attempt = { number: push.openAttempt!, code: WORKER_LOST, retryAfterSeconds: null };
      if (verdict && answer.kind === 'refused')
        return {
          id: push.id,
          attempt: { ...attempt, state: 'refused', code: answer.code },
          state: 'dead',
          error: answer.code,
        };
      return { id: push.id, attempt: { ...attempt, state: 'unknown' }, state: 'unknown', error: UNKNOWN };
    });
    logger.warn({ messages: lost.length }, 'a worker vanished while it sent push messages: they are not sent again');
    await this.note(records, verdicts);
  }

  private async probe(tenantId: string, push: WaitingPush): Promise<PushAnswer | null> {
    if (!push.token) return null;
    const sender = this.senders.of(push.token.provider);
    if (!sender.isConfigured || !sender.probe) return null;
    const value = await this.tokens.open(tenantId, push.token);
    const content = { title: 'Mainstay', body: '' };
    return sender.probe({ id: push.id, platform: push.token.platform, value, content, ttlSeconds: 60, urgent: false });
  }

  /** Writes it down, whatever it takes. */
  private async note(records: PushRecord[], verdicts: TokenVerdict[], kept: MailboxPush[] = []): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.uow.run(
          async (tx) => {
            this.deliveries.record(tx, records, verdicts);
            for (const one of kept) this.drafts.keep(tx, one);
          },
          { keepPlans: true },
        );
      } catch (error) {
        if (attempt === NOTE_TRIES) throw error;
        logger.warn({ err: error, messages: records.length, attempt }, 'what became of push messages is noted again');
        await pause(100 * 2 ** attempt);
      }
    }
  }
}

const UNKNOWN = 'The worker was lost while it sent this: nobody knows whether it was sent.';

function recordOf(provider: PushProvider, push: WaitingPush, answer: PushAnswer, number: number): PushRecord {
  const fate = fateOf(answer, push.critical, number);
  const code = 'code' in answer ? answer.code : null;
  const retryAfterSeconds = answer.kind === 'later' ? answer.retryAfterSeconds : null;
  const record: PushRecord = {
    id: push.id,
    attempt: { number, state: answer.kind, code, retryAfterSeconds },
    state: fate.state,
    error: code && `The push service answered ${code}.`,
    provider,
    providerId: fate.state === 'sent' ? fate.providerId : null,
  };
  if (fate.state !== 'failed') return record;
  const asked = fate.retryAfterSeconds;
  const delay = retryDelayMs(number, asked === null ? undefined : new RetryLater(fate.code, asked));
  return { ...record, dueAt: new Date(clock.nowMs() + delay) };
}

function verdictOf(tokenId: string, answer: PushAnswer): TokenVerdict | null {
  if (answer.kind !== 'refused' || answer.token === 'keep') return null;
  return { tokenId, verdict: answer.token, code: answer.code, goneSinceMs: answer.goneSinceMs };
}
