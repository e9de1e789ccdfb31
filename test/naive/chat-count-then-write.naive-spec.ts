import { ScheduleMessageCommand } from '../../src/engagement/chat/commands/schedule-message';
import { AddWordRuleCommand } from '../../src/engagement/chat/commands/word-rules';
import { ScheduledRepository } from '../../src/engagement/chat/data/scheduled.repository';
import { WordRuleRepository } from '../../src/engagement/chat/data/word-rule.repository';
import { MOST_SCHEDULED } from '../../src/engagement/chat/domain/scheduled';
import { MOST_RULES } from '../../src/engagement/chat/domain/word-rules';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { asTenant } from '../support/app';
import { ACCOUNTS, chatDesk, FILES, withAccount, type ChatDesk } from '../support/chat-desk';

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('naive: count, then write', () => {
  let desk: ChatDesk;
  beforeEach(async () => {
    desk = await chatDesk({ modules: [...FILES, ...ACCOUNTS] });
  });
  afterEach(() => desk.close());
  const fill = (text: string, params: unknown[]): Promise<number> =>
    asTenant(desk.tenantId, () => desk.app.get(UnitOfWork).run((tx) => tx.execute(text, [tx.tenantId, ...params])));

  it('rules of words must not be more than an organization may have', async () => {
    desk.app.get(WordRuleRepository).countLocked = async (tx) => {
      const [{ count }] = await tx.query<{ count: number }>(
        'select count(*)::int as count from chat.word_rules where tenant_id = $1',
        [tx.tenantId],
      );
      return count;
    };
    await fill(
      `insert into chat.word_rules (tenant_id, id, words, folded, within_words, action, created_at, updated_at)
       select $1, gen_random_uuid(), 'many ' || i, 'many ' || i, false, 'flag', kernel.now(), kernel.now() from generate_series(1, $2) i`,
      [MOST_RULES - 1],
    );
    const tries = ['one', 'two', 'three', 'four'].map((words) =>
      code(desk.command(desk.owner, new AddWordRuleCommand({ words, withinWords: false, action: 'flag' }))),
    );
    expect((await Promise.all(tries)).sort()).toEqual([...Array<string>(3).fill('chat.too-many-word-rules'), 'done']);
  }, 60_000);

  it('scheduled messages must not be more than somebody may have waiting', async () => {
    desk.app.get(ScheduledRepository).countLocked = async (tx, authorId) => {
      const [{ count }] = await tx.query<{ count: number }>(
        'select count(*)::int as count from chat.scheduled_messages where tenant_id = $1 and author_id = $2',
        [tx.tenantId, authorId],
      );
      return count;
    };
    const anna = await withAccount(desk, desk.owner);
    const { id: roomId } = await desk.open(anna, { memberIds: [await withAccount(desk, await desk.hire())] });
    const draft = { roomId, body: 'Later', replyTo: null, mentions: [], fileIds: [] };
    const schedule = () =>
      desk.command(
        anna,
        new ScheduleMessageCommand({ ...draft, clientMessageId: newId() }, new Date(clock.nowMs() + 3_600_000)),
      );
    for (let i = 1; i < MOST_SCHEDULED; i += 1) await schedule();
    const tries = await Promise.all(Array.from({ length: 4 }, () => code(schedule())));
    expect(tries.filter((one) => one === 'done')).toHaveLength(1);
  }, 120_000);
});
