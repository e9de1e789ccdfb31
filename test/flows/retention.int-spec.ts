import { Client } from 'pg';
import { CONTEXTS } from '../../src/app.module';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobRunner } from '../../src/kernel/messaging/job-runner';
import { QueuesModule } from '../../src/kernel/messaging/queues.module';
import { RealtimeModule } from '../../src/kernel/realtime/realtime.module';
import { RetentionRules, RetentionSchedule } from '../../src/kernel/retention/retention';
import { testApp, type TestApp } from '../support/app';
import { testDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';

/** Per rule a row that is old enough (and final) and one that is not; `left` counts what must stay of three. */
const PLANTED: Record<string, { table: string; plant: string; state: (kept: boolean) => string; gone?: string }> = {
  'kernel.answers': {
    table: 'kernel.idempotency_keys',
    plant: `insert into kernel.idempotency_keys (tenant_id, id, body_hash, state, status, body, created_at)
      values ($1, $2::uuid, 'h', 'done', 201, 'x', now() - $3::interval)`,
    state: () => '',
  },
  'kernel.dead-deliveries': {
    table: 'kernel.deliveries',
    plant: `insert into kernel.deliveries (tenant_id, id, event_id, kind, name, state, due_at)
      values ($1, $2::uuid, $2, 'timer', 'none.such', $4, now() - $3::interval)`,
    state: (kept) => (kept ? 'pending' : 'dead'),
  },
  'notifications.messages': {
    table: 'notifications.messages',
    plant: `insert into notifications.messages (tenant_id, id, channel, recipient, template, data, state, dedupe_key, created_at)
      values ($1, $2::uuid, 'email', 'a@example.com', 'low-stock', '{}', $4, $2::uuid::text, now() - $3::interval)`,
    state: (kept) => (kept ? 'queued' : 'sent'),
  },
  'notifications.notifications': {
    table: 'notifications.notifications',
    plant: `insert into notifications.notifications (tenant_id, id, user_id, category, template, critical, data, title, body, in_inbox,
        dedupe_key, content_digest, due_at, created_at)
      values ($1, $2::uuid, $2::uuid, 'general', 'notice', false, '{}', 't', 'b', true, $2::uuid::text, '', now() - $3::interval, now())`,
    state: () => '',
  },
  'notifications.push-tokens': {
    table: 'notifications.push_tokens',
    plant: `insert into notifications.push_tokens (tenant_id, id, user_id, provider, platform, digest, sealed, created_at, seen_at)
      values ($1, $2::uuid, $2, 'fcm', $4, decode(replace($2::text, '-', ''), 'hex'), 's', now(), now() - $3::interval)`,
    state: (kept) => (kept ? 'ios' : 'android'),
  },
  'notifications.campaigns': {
    table: 'notifications.campaigns',
    plant: `insert into notifications.campaigns (tenant_id, id, name, request, segment, state, created_at, finished_at)
      values ($1, $2::uuid, 'n', '{}', '{}', 'done', now(), now() - $3::interval)`,
    state: () => '',
  },
  'notifications.callbacks': {
    table: 'notifications.callbacks',
    plant: `insert into notifications.callbacks (tenant_id, id, provider, event_id, kind, type, permanent, at, state, received_at)
      values ($1, $2::uuid, 'sendgrid', $2::text, 'delivered', 'delivered', false, now(), $4, now() - $3::interval)`,
    state: (kept) => (kept ? 'received' : 'processed'),
  },
  'notifications.batches': {
    table: 'notifications.batches',
    plant: `insert into notifications.batches (tenant_id, id, request, state, created_at)
      values ($1, $2::uuid, '{}', $4, now() - $3::interval)`,
    state: (kept) => (kept ? 'running' : 'done'),
  },
  'notifications.mailbox': {
    table: 'notifications.dev_mailbox',
    plant: `insert into notifications.dev_mailbox (id, tenant_id, channel, recipient, subject, text_body, html_body, sent_at)
      values ($2, $1, 'email', 'a@example.com', 's', 't', 'h', now() - $3::interval)`,
    state: () => '',
  },
  'payments.provider-events': {
    table: 'payments.provider_events',
    plant: `with account as (insert into payments.gateways (tenant_id, id, provider, name, secrets, status, created_at)
        values ($1, $2::uuid, 'sandbox', 'n', 's', 'active', now()) on conflict do nothing returning id)
      insert into payments.provider_events (tenant_id, id, gateway_id, provider, event_id, type, payload, state, received_at)
      select $1, $2::uuid, id, 'sandbox', $2::uuid::text, 't', '{}', $4, now() - $3::interval from account`,
    state: (kept) => (kept ? 'failed' : 'processed'),
  },
  'fraud.assessments': {
    table: 'fraud.assessments',
    plant: `insert into fraud.assessments (tenant_id, id, attempt_id, payable_type, payable_id, amount, currency, decision, shadow_decision,
        score, signals, judged, hits, lists, thresholds, reasons, created_at)
      values ($1, $2::uuid, $2::uuid, 'order', 'o', 1, 'EUR', 'allow', 'allow', 0, '{}', '[]', '[]', '[]', '{}', '[]', now() - $3::interval)`,
    state: () => '',
  },
  'fraud.list-entries': {
    table: 'fraud.list_entries',
    plant: `insert into fraud.list_entries (tenant_id, id, list, kind, value, expires_at, created_at)
      values ($1, $2::uuid, 'block', 'country', 'PT', now() - $3::interval, now())`,
    state: () => '',
  },
  'sandbox.webhooks': {
    table: 'sandbox.webhooks',
    plant: `with account as (insert into sandbox.accounts (tenant_id, id, webhook_secret, created_at) values ($1, $2::uuid, 's', now()) returning id)
      insert into sandbox.webhooks (tenant_id, id, account_id, body, created_at) select $1, $2::uuid, id, '{}', now() - $3::interval from account`,
    state: () => '',
  },
  'files.unattached': {
    table: 'files.files',
    plant: `with object as (insert into files.objects (tenant_id, id, store, key, created_at) values ($1, $2::uuid, 'local', 'k', now())),
        blob as (insert into files.blobs (tenant_id, id, sha256, object_id, media_type, received_bytes, size_bytes, created_at)
          values ($1, $2::uuid, sha256('x'), $2::uuid, 'text/plain', 1, 1, now()))
      insert into files.files (tenant_id, id, blob_id, name, created_at, expires_at)
      values ($1, $2::uuid, $2::uuid, 'n', now(), case when $4 = '' then now() - $3::interval end)`,
    state: (kept) => (kept ? 'attached' : ''),
  },
  'files.uploads': {
    table: 'files.uploads',
    plant: `insert into files.uploads (tenant_id, id, name, length, created_at, expires_at)
      values ($1, $2::uuid, 'n', 1, now(), now() - $3::interval)`,
    state: () => '',
  },
  'location.route-jobs': {
    table: 'location.route_jobs',
    plant: `insert into location.route_jobs (tenant_id, id, request, state, created_at, finished_at)
      values ($1, $2::uuid, '{}', $4, now(), case when $4 = 'cancelled' then now() - $3::interval end)`,
    state: (kept) => (kept ? 'queued' : 'cancelled'),
  },
  'catalog.imports': {
    table: 'catalog.imports',
    plant: `insert into catalog.imports (tenant_id, id, state, files, dry_run, accept_partial, created_at, updated_at)
      values ($1, $2::uuid, 'done', '[]', false, false, now() - $3::interval, now())`,
    state: () => '',
  },
  'catalog.uploads': {
    table: 'catalog.imports',
    plant: `insert into catalog.imports (tenant_id, id, state, files, dry_run, accept_partial, created_at, updated_at)
      values ($1, $2::uuid, $4, '[]', false, false, now() - $3::interval, now())`,
    state: (kept) => (kept ? 'done' : 'uploading'),
  },
  'ledger.report-runs': {
    table: 'ledger.report_runs',
    plant: `with schedule as (insert into ledger.report_schedules (tenant_id, id, report, format, every, day, hour, time_zone, enabled, due_at,
          created_at, updated_at) values ($1, $2::uuid, 'tax', 'csv', 'day', 1, 6, 'UTC', false, now(), now(), now()) returning id)
      insert into ledger.report_runs (tenant_id, id, schedule_id, period_from, period_to, state, created_at)
      select $1, $2::uuid, id, now(), now(), 'sent', now() - $3::interval from schedule`,
    state: () => '',
  },
  'fleet.fuel-levels': {
    table: 'fleet.fuel_levels',
    plant: `with vehicle as (insert into fleet.vehicles (tenant_id, id, kind, name, name_key, class, fuel_type, state, state_since,
        created_at, updated_at, version)
        values ($1, $2::uuid, 'vehicle', 'v', 'v', 'van', 'diesel', 'in_service', now(), now(), now(), 1) returning id)
      insert into fleet.fuel_levels (tenant_id, id, vehicle_id, at, quantity)
      select $1, $2::uuid, id, now() - $3::interval, 1 from vehicle`,
    state: () => '',
  },
  'fleet.fuel-changes': {
    table: 'fleet.fuel_changes',
    plant: `with vehicle as (insert into fleet.vehicles (tenant_id, id, kind, name, name_key, class, fuel_type, state, state_since,
        created_at, updated_at, version)
        values ($1, $2::uuid, 'vehicle', 'v', 'v', 'van', 'diesel', 'in_service', now(), now(), now(), 1) returning id)
      insert into fleet.fuel_changes (tenant_id, id, vehicle_id, kind, began_at, ended_at, before, after, quantity, raw_quantity, lat, lng,
        state, made_at)
      select $1, $2::uuid, id, 'drop', now() - $3::interval, now() - $3::interval, 2, 1, 1, 1, 0, 0, 'open', now() from vehicle`,
    state: () => '',
  },
  'fleet.idlings': {
    table: 'fleet.idlings',
    plant: `with vehicle as (insert into fleet.vehicles (tenant_id, id, kind, name, name_key, class, fuel_type, state, state_since,
        created_at, updated_at, version)
        values ($1, $2::uuid, 'vehicle', 'v', 'v', 'van', 'diesel', 'in_service', now(), now(), now(), 1) returning id)
      insert into fleet.idlings (tenant_id, id, vehicle_id, tracker_id, started_at, seconds, lat, lng)
      select $1, $2::uuid, id, id, now() - $3::interval, 600, 0, 0 from vehicle`,
    state: () => '',
  },
  'fleet.trips': {
    table: 'fleet.trips',
    plant: `with vehicle as (insert into fleet.vehicles (tenant_id, id, kind, name, name_key, class, fuel_type, state, state_since,
        created_at, updated_at, version)
        values ($1, $2::uuid, 'vehicle', 'v', 'v', 'van', 'diesel', 'in_service', now(), now(), now(), 1) returning id)
      insert into fleet.trips (tenant_id, id, vehicle_id, tracker_id, started_at, ended_at, start_lat, start_lng, end_lat, end_lng,
        distance_metres, max_speed, gap, low_resolution, class, made_at)
      select $1, $2::uuid, id, id, now() - $3::interval - interval '1 hour', now() - $3::interval, 0, 0, 0, 0, 1, 1, false, false, 'van', now()
      from vehicle`,
    state: () => '',
  },
  'location.road-overrides': {
    table: 'location.road_overrides',
    plant: `insert into location.road_overrides (tenant_id, id, roads, reason, starts_at, ends_at, created_at)
      values ($1, $2::uuid, '{}', 'r', now() - interval '9 years', case when $4 = '' then null else now() - $3::interval end, now())`,
    state: (kept) => (kept ? '' : 'ended'),
  },
  'location.checkpoints': {
    table: 'location.checkpoints',
    plant: `with tracker as (insert into location.trackers (tenant_id, id, name, key_digest, created_at)
        values ($1, $2::uuid, 't', sha256($2::uuid::text::bytea), now()) returning id)
      insert into location.checkpoints (tenant_id, id, tracker_id, at, state) select $1, $2::uuid, id, now() - $3::interval, '{}' from tracker`,
    state: () => '',
  },
  'location.latest-positions': {
    table: 'location.latest_positions',
    plant: `with tracker as (insert into location.trackers (tenant_id, id, name, key_digest, created_at)
        values ($1, $2::uuid, 't', sha256($2::uuid::text::bytea), now()) returning id)
      insert into location.latest_positions (tenant_id, id, fix_at, received_at, lat, lng, attributes)
      select $1, id, now() - $3::interval, now(), 0, 0, '{}' from tracker`,
    state: () => '',
  },
  'location.tracks': {
    table: '(select * from location.tracks where last_fix_at is not null) kept',
    plant: `with tracker as (insert into location.trackers (tenant_id, id, name, key_digest, created_at)
        values ($1, $2::uuid, 't', sha256($2::uuid::text::bytea), now()) returning id)
      insert into location.tracks (tenant_id, id, state, last_fix_at, replay_asked_at)
      select $1, id, '{}', now() - $3::interval, case when $4 = 'asked' then now() end from tracker`,
    state: (kept) => (kept ? 'asked' : ''),
  },
  'location.fence-events': {
    table: 'location.fence_events',
    plant: `with tracker as (insert into location.trackers (tenant_id, id, name, key_digest, created_at)
        values ($1, $2::uuid, 't', sha256($2::uuid::text::bytea), now()) returning id), fence as (insert into location.geofences (tenant_id, id, name, shape, since, created_at)
        values ($1, $2::uuid, 'f', '{}', now(), now()) returning id)
      insert into location.fence_events (tenant_id, id, tracker_id, geofence_id, type, at, confirmed_at, lat, lng, created_at)
      select $1, $2::uuid, tracker.id, fence.id, 'enter', now(), now(), 0, 0, now() - $3::interval from tracker, fence`,
    state: () => '',
  },
  'location.place-prices': {
    table: 'location.place_price_history',
    plant: `with place as (insert into location.places (tenant_id, id, name, name_key, kind, lat, lng, listed, search_text, version, created_at, updated_at)
        values ($1, $2::uuid, 'p', 'p', 'shop', 0, 0, true, 'p', 1, now(), now()) returning id)
      insert into location.place_price_history (tenant_id, id, place_id, product, unit, quantity, amount, currency, told_at)
      select $1, $2::uuid, id, 'diesel', 'l', 1, 1, 'EUR', now() - $3::interval from place`,
    state: () => '',
  },
  'location.place-review-reports': {
    table: 'location.place_review_reports',
    plant: `with place as (insert into location.places (tenant_id, id, name, name_key, kind, lat, lng, listed, search_text, version, created_at, updated_at)
        values ($1, $2::uuid, 'p', 'p', 'shop', 0, 0, true, 'p', 1, now(), now()) returning id),
      review as (insert into location.place_reviews (tenant_id, id, place_id, stars, created_at) select $1, $2::uuid, id, 5, now() from place returning id)
      insert into location.place_review_reports (tenant_id, id, review_id, reason, created_at, settled_at)
      select $1, $2::uuid, id, 'spam', now(), now() - $3::interval from review`,
    state: () => '',
  },
  'inventory.cart-holds': {
    table: 'inventory.inventory_reservations',
    plant: `insert into inventory.inventory_reservations (tenant_id, id, reference_type, reference_id, state, expires_at, settled_at, created_at)
      values ($1, $2::uuid, 'cart', $2::uuid, $4, now(), now() - $3::interval, now())`,
    state: (kept) => (kept ? 'active' : 'expired'),
  },
  'orders.carts': {
    table: 'orders.carts',
    plant: `insert into orders.carts (tenant_id, id, secret_hash, expires_at, created_at, updated_at)
      values ($1, $2::uuid, $2::uuid::text::bytea, now() - $3::interval, now(), now())`,
    state: () => '',
  },
};

/** A stop of a route that was done so long ago, or failed, or was planned for then; with files. */
const PROVEN = `with vehicle as (insert into fleet.vehicles (tenant_id, id, kind, name, name_key, class, fuel_type, state, state_since,
        created_at, updated_at, version)
        values ($1, $2::uuid, 'vehicle', 'v', 'v', 'van', 'diesel', 'in_service', now(), now(), now(), 1) returning id),
      driver as (insert into fleet.drivers (tenant_id, id, name, name_key, active, created_at, updated_at, version)
        values ($1, $2::uuid, 'd', 'd', true, now(), now(), 1) returning id),
      dispatch as (insert into fleet.dispatches (tenant_id, id, plan_id, starts_at, proof_required, created_at)
        values ($1, $2::uuid, $2::uuid, now(), false, now()) returning id),
      route as (insert into fleet.dispatch_routes (tenant_id, id, dispatch_id, plan_vehicle, vehicle_id, driver_id, state, during,
        distance, finished_at)
        select $1, $2::uuid, dispatch.id, 'v', vehicle.id, driver.id, 'completed', '[2026-01-01,2026-01-02)'::tstzrange, 1, now()
        from vehicle, driver, dispatch returning id)
      insert into fleet.dispatch_stops (tenant_id, id, route_id, position, plan_stop, kind, lat, lng, arrive_at, begin_at, leave_at, state,
        closed_at, recipient_name, reason, signature_file_id, photo_file_ids)
      select $1, $2::uuid, id, 1, 's', 'delivery', 0, 0, now() - $3::interval, now() - $3::interval, now() - $3::interval, $4,
        case when $4 <> 'pending' then now() - $3::interval end, case when $4 = 'done' then 'Rita' end, case when $4 = 'failed' then 'Ill' end,
        ($5::uuid[])[1], coalesce(($5::uuid[])[2:], '{}') from route`;

/** What was filled in so long ago, with a receipt. */
const FILLED = `with vehicle as (insert into fleet.vehicles (tenant_id, id, kind, name, name_key, class, fuel_type, state, state_since,
        created_at, updated_at, version)
        values ($1, $2::uuid, 'vehicle', $2::text, $2::text, 'van', 'diesel', 'in_service', now(), now(), now(), 1) returning id)
      insert into fleet.fuel_entries (tenant_id, id, vehicle_id, at, fuel_type, quantity, "full", source, station, lat, lng, file_id,
        created_at, updated_at)
      select $1, $2::uuid, id, now() - $3::interval, 'diesel', 7, true, 'manual', 's', 1, 2, $4, now(), now() from vehicle`;

describe('what was kept long enough', () => {
  let app: TestApp;
  let admin: Client;
  let rules: RetentionRules;

  beforeAll(async () => {
    app = await testApp([QueuesModule, RealtimeModule, ...CONTEXTS], { database: await testDatabase({ fresh: true }) });
    rules = app.get(RetentionRules);
    admin = new Client({ connectionString: app.database.superuserUrl });
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.end();
    await app?.close();
  });

  const plant = async (name: string, age: string, state?: string): Promise<string> => {
    const id = newId();
    const { plant: sql, state: stateOf } = PLANTED[name];
    const params = [newId(), id, age, state ?? stateOf(false)];
    await admin.query(sql, sql.includes('$4') ? params : params.slice(0, 3));
    return id;
  };
  const left = async (name: string, ids: string[]): Promise<string[]> =>
    (
      await admin.query<{ id: string }>(`select id from ${PLANTED[name].table} where id = any($1) order by id`, [ids])
    ).rows.map(({ id }) => id);

  it('has a rule that a test knows', () => {
    const known = [
      ...Object.keys(PLANTED),
      'notifications.contents',
      'fleet.proofs',
      'fleet.fuel-places',
      'fleet.card-places',
    ].sort();
    expect(
      rules
        .all()
        .map(({ name }) => name)
        .filter((name) => !/^(identity|audit)\./.test(name))
        .sort(),
    ).toEqual(known);
  });

  it.each(Object.keys(PLANTED))('%s: goes over all tenants, and nothing that is younger or not done', async (name) => {
    const old = [await plant(name, '4000 days'), await plant(name, '4000 days')];
    const young = await plant(name, '0 days');
    const working = PLANTED[name].state(true);
    const undone = working === '' ? [] : [await plant(name, '4000 days', working)];
    expect(await rules.apply(name)).toBe(2);
    expect(await left(name, [...old, young, ...undone])).toEqual([young, ...undone].sort());
    expect(await rules.apply(name)).toBe(0);
  });

  it('notifications.contents: only what was written is forgotten, that it was sent is not', async () => {
    const id = newId();
    await admin.query(
      `insert into notifications.messages (tenant_id, id, channel, recipient, template, data, state, dedupe_key, subject, text_body, html_body, created_at)
       values ($1, $2::uuid, 'email', 'a@example.com', 'low-stock', '{"a": 1}', 'sent', 'k', 's', 't', 'h', now() - interval '40 days')`,
      [newId(), id],
    );
    expect(await rules.apply('notifications.contents')).toBe(1);
    const { rows } = await admin.query(
      'select data, subject, text_body, html_body, state from notifications.messages where id = $1',
      [id],
    );
    expect(rows).toEqual([{ data: {}, subject: null, text_body: null, html_body: null, state: 'sent' }]);
  });

  it('fleet.proofs: who took something and where is forgotten, files included; that it was delivered is not', async () => {
    const [tenant, files] = [newId(), [newId(), newId(), newId()].sort()];
    const file = PLANTED['files.unattached'].plant.replace(`sha256('x')`, 'sha256($2::uuid::text::bytea)');
    for (const id of files) await admin.query(file, [tenant, id, '0 days', 'attached']);
    const rows: [string, string, string[]][] = [
      ['done', '800 days', files.slice(0, 2)],
      ['failed', '800 days', []],
      ['pending', '800 days', []],
      ['done', '700 days', files.slice(2)],
    ];
    const ids = rows.map(() => newId()).sort();
    for (const [at, [state, age, own]] of rows.entries()) {
      // A tenant each, but for those with files.
      await admin.query(PROVEN, [own.length > 0 ? tenant : newId(), ids[at], age, state, own]);
      await admin.query(
        `insert into files.attachments (tenant_id, id, file_id, owner_kind, owner_id, attached_at)
         select $1::uuid, file, file, 'fleet-stop', $2::text, now() from unnest($3::uuid[]) as file`,
        [tenant, ids[at], own],
      );
    }
    expect(await rules.apply('fleet.proofs')).toBe(3);
    const stops = `select state, concat_ws(' ', plan_stop, recipient_name, reason, lat, lng) as kept,
        num_nonnulls(signature_file_id) + cardinality(photo_file_ids) as files from fleet.dispatch_stops where id = any($1) order by id`;
    expect((await admin.query(stops, [ids])).rows).toEqual([
      { state: 'done', kept: '', files: 0 },
      { state: 'failed', kept: '', files: 0 },
      { state: 'pending', kept: '', files: 0 },
      { state: 'done', kept: 's Rita 0 0', files: 1 },
    ]);
    const left = 'select id, expires_at is not null as goes from files.files where id = any($1) order by id';
    expect((await admin.query<{ goes: boolean }>(left, [files])).rows.map(({ goes }) => goes)).toEqual([
      true,
      true,
      false,
    ]);
    expect(await rules.apply('fleet.proofs')).toBe(0);
  });

  it('fleet.fuel-places: where something was filled in is forgotten, receipts included; how much it was is not', async () => {
    const [tenant, receipts] = [newId(), [newId(), newId()]];
    const file = PLANTED['files.unattached'].plant.replace(`sha256('x')`, 'sha256($2::uuid::text::bytea)');
    for (const id of receipts) await admin.query(file, [tenant, id, '0 days', 'attached']);
    const ids = [newId(), newId()].sort();
    for (const [at, age] of ['800 days', '700 days'].entries()) {
      await admin.query(FILLED, [tenant, ids[at], age, receipts[at]]);
      await admin.query(
        `insert into files.attachments (tenant_id, id, file_id, owner_kind, owner_id, attached_at)
         values ($1, $2::uuid, $2, 'fleet-fuel-entry', $3, now())`,
        [tenant, receipts[at], ids[at]],
      );
    }
    expect(await rules.apply('fleet.fuel-places')).toBe(1);
    const kept = `select quantity::int as quantity, concat_ws(' ', station, lat, lng) as place, file_id as file from fleet.fuel_entries
      where id = any($1) order by id`;
    expect((await admin.query(kept, [ids])).rows).toEqual([
      { quantity: 7, place: '', file: null },
      { quantity: 7, place: 's 1 2', file: receipts[1] },
    ]);
    const goes = 'select id from files.files where id = any($1) and expires_at is not null';
    expect((await admin.query(goes, [receipts])).rows).toEqual([{ id: receipts[0] }]);
    expect(await rules.apply('fleet.fuel-places')).toBe(0);
  });

  it('fleet.card-places: where something was paid is forgotten, what was paid is not', async () => {
    const [tenant, card] = [newId(), newId()];
    await admin.query(
      `insert into fleet.fuel_cards (tenant_id, id, provider, provider_key, last_four, created_at, updated_at)
       values ($1, $2, 'DKV', 'dkv', '4182', now(), now())`,
      [tenant, card],
    );
    for (const age of ['800 days', '700 days'])
      await admin.query(
        `insert into fleet.fuel_card_rows (tenant_id, id, card_id, provider_key, row_key, digest, at, quantity, station, lat, lng, created_at)
         values ($1, $2, $3, 'dkv', $4::text, 'd', now() - $4::text::interval, 7, 's', 1, 2, now())`,
        [tenant, newId(), card, age],
      );
    expect(await rules.apply('fleet.card-places')).toBe(1);
    const kept = `select quantity::int as quantity, concat_ws(' ', station, lat, lng) as place from fleet.fuel_card_rows
      where tenant_id = $1 order by at`;
    expect((await admin.query(kept, [tenant])).rows).toEqual([
      { quantity: 7, place: '' },
      { quantity: 7, place: 's 1 2' },
    ]);
    expect(await rules.apply('fleet.card-places')).toBe(0);
  });

  it('goes in bites, however much there is', async () => {
    await admin.query(
      `insert into notifications.dev_mailbox (id, tenant_id, channel, recipient, subject, text_body, html_body, sent_at)
       select gen_random_uuid(), gen_random_uuid(), 'email', 'a@example.com', 's', 't', 'h', now() - interval '40 days' from generate_series(1, 2500)`,
    );
    expect(await rules.apply('notifications.mailbox')).toBe(2_500);
  });

  it('orders.carts: what was forgotten stays counted', async () => {
    const [tenant, cart] = [newId(), newId()];
    await admin.query(PLANTED['orders.carts'].plant, [tenant, cart, '10 days']);
    await admin.query(
      `insert into orders.cart_lines (tenant_id, id, cart_id, sku, quantity, added_at) values ($1, $2, $2, 'A', 1, now())`,
      [tenant, cart],
    );
    await rules.apply('orders.carts');
    const counted = 'select carts, filled from orders.funnel_marks where tenant_id = $1 order by carts';
    // Its day is counted anew.
    expect((await admin.query(counted, [tenant])).rows).toEqual([
      { carts: 0, filled: 0 },
      { carts: 1, filled: 1 },
    ]);
  });

  it('is asked for once an hour by whichever worker looks first, and run as a job', async () => {
    const schedule = app.get(RetentionSchedule);
    const asked = await Promise.all([schedule.ask(), schedule.ask(), schedule.ask()]);
    expect(asked.flat().sort()).toEqual(
      rules
        .all()
        .map(({ name }) => name)
        .sort(),
    );
    const cart = await plant('orders.carts', '10 days');
    app.get(DeliveryWorker).start();
    await app.get(JobRunner).start();
    try {
      await eventually(async () => (await left('orders.carts', [cart])).length === 0, { timeoutMs: 20_000 });
    } finally {
      await app.get(JobRunner).stop();
      await app.get(DeliveryWorker).stop();
    }
    await admin.query(
      `update kernel.retention_runs set due_at = now() - interval '1 second' where rule = 'orders.carts'`,
    );
    expect(await schedule.ask()).toEqual(['orders.carts']);
  });
});
