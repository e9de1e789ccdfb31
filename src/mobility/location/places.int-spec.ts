import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { skewed } from '../../../test/support/skew';
import { clock } from '../../kernel/clock/clock';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { ImportPlaceFileCommand } from './commands/import-place-file';
import { CreatePlaceKindCommand, DeletePlaceKindCommand } from './commands/manage-place-kinds';
import { ChangePlaceCommand, CreatePlaceCommand, DeletePlaceCommand, type PlaceChange } from './commands/manage-places';
import {
  TellAvailabilityCommand,
  TellPricesCommand,
  WithdrawAvailabilityCommand,
  WithdrawPriceCommand,
} from './commands/tell-of-places';
import { WriteReviewCommand } from './commands/write-reviews';
import { isOpen, type OpeningHours } from './domain/opening-hours';
import { PlacesModule } from './places.module';
import { NearbyByDrivingQuery } from './queries/nearby-by-driving';
import { NearbyPlacesQuery, type NearbyPlacesRequest } from './queries/nearby-places';
import { FindPlaceQuery, ListPlaceKindsQuery, ListPlacePricesQuery, ListPlacesQuery } from './queries/places';
import { RoutePlanningModule } from './route-planning.module';

const GRAZ = { lat: 47.0707, lng: 15.4395 };
const DEGREE = 111_195;
const page = (more: object = {}) => Object.assign(new ListQuery(), { limit: 100 }, more);

describe('places', () => {
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
    inside(() => commands.execute(new CreatePlaceCommand({ name, kind: 'charger', ...GRAZ, listed: true, ...more })));
  const change = (id: string, more: PlaceChange, version: number | null = null) =>
    inside(() => commands.execute(new ChangePlaceCommand(id, more, version)));
  const near = (more: Partial<NearbyPlacesRequest> = {}, listedAlone = false) =>
    inside(() =>
      queries.execute(
        new NearbyPlacesQuery({ ...page(), ...GRAZ, radius: 100_000, ...more } as NearbyPlacesRequest, listedAlone),
      ),
    );
  const names = async (more: Partial<NearbyPlacesRequest> = {}, listedAlone = false) =>
    (await near(more, listedAlone)).data.map(({ name }) => name);
  const find = (id: string) => inside(() => queries.execute(new FindPlaceQuery(id, false)));
  const user = () => ({ userId: newId(), listedAlone: true });
  const review = (placeId: string, reviewer: ReturnType<typeof user>, stars: number, text: string | null = null) =>
    inside(() => commands.execute(new WriteReviewCommand(placeId, reviewer, { stars, text, byline: null })));
  const code = (name: string) => ({ code: `location.${name}` });

  it('finds the nearest first, each once, page by page, whatever comes between', async () => {
    // At distances of all rings, some the same, and one too far.
    const steps = [0, 0, 90, 400, 400, 3_000, 9_000, 24_000, 60_000, 99_000, 101_000];
    for (const [i, step] of [...steps.entries()].reverse())
      await enter(`P${i}`, { lat: GRAZ.lat + ((i % 2 ? 1 : -1) * step) / DEGREE });
    const { data } = await near({ count: 'exact' });
    expect(data.map(({ distance }) => Math.round(distance))).toEqual(steps.slice(0, 10));
    expect((await near({ count: 'exact', limit: 3 })).page).toMatchObject({ total: 10, hasMore: true });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { data: part, page: at } = await near({ limit: 3, cursor });
      seen.push(...part.map(({ id }) => id));
      if (seen.length === 3) await enter('Before the cursor', { lat: GRAZ.lat + 10 / DEGREE });
      cursor = at.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(data.map(({ id }) => id));
    const [{ nextCursor }] = [(await near({ limit: 3 })).page];
    await expect(near({ cursor: nextCursor!, lat: 47 })).rejects.toMatchObject({ code: 'pagination.cursor-mismatch' });
  });

  it('knows no seam at the antimeridian and the poles', async () => {
    const around = async (lat: number, lng: number, points: [number, number][]) => {
      tenant = newId();
      for (const [i, [a, o]] of points.entries()) await enter(`P${i}`, { lat: a, lng: o });
      return (await near({ lat, lng, radius: 50_000 })).data.map(({ name, distance }) => [
        name,
        Math.round(distance / 1000),
      ]);
    };
    const fiji = await around(-17, 179.95, [
      [-17, -179.95],
      [-17, 180],
      [-17, 179.9],
      [-17, 0],
    ]);
    expect(fiji).toEqual([
      ['P1', 5],
      ['P2', 5],
      ['P0', 11],
    ]);
    expect(
      await around(-17, -180, [
        [-17, 180],
        [-17, 179.9],
      ]),
    ).toEqual([
      ['P0', 0],
      ['P1', 11],
    ]);
    const pole = await around(89.9, 0, [
      [89.9, 180],
      [90, 77],
      [-90, 0],
      [89.8, -90],
    ]);
    expect(pole).toEqual([
      ['P1', 11],
      ['P0', 22],
      ['P3', 25],
    ]);
  });

  it('narrows by kind, hours, rating, price, what is free, services and words, and shows others what is listed', async () => {
    await inside(() => commands.execute(new CreatePlaceKindCommand('truck_wash', 'Truck wash')));
    const zone = 'Europe/Vienna';
    const nights = { zone, week: [{ day: 'fr' as const, from: '22:00', to: '03:00' }] };
    const a = await enter('Ärger-Café', { openingHours: { zone, osm: '24/7' }, services: ['wc', 'shop', 'wc'] });
    const b = await enter('Bright', {
      lat: 47.08,
      kind: 'fuel_station',
      services: ['wc'],
      city: 'Graz',
      openingHours: nights,
    });
    const c = await enter('Cool', { lat: 47.09, kind: 'truck_wash', listed: false });
    expect(a.services).toEqual(['shop', 'wc']);
    const at = clock.now();
    const price = (id: string, amount: number, quantity: number) =>
      inside(() =>
        commands.execute(
          new TellPricesCommand(id, [{ product: 'diesel', unit: 'l', quantity, amount, currency: 'EUR' }], at),
        ),
      );
    await price(a.id, 1579, 10);
    await price(b.id, 158, 1);
    await inside(() =>
      commands.execute(new TellAvailabilityCommand(a.id, [{ resource: 'ccs', free: 2, total: 4 }], 900, at)),
    );
    await review(b.id, user(), 4);
    await review(b.id, user(), 5);
    const wishes: [Partial<NearbyPlacesRequest>, string[]][] = [
      [{ kind: ['charger', 'truck_wash'] }, ['Ärger-Café', 'Cool']],
      [{ openNow: true, kind: ['charger'] }, ['Ärger-Café']],
      [{ openAt: '2026-03-07T01:59:00Z' }, ['Ärger-Café', 'Bright']],
      [{ openAt: '2026-03-07T02:00:00Z' }, ['Ärger-Café']],
      [{ minRating: 4.5 }, ['Bright']],
      [{ minRating: 4.51 }, []],
      [{ product: 'diesel' }, ['Ärger-Café', 'Bright']],
      [{ product: 'diesel', maxPrice: 157.9, currency: 'EUR' }, ['Ärger-Café']],
      [{ product: 'diesel', maxPrice: 500, currency: 'CHF' }, []],
      [{ available: 'ccs' }, ['Ärger-Café']],
      [{ services: ['wc', 'shop'] }, ['Ärger-Café']],
      [{ q: 'cafe arger' }, ['Ärger-Café']],
      [{ q: 'graz' }, ['Bright']],
    ];
    for (const [wish, expected] of wishes)
      expect({ wish, found: await names(wish) }).toEqual({ wish, found: expected });
    expect(await names({}, true)).toEqual(['Ärger-Café', 'Bright']);
    await expect(inside(() => queries.execute(new FindPlaceQuery(c.id, true)))).rejects.toMatchObject(
      code('place-not-found'),
    );
    expect((await inside(() => queries.execute(new ListPlacesQuery(page({ sort: 'name' }), true)))).data).toHaveLength(
      2,
    );
    clock.setOffset(900);
    expect(await names({ available: 'ccs' })).toEqual([]);
    expect((await find(a.id)).availability).toMatchObject([{ resource: 'ccs', free: 2, expired: true }]);
    expect(await find(b.id)).toMatchObject({
      rating: { average: 4.5, count: 2 },
      prices: [{ price: { amount: 158 } }],
    });
  });

  it('sorts by driving time, page by page, out of the nearest', async () => {
    for (const step of [400, 100, 900]) await enter(`${step}`, { lat: GRAZ.lat + step / DEGREE });
    const driven = (more: Partial<NearbyPlacesRequest> = {}) =>
      inside(() =>
        queries.execute(
          new NearbyByDrivingQuery(
            { ...page(), ...GRAZ, radius: 5_000, sort: 'driving-time', ...more } as NearbyPlacesRequest,
            false,
          ),
        ),
      );
    const { data } = await driven({ count: 'exact' });
    expect(data.map(({ name }) => name)).toEqual(['100', '400', '900']);
    expect(data.map(({ driving }) => driving!.seconds! > 0 && driving!.metres! >= 100)).toEqual([true, true, true]);
    const first = await driven({ limit: 2 });
    const { data: rest } = await driven({ limit: 2, cursor: first.page.nextCursor! });
    expect([...first.data, ...rest]).toEqual(data);
    expect((await driven({ q: 'nothing' })).data).toEqual([]);
  });

  it('says of hours in SQL what the code says, over every turn of the clock', async () => {
    const zones = ['Europe/Vienna', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
    const days = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const;
    for (const zone of zones) {
      const week = days.flatMap((day, i) => [
        { day, from: '02:15', to: `0${2 + (i % 3)}:45` },
        { day, from: '22:30', to: '01:40' },
      ]);
      const exceptions = [
        { date: '2026-03-29', hours: [] },
        { date: '2026-10-25', hours: [{ from: '00:30', to: '02:59' }] },
      ];
      await enter(zone, { openingHours: { zone, week, exceptions } });
    }
    const rows = (
      await sql.query<{ name: string; hours: OpeningHours }>(
        'select name, hours from location.places where tenant_id = $1',
        [tenant],
      )
    ).rows;
    const turns = [
      '2026-03-07T22:00Z',
      '2026-03-28T22:00Z',
      '2026-04-04T12:00Z',
      '2026-10-24T20:00Z',
      '2026-10-31T22:00Z',
    ];
    for (const turn of turns)
      for (let minute = 0; minute < 480; minute += 53) {
        const at = Date.parse(turn) + minute * 60_000;
        const open = rows.filter(({ hours }) => isOpen(hours, at)).map(({ name }) => name);
        expect((await names({ openAt: new Date(at).toISOString() })).sort()).toEqual(open.sort());
      }
  });

  it('keeps what is told, whatever order it comes in', async () => {
    const { id } = await enter('Station');
    const now = clock.nowMs();
    const tell = (amount: number, ago: number) =>
      inside(() =>
        commands.execute(
          new TellPricesCommand(
            id,
            [{ product: 'e10', unit: 'l', quantity: 10, amount, currency: 'EUR' }],
            new Date(now - ago),
          ),
        ),
      );
    for (const [amount, ago] of [
      [1600, 60_000],
      [1610, 30_000],
      [1590, 90_000],
      [1610, 30_000],
    ])
      await tell(amount, ago);
    expect((await find(id)).prices).toMatchObject([{ price: { amount: 1610 }, quantity: 10 }]);
    const history = await inside(() => queries.execute(new ListPlacePricesQuery(id, page(), false)));
    expect(history.data.map(({ price }) => price.amount)).toEqual([1610, 1600, 1590]);
    await Promise.all(Array.from({ length: 12 }, (_, i) => tell(1700 + i, 20_000 - i * 1000)));
    expect((await find(id)).prices).toMatchObject([{ price: { amount: 1711 } }]);
    await expect(tell(1, -3_600_000)).rejects.toMatchObject(code('told-invalid'));
    const free = (count: number, ago: number) =>
      inside(() =>
        commands.execute(
          new TellAvailabilityCommand(id, [{ resource: 'ccs', free: count, total: null }], 60, new Date(now - ago)),
        ),
      );
    await free(3, 1000);
    await free(0, 5000);
    expect((await find(id)).availability).toMatchObject([{ free: 3 }]);
    await expect(
      inside(() => commands.execute(new TellAvailabilityCommand(id, [{ resource: 'ccs', free: 5, total: 4 }], 60))),
    ).rejects.toMatchObject(code('told-invalid'));
  });

  it('takes what is told without a time as the last word, also of a process whose clock is behind another’s', async () => {
    const { id } = await enter('Two servers');
    const tell = async (amount: number) => {
      const prices = [{ product: 'e5', unit: 'l', quantity: 1, amount, currency: 'EUR' }];
      await inside(() => commands.execute(new TellPricesCommand(id, prices)));
      const free = [{ resource: 'ccs', free: amount, total: null }];
      await inside(() => commands.execute(new TellAvailabilityCommand(id, free, 900)));
    };
    for (const [i, seconds] of [2, -2, 0].entries()) {
      await skewed(seconds, () => tell(150 + i));
      expect(await find(id)).toMatchObject({
        prices: [{ price: { amount: 150 + i } }],
        availability: [{ free: 150 + i }],
      });
    }
    const history = await inside(() => queries.execute(new ListPlacePricesQuery(id, page(), false)));
    expect(history.data.map(({ price }) => price.amount)).toEqual([150, 152, 151]);
  });

  it('takes back what was told, and older news does not bring it back', async () => {
    const { id } = await enter('Closed pump');
    const now = clock.nowMs();
    const diesel = (amount: number, ago: number) => {
      const prices = [{ product: 'diesel', unit: 'l', quantity: 1, amount, currency: 'EUR' }];
      return inside(() => commands.execute(new TellPricesCommand(id, prices, new Date(now - ago))));
    };
    const ccs = (free: number, ago: number) =>
      inside(() =>
        commands.execute(
          new TellAvailabilityCommand(id, [{ resource: 'ccs', free, total: null }], 900, new Date(now - ago)),
        ),
      );
    const noPrice = (place = id) => inside(() => commands.execute(new WithdrawPriceCommand(place, 'diesel', 'l')));
    const noCcs = (place = id) => inside(() => commands.execute(new WithdrawAvailabilityCommand(place, 'ccs')));
    for (const none of [noPrice, noCcs]) {
      await expect(none()).rejects.toMatchObject(code('told-not-found'));
      await expect(none(newId())).rejects.toMatchObject(code('place-not-found'));
    }
    await diesel(158, 60_000);
    await ccs(2, 60_000);
    const other = asTenant(newId(), () => commands.execute(new WithdrawPriceCommand(id, 'diesel', 'l')));
    await expect(other).rejects.toMatchObject(code('place-not-found'));
    const both = await Promise.allSettled([noPrice(), noPrice(), noCcs(), noCcs()]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    await diesel(157, 30_000);
    await ccs(1, 30_000);
    expect(await find(id)).toMatchObject({ prices: [], availability: [] });
    const history = await inside(() => queries.execute(new ListPlacePricesQuery(id, page(), false)));
    expect(history.data.map(({ price }) => price.amount)).toEqual([157, 158]);
    // What others tell of crowds it out of nothing.
    for (const round of [1, 2])
      await inside(() =>
        commands.execute(
          new TellPricesCommand(
            id,
            Array.from({ length: 100 }, (_, i) => ({
              ...{ product: `p${round}-${i}`, unit: 'l', quantity: 1, amount: 1, currency: 'EUR' },
            })),
            new Date(now - 20_000),
          ),
        ),
      );
    await diesel(156, 10_000);
    const crowd = (await find(id)).prices.map(({ product }) => product);
    expect([crowd.length, crowd.includes('diesel')]).toEqual([200, false]);
    await diesel(159, -200_000);
    // Taken back now, whatever time it was told ahead of.
    await noPrice();
    await diesel(159, -100_000);
    await ccs(3, -200_000);
    expect(await find(id)).toMatchObject({
      ...{
        prices: expect.arrayContaining([expect.objectContaining({ product: 'diesel' })]),
        availability: [{ free: 3 }],
      },
    });
  });

  it('keeps of each place what was told last, as much as a place may have', async () => {
    const { id } = await enter('Bazaar');
    const now = clock.nowMs();
    const tell = (round: number) => {
      const prices = Array.from({ length: 100 }, (_, i) => ({ product: `p${round}-${i}`, unit: 'l', quantity: 1 }));
      return inside(() =>
        commands.execute(
          new TellPricesCommand(
            id,
            prices.map((one) => ({ ...one, amount: round, currency: 'EUR' })),
            new Date(now - 10_000 + round),
          ),
        ),
      );
    };
    await Promise.all([1, 2, 3, 4].map(tell));
    const amounts = (await find(id)).prices.map(({ price }) => price.amount);
    expect(amounts.sort()).toEqual([...Array(100).fill(3), ...Array(100).fill(4)]);
    for (const round of [1, 2, 3])
      await inside(() =>
        commands.execute(
          new TellAvailabilityCommand(
            id,
            Array.from({ length: 100 }, (_, i) => ({ resource: `r${round}-${i}`, free: round, total: null })),
            60,
            new Date(now - 10_000 + round),
          ),
        ),
      );
    expect(new Set((await find(id)).availability.map(({ free }) => free))).toEqual(new Set([2, 3]));
  });

  it('changes what is named, on the version that was read; refuses unknown kinds, hours and taken ids', async () => {
    const place = await enter('One', { source: 'osm', externalId: 'n1', city: 'Graz' });
    expect(await change(place.id, { city: 'Wien' }, 1)).toMatchObject({ version: 2, address: { city: 'Wien' } });
    expect(await change(place.id, { city: 'Wien' })).toMatchObject({ version: 2 });
    await expect(change(place.id, { city: 'Linz' }, 1)).rejects.toMatchObject(code('place-changed'));
    await expect(enter('Two', { source: 'osm', externalId: 'n1' })).rejects.toMatchObject(
      code('place-external-id-taken'),
    );
    const incomplete = code('place-source-incomplete');
    await expect(enter('Three', { source: 'osm' })).rejects.toMatchObject(incomplete);
    await expect(change(place.id, { externalId: null })).rejects.toMatchObject(incomplete);
    await expect(change(place.id, { kind: 'castle' })).rejects.toMatchObject(code('place-kind-unknown'));
    for (const zone of ['CET', '+02:00', 'Mars/Base'])
      await expect(change(place.id, { openingHours: { zone, week: [] } })).rejects.toMatchObject(
        code('opening-hours-invalid'),
      );
    const kind = await inside(() => commands.execute(new CreatePlaceKindCommand('castle', 'Castle')));
    await expect(inside(() => commands.execute(new CreatePlaceKindCommand('castle', 'C')))).rejects.toMatchObject(
      code('place-kind-taken'),
    );
    await change(place.id, { kind: 'castle' });
    const drop = () => inside(() => commands.execute(new DeletePlaceKindCommand(kind.id!)));
    await expect(drop()).rejects.toMatchObject(code('place-kind-in-use'));
    const { data } = await inside(() => queries.execute(new ListPlaceKindsQuery()));
    expect(data.filter(({ places }) => places > 0)).toEqual([
      { id: kind.id, key: 'castle', name: 'Castle', builtIn: false, places: 1 },
    ]);
    await review(place.id, user(), 5);
    await inside(() => commands.execute(new DeletePlaceCommand(place.id)));
    await expect(find(place.id)).rejects.toMatchObject(code('place-not-found'));
    await drop();
  });

  it('reads files of places twice to the same end, and names rows that are wrong', async () => {
    const run = (file: string, more: object = {}) =>
      inside(() => commands.execute(new ImportPlaceFileCommand({ file, ...more })));
    const head = 'externalId,name,kind,lat,lng,country,openingHours,zone,services\n';
    const good =
      'n1,North,fuel_station,47.09,15.42,AT,Mo-Fr 06:00-22:00; PH off,Europe/Vienna,wc; car_wash\nn2,South,charger,47.05,180,,,,\n';
    expect(await run(head + good)).toMatchObject({ created: 2, changes: 2, written: true });
    expect(await run(head + good)).toMatchObject({ unchanged: 2, changes: 0 });
    expect(await run(head + good.replace('South', 'Deep south'))).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await names({ services: ['car_wash'], openAt: '2026-12-24T10:00:00Z' })).toEqual(['North']);
    const bad = [
      'n3,X,castle,47,15,,,,',
      'n4,X,shop,97,15,,,,',
      'n5,X,shop,47,15,,whenever,Europe/Vienna,',
      'n6,X,shop,47,15,,24/7,,',
      'n7,X,shop,47,x,,,,',
      'n1,X,shop,1,1,,,,',
    ];
    const report = await run(`${head}${good}${bad.join('\n')}\n`, { dryRun: true });
    expect(report.faults.map(({ line, column, code: what }) => [line, column, what])).toEqual([
      [4, 'kind', 'unknown-reference'],
      [5, 'lat', 'out-of-range'],
      [6, 'openingHours', 'syntax'],
      [7, 'zone', 'required'],
      [8, 'lng', 'wrong-form'],
      [9, 'externalId', 'duplicate'],
    ]);
    await expect(run(`${head}${bad[0]}\n`)).rejects.toMatchObject(code('import-refused'));
    const mapping = {
      name: 'theirs',
      sheets: [
        {
          entity: 'places',
          file: 'x',
          columns: {
            externalId: 'ref',
            name: 'title',
            lat: 'y',
            lng: 'x',
            kind: { value: 'shop' },
            source: { value: 'erp' },
          },
        },
      ],
    };
    expect(await run('ref;title;y;x\n1;Shop;47,1;15,2\n', { mapping: { ...mapping, delimiter: ';' } })).toMatchObject({
      created: 1,
    });
    expect(await names({ kind: ['shop'] })).toEqual(['Shop']);
    // Of two sources the same id is two places; without a source it is that of imports.
    const sources =
      'source,externalId,name,kind,lat,lng\na,x,A,depot,1,1\nb,x,B,depot,1,1\n,x,C,depot,1,1\nimport,x,D,depot,1,1\n';
    const twice = await run(sources, { dryRun: true });
    expect(twice).toMatchObject({ created: 3, faults: [{ line: 5, column: 'externalId', code: 'duplicate' }] });
  });
});
