import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { AccountDeleted } from '../../access/identity/contracts/identity-events';
import { GUEST } from '../../kernel/auth/principal';
import { clock } from '../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../kernel/context/request-context';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { ChangePlaceCommand, CreatePlaceCommand, type PlaceChange } from './commands/manage-places';
import { AnswerReviewCommand, ModerateReviewCommand } from './commands/moderate-reviews';
import { TellPricesCommand } from './commands/tell-of-places';
import { DeleteReviewCommand, ReportReviewCommand, WriteReviewCommand } from './commands/write-reviews';
import { PlacesModule } from './places.module';
import { FindPlaceQuery } from './queries/places';
import { FindOwnReviewQuery, FindReviewQuery, ListModeratedReviewsQuery, ListReviewsQuery } from './queries/reviews';
import { RoutePlanningModule } from './route-planning.module';

const page = (more: object = {}) => Object.assign(new ListQuery(), { limit: 100 }, more);

describe('reviews of places', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let sql: Client;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([PlacesModule, RoutePlanningModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(() => clock.setOffset(0));

  const inside = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const enter = (name: string, more: PlaceChange = {}) =>
    inside(() =>
      commands.execute(new CreatePlaceCommand({ name, kind: 'charger', lat: 47, lng: 15, listed: true, ...more })),
    );
  const change = (id: string, more: PlaceChange) =>
    inside(() => commands.execute(new ChangePlaceCommand(id, more, null)));
  const find = (id: string) => inside(() => queries.execute(new FindPlaceQuery(id, false)));
  const user = () => ({ userId: newId(), listedAlone: true });
  const review = (placeId: string, reviewer: ReturnType<typeof user>, stars: number, text: string | null = null) =>
    inside(() => commands.execute(new WriteReviewCommand(placeId, reviewer, { stars, text, byline: null })));
  const code = (name: string) => ({ code: `location.${name}` });
  const rating = async (id: string) => {
    const { average, count } = (await find(id)).rating;
    const { rows } = await sql.query<{ count: number; average: number | null }>(
      `select count(*)::int as count, round(avg(stars), 2)::float8 as average from location.place_reviews
         where tenant_id = $1 and place_id = $2 and hidden_at is null`,
      [tenant, id],
    );
    expect({ average, count }).toEqual(rows[0]);
    return count;
  };

  it('of fifty people at once are counted as they are, written, rewritten, hidden and deleted', async () => {
    const { id } = await enter('Busy');
    const people = Array.from({ length: 50 }, user);
    await Promise.all(people.map((one, i) => review(id, one, 1 + (i % 5))));
    expect(await rating(id)).toBe(50);
    // The same person twice at once is one review.
    const [first] = people;
    await Promise.all([1, 2, 3, 4].map((stars) => review(id, first, stars)));
    expect(await rating(id)).toBe(50);
    const { data } = await inside(() => queries.execute(new ListReviewsQuery(id, page(), user())));
    await Promise.all(
      people.flatMap((one, i) => [
        review(id, one, 5 - (i % 5)).catch((error: unknown) => expect(error).toMatchObject(code('review-hidden'))),
        ...(i % 4 === 0 ? [inside(() => commands.execute(new DeleteReviewCommand(id, one)))] : []),
        ...(i % 3 === 0
          ? [
              inside(() => commands.execute(new ModerateReviewCommand(data[i].id, 'Rude'))).catch((error: unknown) =>
                expect(error).toMatchObject(code('review-not-found')),
              ),
            ]
          : []),
      ]),
    );
    await rating(id);
  });

  it('are reported once by each, hidden with a reason, shown again and answered', async () => {
    const { id } = await enter('Inn');
    const [author, reporter] = [user(), user()];
    const { id: reviewId } = await review(id, author, 1, 'Awful.');
    const report = (by: typeof author) =>
      inside(() => commands.execute(new ReportReviewCommand(reviewId, by, { reason: 'offensive', note: 'Names me.' })));
    for (let i = 0; i < 2; i++) await report(reporter);
    await expect(report(author)).rejects.toMatchObject(code('review-own'));
    const reported = () => inside(() => queries.execute(new ListModeratedReviewsQuery(page({ reported: true }), null)));
    expect((await reported()).data).toMatchObject([
      { id: reviewId, openReports: 1, reports: [{ reason: 'offensive', note: 'Names me.' }] },
    ]);
    await inside(() => commands.execute(new ModerateReviewCommand(reviewId, 'Names a person.')));
    expect(await rating(id)).toBe(0);
    expect((await reported()).data).toEqual([]);
    const seenBy = (reader: typeof author) => inside(() => queries.execute(new ListReviewsQuery(id, page(), reader)));
    expect((await seenBy(reporter)).data).toEqual([]);
    expect((await seenBy(author)).data).toMatchObject([{ own: true, hidden: true, hiddenReason: 'Names a person.' }]);
    await expect(review(id, author, 5)).rejects.toMatchObject(code('review-hidden'));
    await inside(() => commands.execute(new ModerateReviewCommand(reviewId, null)));
    await inside(() => commands.execute(new AnswerReviewCommand(reviewId, 'We are sorry.')));
    expect((await seenBy(reporter)).data).toMatchObject([
      { own: false, hidden: false, answer: { text: 'We are sorry.' } },
    ]);
    expect(await rating(id)).toBe(1);
    const elsewhere = (work: () => Promise<unknown>) => asTenant(newId(), work);
    await expect(elsewhere(() => queries.execute(new FindReviewQuery(reviewId, null)))).rejects.toMatchObject(
      code('review-not-found'),
    );
    await expect(elsewhere(() => commands.execute(new ModerateReviewCommand(reviewId, 'x')))).rejects.toMatchObject(
      code('review-not-found'),
    );
  });

  it('of an account that is deleted keep their stars alone', async () => {
    const { id } = await enter('Bar');
    const gone = user();
    const { id: reviewId } = await review(id, gone, 4, 'I am Ann.');
    const { id: other } = await review(id, user(), 2);
    const asGone = <T>(work: () => Promise<T>) =>
      asTenant(tenant, work, { ...GUEST, kind: 'user', userId: gone.userId, tenantId: tenant });
    await asGone(() => commands.execute(new AnswerReviewCommand(other, 'Hm.')));
    await asGone(() => commands.execute(new ModerateReviewCommand(other, 'Rude')));
    const told = { product: 'e10', unit: 'l', quantity: 1, amount: 1, currency: 'EUR' };
    await asGone(() => commands.execute(new TellPricesCommand(id, [told])));
    await sql.query(
      `with fence as (insert into location.geofences (tenant_id, id, name, shape, since, created_at) values ($1, $1, 'Yard', '{}', now(), now()))
         insert into location.geofence_followers (tenant_id, id, geofence_id, user_id, types) values ($1, $2, $1, $2, '{enter}')`,
      [tenant, gone.userId],
    );
    await asTenant(PLATFORM_TENANT, () =>
      app.get(UnitOfWork).run(async (tx) => tx.record(new AccountDeleted(gone.userId, { userId: gone.userId }))),
    );
    await app.get(DeliveryWorker).drain();
    expect(await inside(() => queries.execute(new FindReviewQuery(reviewId, null)))).toMatchObject({
      stars: 4,
      text: null,
      userId: null,
    });
    expect(await rating(id)).toBe(1);
    const named = [
      'place_reviews',
      'place_review_reports',
      'place_prices',
      'place_price_history',
      'geofence_followers',
    ];
    for (const table of named) {
      const { rows } = await sql.query(`select from location.${table} t where t::text like $1`, [`%${gone.userId}%`]);
      expect([table, rows.length]).toEqual([table, 0]);
    }
  });

  const remove = (id: string, by: ReturnType<typeof user>) =>
    inside(() => commands.execute(new DeleteReviewCommand(id, by)));
  const own = (id: string, by: ReturnType<typeof user>) =>
    inside(() => queries.execute(new FindOwnReviewQuery(id, by)));
  const moderate = (reviewId: string, reason: string | null) =>
    inside(() => commands.execute(new ModerateReviewCommand(reviewId, reason)));

  it('of a place that is not listed are nobody’s business, but their authors’ to delete', async () => {
    const { id } = await enter('Depot', { listed: false });
    await expect(review(id, user(), 5)).rejects.toMatchObject(code('place-not-found'));
    await expect(remove(id, user())).rejects.toMatchObject(code('place-not-found'));
    const author = user();
    await change(id, { listed: true });
    await review(id, author, 5);
    await change(id, { listed: false });
    await remove(id, author);
    expect(await rating(id)).toBe(0);
  });

  it('that are hidden stay hidden when they are deleted and written again', async () => {
    const { id } = await enter('Club');
    const author = user();
    const { id: reviewId } = await review(id, author, 1, 'Vile.');
    await moderate(reviewId, 'Vile.');
    await remove(id, author);
    await expect(review(id, author, 1, 'Vile.')).rejects.toMatchObject(code('review-hidden'));
    await expect(own(id, author)).rejects.toMatchObject(code('review-not-found'));
    await expect(remove(id, author)).rejects.toMatchObject(code('review-not-found'));
    expect(await inside(() => queries.execute(new FindReviewQuery(reviewId, null)))).toMatchObject({
      hidden: true,
      text: null,
    });
    expect(await moderate(reviewId, null)).toMatchObject({ hidden: false, text: null });
    expect(await rating(id)).toBe(0);
    await review(id, author, 5, 'Sorry.');
    expect(await rating(id)).toBe(1);
  });

  it('that were cleared and say something else since are reported anew, and lose the answer', async () => {
    const { id } = await enter('Pub');
    const [author, reporter] = [user(), user()];
    const { id: reviewId } = await review(id, author, 4, 'Fine.');
    const report = () =>
      inside(() => commands.execute(new ReportReviewCommand(reviewId, reporter, { reason: 'spam', note: null })));
    const seen = () => inside(() => queries.execute(new FindReviewQuery(reviewId, null)));
    await report();
    await moderate(reviewId, null);
    await inside(() => commands.execute(new AnswerReviewCommand(reviewId, 'Thank you!')));
    await report();
    // The same once more is nothing new.
    await review(id, author, 4, 'Fine.');
    expect(await seen()).toMatchObject({ openReports: 0, answer: { text: 'Thank you!' }, editedAt: null });
    clock.setOffset(60);
    await review(id, author, 4, 'Vile.');
    await report();
    await report();
    expect(await seen()).toMatchObject({ openReports: 1, answer: null, reports: [{ reason: 'spam' }] });
  });
});
