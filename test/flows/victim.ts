import { Client } from 'pg';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from '../support/client';
import { eventually } from '../support/eventually';
import { openCompany } from '../support/company';
import { openFleet } from '../support/fleet';
import { openDispatch } from '../support/fleet-dispatch';
import { checkOut, fillCart, startedImport, stock, type Placed, type Shop } from '../support/shop';
import { uploaded } from '../support/upload';
import { totpCode } from '../support/totp';

/** What belongs to the victim: ids by the collection they live in, values by the name of a property, and words to look for. */
export interface Loot {
  byCollection: Map<string, string>;
  byName: Map<string, unknown>;
  /** Values for parameters of lists alone. */
  byQuery: Map<string, unknown>;
  canaries: string[];
}

const RECOVERIES = 'select id from identity.factor_recoveries where user_id = $1';

/** The owner gets an authenticator app, and somebody asks to recover the account. */
async function secondFactorOf(victim: Shop) {
  const { secret } = expectStatus(await victim.asOwner.post<{ secret: string }>('/auth/mfa/totp', {}), 201);
  const now = (await victim.asOwner.post<{ now: string }>('/dev/clock', { advanceSeconds: 0 })).body.now;
  const code = totpCode(secret, Date.parse(now));
  const added = await victim.asOwner.post<{ factorId: string }>('/auth/mfa/totp/confirm', { code });
  const { email } = victim.owner.user;
  const anyone = new TestClient(victim.url);
  const asked = await anyone.post<{ mfaToken: string }>('/auth/login', { email, password: victim.owner.password });
  expectStatus(await anyone.post('/auth/mfa/recovery', { mfaToken: expectStatus(asked, 200).mfaToken }), 200);
  const recoveryId = ({ rows }: { rows: { id: string }[] }): string => rows[0].id;
  return { id: expectStatus(added, 200).factorId, recoveryId };
}

/** Gives the victim rows of every kind through the API, and notes what an attacker could name. */
export async function fill(victim: Shop, admin: Client): Promise<Loot> {
  const mark = newId().slice(-10);
  const thing = await stock(victim, { name: `Canary product ${mark}`, sku: `CANARY-${mark}` });
  const category = expectStatus(
    await victim.asOwner.post<{ id: string }>('/categories', { name: `Canary shelf ${mark}` }),
    201,
  );
  const guest = victim.asGuest;
  const email = `canary-${mark}@example.com`;
  const buy = async (token: string) =>
    expectStatus<Placed>(
      await checkOut(guest, await fillCart(guest, [{ sku: thing.sku, quantity: 1 }]), token, newId(), email),
      201,
    );
  const placed = await buy('success');
  const waiting = await buy('declined');
  await buy('disputed');
  const credited = await buy('success');
  expectStatus(await victim.asOwner.get(`/orders/${credited.order.id}/invoice.pdf`), 200);
  expectStatus(await victim.asOwner.post(`/orders/${credited.order.id}/cancel`, {}, { key: newId() }), 200);
  const cartId = await fillCart(guest, [{ sku: thing.sku, quantity: 1 }]);
  const cart = expectStatus(await guest.get<{ lines: { id: string }[] }>(`/carts/${cartId}`), 200);
  const one = async (table: string, where = 'true'): Promise<string> =>
    (
      await admin.query<{ id: string }>(`select id from ${table} where tenant_id = $1 and ${where} limit 1`, [
        victim.id,
      ])
    ).rows[0].id;
  expectStatus(await victim.asOwner.post(`/orders/${placed.order.id}/shipments`, {}, { key: newId() }), 201);
  const shipmentId = await one('orders.shipments');
  const returned = expectStatus(
    await victim.asOwner.post<{ id: string }>(
      '/returns',
      { orderId: placed.order.id, lines: [{ lineId: placed.order.lines[0].id, quantity: 1, reason: 'Broken' }] },
      { key: newId() },
    ),
    201,
  );
  const paidBack = { paymentId: placed.payment.id, amount: 1 };
  const refund = expectStatus(await victim.asOwner.post<{ id: string }>('/refunds', paidBack, { key: newId() }), 201);
  const creditNoteId = await eventually(() => one('orders.credit_notes').catch(() => undefined));
  const customerId = await one('customers.customers');
  const gatewayId = await one('payments.gateways');
  const webhookEventId = await eventually(() => one('payments.provider_events').catch(() => undefined));
  const disputeId = await eventually(() => one('payments.disputes').catch(() => undefined));
  const hour = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date(Date.now() - 1).toISOString() };
  const reconciliation = expectStatus(
    await victim.asOwner.post<{ id: string }>('/reconciliations', { gatewayId, ...hour }, { key: newId() }),
    202,
  );
  const kept = { type: 'sandbox', token: 'success', consent: `Canary consent ${mark}`, consented: true };
  const method = expectStatus(
    await victim.asOwner.post<{ id: string }>('/payment-methods', kept, { key: newId() }),
    201,
  );
  const payoutId = newId();
  await admin.query(
    `insert into payments.settlement_entries (tenant_id, id, gateway_id, provider_entry_id, type, amount, fee, currency, at)
     values ($1, $2, $3, 'canary', 'payout', -1, 0, 'EUR', now())`,
    [victim.id, payoutId, gatewayId],
  );
  const rowId = await eventually(() => one('payments.reconciliation_rows').catch(() => undefined));
  const locationId = await one('inventory.locations');
  const annex = expectStatus(
    await victim.asOwner.post<{ id: string }>('/inventory/locations', {
      code: `annex-${mark}`,
      name: `Canary annex ${mark}`,
    }),
    201,
  );
  const transfer = expectStatus(
    await victim.asOwner.post<{ id: string; lines: { id: string }[] }>(
      '/inventory/transfers',
      { fromLocationId: locationId, toLocationId: annex.id, lines: [{ sku: thing.sku, quantity: 1 }] },
      { key: newId() },
    ),
    201,
  );
  const apart = { sku: thing.sku, quantity: 1, from: 'available', to: 'quarantine', reason: `Canary state ${mark}` };
  expectStatus(await victim.asOwner.post('/inventory/state-changes', { lines: [apart] }, { key: newId() }), 201);
  const numbered = await stock(victim, { name: `Canary piece ${mark}`, sku: `CANARY-SN-${mark}`, quantity: 1 });
  const tracked = { items: [{ sku: numbered.sku, serials: true, warrantyMonths: 24 }] };
  expectStatus(await victim.asOwner.call('PUT', '/inventory/items', tracked), 200);
  const stockCount = expectStatus(
    await victim.asOwner.post<{ id: string }>(
      '/inventory/counts',
      { skus: [thing.sku], note: `Canary count ${mark}` },
      { key: newId() },
    ),
    201,
  );
  const low = { lines: [{ sku: thing.sku, reorderLevel: 1_000_000 }] };
  expectStatus(await victim.asOwner.call('PUT', '/inventory/thresholds', low), 200);
  const memberId = await one('organizations.members');
  const lines = ['debit', 'credit'].map((side, i) => ({
    account: ['1000', '3900'][i],
    side,
    amount: { amount: 5, currency: 'EUR' },
  }));
  const journal = expectStatus(
    await victim.asOwner.post<{ id: string }>(
      '/ledger/journals',
      { description: `Canary journal ${mark}`, lines },
      { key: newId() },
    ),
    201,
  );
  const reportSchedule = expectStatus(
    await victim.asOwner.post<{ id: string }>('/finance/report-schedules', {
      report: 'tax',
      format: 'csv',
      every: 'year',
      recipients: [`books-${mark}@example.com`],
      enabled: false,
    }),
    201,
  );
  const given = { amount: { amount: 5, currency: 'EUR' } };
  const card = expectStatus(
    await victim.asOwner.post<{ giftCard: { id: string } }>(
      '/gift-cards',
      { ...given, origin: 'given', note: `Canary card ${mark}` },
      { key: newId() },
    ),
    201,
  );
  const storeCredit = expectStatus(
    await victim.asOwner.post<{ id: string }>('/store-credits', { ...given, customerId }, { key: newId() }),
    201,
  );
  const team = expectStatus(await victim.asOwner.post<{ id: string }>('/teams', { name: `Canary team ${mark}` }), 201);
  expectStatus(await victim.asOwner.call('PUT', `/teams/${team.id}/members/${memberId}`), 204);
  const [signedIn] = (
    await admin.query<{ session: string; device: string }>(
      'select id as session, device_id as device from identity.sessions where user_id = $1 limit 1',
      [victim.owner.user.id],
    )
  ).rows;
  const role = expectStatus(
    await victim.asOwner.post<{ id: string }>('/roles', { name: `Canary role ${mark}`, permissions: ['orders:read'] }),
    201,
  );
  const grant = expectStatus(
    await victim.asOwner.post<{ id: string }>('/grants', {
      subject: { type: 'user', id: victim.owner.user.id },
      permission: 'orders:read',
      effect: 'allow',
      reason: `Canary ${mark}`,
    }),
    201,
  );
  const key = expectStatus(
    await victim.asOwner.post<{ id: string }>('/api-keys', { name: `Canary key ${mark}`, scopes: ['products:read'] }),
    201,
  );
  const invitation = expectStatus(
    await victim.asOwner.post<{ id: string }>('/invitations', { email: `invited-${mark}@example.com`, role: 'staff' }),
    201,
  );
  const domain = expectStatus(
    await victim.asOwner.post<{ id: string }>('/branding/domains', { host: `canary-${mark}.example.com` }),
    201,
  );
  const coupon = expectStatus(
    await victim.asOwner.post<{ id: string }>('/coupons', {
      name: `Canary coupon ${mark}`,
      code: `CANARY-${mark}`,
      kind: 'percentage',
      basisPoints: 100,
    }),
    201,
  );
  expectStatus(await guest.post(`/carts/${cartId}/coupons`, { code: `CANARY-${mark}` }), 201);
  // From here on the payments of the victim's guests wait for a review.
  const rule = expectStatus(
    await victim.asOwner.post<{ id: string }>('/fraud/rules', {
      name: `Canary rule ${mark}`,
      mode: 'live',
      condition: { signal: 'shopper.guest', op: 'eq', value: true },
      decision: 'review',
    }),
    201,
  );
  const listed = expectStatus(
    await victim.asOwner.post<{ id: string }>('/fraud/list-entries', {
      list: 'disposable',
      kind: 'domain',
      value: `canary-${mark}.example.com`,
    }),
    201,
  );
  // Training one needs a history of payments.
  const model = await admin.query<{ id: string }>(
    `insert into fraud.models (tenant_id, id, version, state, created_at) values ($1, gen_random_uuid(), 1, 'failed', now()) returning id`,
    [victim.id],
  );
  await buy('success');
  const reviewId = await eventually(() => one('fraud.reviews').catch(() => undefined));
  const shippingMethod = expectStatus(
    await victim.asOwner.post<{ id: string }>('/shipping-methods', {
      name: `Canary parcel ${mark}`,
      currency: 'EUR',
      rateBy: 'weight',
      zones: [{ countries: [], rates: [{ from: 0, price: 1 }] }],
    }),
    201,
  );
  const supplier = expectStatus(
    await victim.asOwner.post<{ id: string }>('/suppliers', { name: `Canary supplier ${mark}`, currency: 'EUR' }),
    201,
  );
  const purchase = expectStatus(
    await victim.asOwner.post<{ id: string }>(
      '/purchase-orders',
      { supplierId: supplier.id, lines: [{ sku: thing.sku, quantity: 5, unitCost: 1 }] },
      { key: newId() },
    ),
    201,
  );
  expectStatus(await victim.asOwner.post(`/purchase-orders/${purchase.id}/order`, {}, { key: newId() }), 200);
  const company = await openCompany(victim, `Canary ${mark}`);
  const group = expectStatus(
    await victim.asOwner.post<{ id: string }>('/customer-groups', { name: `Canary group ${mark}` }),
    201,
  );
  const attribute = expectStatus(
    await victim.asOwner.post<{ id: string }>('/product-attributes', {
      code: `c_${mark}`,
      name: `Canary attribute ${mark}`,
      type: 'text',
    }),
    201,
  );
  const { handle } = expectStatus(await victim.asOwner.get<{ handle: string }>(`/products/${thing.productId}`), 200);
  const priceList = expectStatus(
    await victim.asOwner.post<{ id: string }>('/price-lists', { name: `Canary prices ${mark}`, currency: 'EUR' }),
    201,
  );
  const device = { provider: 'fcm', value: `canary-device-token-${mark}`, deviceName: `Canary phone ${mark}` };
  const pushToken = expectStatus(await victim.asOwner.call<{ id: string }>('PUT', '/push-tokens', device), 200);
  const importId = await startedImport(victim.asOwner, `sku,name,price,currency\nC-${mark},Canary import,1.00,EUR\n`);
  const columns = { sku: 'sku', name: 'name', price: 'price', currency: 'currency' };
  const importProfile = expectStatus(
    await victim.asOwner.post<{ id: string }>('/import-profiles', {
      name: `canary-${mark}`,
      mapping: { sheets: [{ entity: 'products', file: 'list.csv', columns }] },
    }),
    201,
  );
  const routeJob = expectStatus(
    await victim.asOwner.post<{ jobId: string }>('/routes/optimize', {
      vehicles: [{ id: `canary-van-${mark}`, start: { x: 0, y: 0 } }],
      stops: [{ id: 'stop', x: 1, y: 1 }],
      options: { iterations: 1 },
    }),
    202,
  );
  const room = expectStatus(
    await victim.asOwner.post<{ id: string }>('/chat/rooms', {
      type: 'group',
      name: `Canary room ${mark}`,
      memberIds: [],
    }),
    201,
  );
  // What the owner says next is flagged.
  const wordRule = expectStatus(
    await victim.asOwner.post<{ id: string }>('/chat/word-rules', { words: `Canary message ${mark}`, action: 'flag' }),
    201,
  );
  const said = expectStatus(
    await victim.asOwner.post<{ messageId: string }>(`/chat/rooms/${room.id}/messages`, {
      clientMessageId: newId(),
      body: `Canary message ${mark}`,
    }),
    201,
  );
  const tracker = expectStatus(
    await victim.asOwner.post<{ id: string }>('/trackers', { name: `Canary tracker ${mark}` }),
    201,
  );
  const shape = { type: 'circle', center: [16.37, 48.2], radius: 100 };
  const geofence = expectStatus(
    await victim.asOwner.post<{ id: string }>('/geofences', { name: `Canary fence ${mark}`, shape }),
    201,
  );
  const hours = Array.from({ length: 24 }, () => 1);
  const profile = expectStatus(
    await victim.asOwner.post<{ id: string }>('/routes/traffic/profiles', {
      ...{ name: `Canary traffic ${mark}`, timeZone: 'UTC', rules: [{ hours }] },
    }),
    201,
  );
  const override = expectStatus(
    await victim.asOwner.post<{ id: string }>('/routes/traffic/overrides', {
      ...{ wayIds: [1], closed: true, reason: `Canary road ${mark}` },
    }),
    201,
  );
  const positions = [{ trackerId: tracker.id, fixTime: new Date().toISOString(), lat: 48.2, lng: 16.37 }];
  expectStatus(await victim.asOwner.post('/location/positions', { positions }), 200);
  const later = expectStatus(
    await victim.asOwner.post<{ id: string }>(`/chat/rooms/${room.id}/scheduled`, {
      clientMessageId: newId(),
      body: `Canary later ${mark}`,
      at: new Date(clock.nowMs() + 30 * 86_400_000).toISOString(),
    }),
    201,
  );
  const fleet = await openFleet(victim, mark);
  const dispatch = await openDispatch(victim, mark);
  const placeKind = expectStatus(
    await victim.asOwner.post<{ id: string }>('/place-kinds', { key: `canary_${mark}`, name: `Canary kind ${mark}` }),
    201,
  );
  const placeBody = { name: `Canary place ${mark}`, kind: 'charger', lat: 47.07, lng: 15.44, listed: true };
  const place = expectStatus(await victim.asOwner.post<{ id: string }>('/places', placeBody), 201);
  const reviewed = await victim.asOwner.call<{ id: string }>('PUT', `/places/${place.id}/reviews/mine`, {
    stars: 4,
    text: `Canary review ${mark}`,
  });
  const placeReview = expectStatus(reviewed, 200);
  const diesel = { product: 'diesel', unit: 'l', quantity: 10, price: { amount: 1579, currency: 'EUR' } };
  expectStatus(await victim.asOwner.call('PUT', `/places/${place.id}/prices`, { prices: [diesel] }), 200);
  const factor = await secondFactorOf(victim);
  const offer = {
    email: `offered-${mark}@example.com`,
    shippingAddress: { name: `Canary ${mark}`, line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' },
    lines: [{ sku: thing.sku, quantity: 1 }],
  };
  const quote = expectStatus(await victim.asOwner.post<{ id: string }>('/quotes', offer), 201);
  const fileId = await uploaded(victim.asOwner, `Canary bytes ${mark}`, `canary-${mark}.txt`);
  const batch = expectStatus(
    await victim.asOwner.post<{ id: string }>('/notifications', {
      segment: { roles: ['owner'] },
      template: 'notice',
      data: { title: `Canary notice ${mark}`, body: mark },
    }),
    201,
  );
  const barred = { channel: 'email', address: `barred-${mark}@example.com`, note: mark };
  expectStatus(await victim.asOwner.post('/suppressions', barred), 201);
  const campaign = expectStatus(
    await victim.asOwner.post<{ id: string }>('/campaigns', {
      name: `Canary campaign ${mark}`,
      audience: { roles: ['owner'] },
      template: 'notice',
      data: { title: `Canary news ${mark}`, body: 'Hear!' },
    }),
    201,
  );
  const messageId = await one('notifications.messages');
  const upload = await victim.asOwner.post('/files/uploads', undefined, {
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '99',
      'upload-metadata': `filename ${btoa(`canary-${mark}.txt`)}`,
    },
  });
  const letter = { subject: `Canary ${mark}`, text: mark, body: `<mj-text>${mark}</mj-text>` };
  expectStatus(await victim.asOwner.post('/templates', { name: `canary-${mark}`, source: letter }), 201);
  const byCollection = new Map([
    ['uploads', upload.headers.get('location')!.split('/').pop()!],
    ['files', fileId],
    ...Object.entries(company.ids),
    ['notification-batches', batch.id],
    ['notifications', await one('notifications.notifications')],
    ['deliveries', messageId],
    ['campaigns', campaign.id],
    ['suppressions', await one('notifications.suppressions')],
    ['credit-notes', creditNoteId],
    ['mfa', factor.id],
    ['factor-recoveries', factor.recoveryId(await admin.query(RECOVERIES, [victim.owner.user.id]))],
    ['api-keys', key.id],
    ['organizations', victim.id],
    ['invitations', invitation.id],
    ['domains', domain.id],
    ['sessions', signedIn.session],
    ['devices', signedIn.device],
    ['teams', team.id],
    ['carts', cartId],
    ['coupons', coupon.id],
    ['shipping-methods', shippingMethod.id],
    ['suppliers', supplier.id],
    ['purchase-orders', purchase.id],
    ['lines', cart.lines[0].id],
    ['orders', waiting.order.id],
    ['shipments', shipmentId],
    ['returns', returned.id],
    ['quotes', quote.id],
    ['refunds', refund.id],
    ['payment-methods', method.id],
    ['payouts', payoutId],
    ['disputes', disputeId],
    ['reconciliations', reconciliation.id],
    ['rows', rowId],
    ['payment-gateways', gatewayId],
    ['events', await one('payments.provider_events')],
    ['payments', placed.payment.id],
    ['payment-gateways', gatewayId],
    ['events', webhookEventId],
    ['products', thing.productId],
    ['categories', category.id],
    ['customers', customerId],
    ['customer-groups', group.id],
    ['price-lists', priceList.id],
    ['product-imports', importId],
    ['push-tokens', pushToken.id],
    ['import-profiles', importProfile.id],
    ['product-attributes', attribute.id],
    ['members', memberId],
    ['users', victim.owner.user.id],
    ['roles', role.id],
    ['grants', grant.id],
    ['locations', locationId],
    ['journals', journal.id],
    ['suspense', journal.id],
    ['report-schedules', reportSchedule.id],
    ['gift-cards', card.giftCard.id],
    ['store-credits', storeCredit.id],
    ['lots', await one('inventory.stock_lots')],
    ['alerts', await one('inventory.stock_alerts')],
    ['rules', rule.id],
    ['list-entries', listed.id],
    ['assessments', await one('fraud.assessments')],
    ['reviews', reviewId],
    ['models', model.rows[0].id],
    ['transfers', transfer.id],
    ['counts', stockCount.id],
    ['serials', await one('inventory.serials')],
    ['jobs', routeJob.jobId],
    ['places', place.id],
    ['place-kinds', placeKind.id],
    ['place-reviews', placeReview.id],
    ['rooms', room.id],
    ['reports', await one('chat.reports')],
    ['word-rules', wordRule.id],
    ['scheduled', later.id],
    ...Object.entries(fleet.ids),
    ...Object.entries(dispatch),
    ['messages', said.messageId],
    ['profiles', profile.id],
    ['overrides', override.id],
    ['trackers', tracker.id],
    ['geofences', geofence.id],
  ]);
  return {
    byCollection,
    byName: new Map<string, unknown>([
      ['sku', thing.sku],
      ['handle', handle],
      ['templateName', `canary-${mark}`],
      ['productIds', thing.productId],
      ['productId', thing.productId],
      ['categoryId', category.id],
      ['parentId', category.id],
      ['customerId', customerId],
      ['mergedId', customerId],
      ['customerGroupId', group.id],
      ['groupId', group.id],
      ['locationId', locationId],
      ['fromLocationId', locationId],
      ['toLocationId', annex.id],
      ['memberId', memberId],
      ['gatewayId', gatewayId],
      ['provider', 'sandbox'],
      ['couponId', coupon.id],
      ['methodId', shippingMethod.id],
      ['supplierId', supplier.id],
      ['orderId', waiting.order.id],
      ['fleetId', fleet.ids.fleets],
      ['vehicleId', fleet.ids['fleet-vehicles']],
      ['driverId', fleet.ids.drivers],
      ['seriesId', fleet.ids.recurring],
      ['cardId', fleet.ids.cards],
      ['entryId', fleet.ids.entries],
      ['dispatchId', dispatch.dispatches],
      ['planId', routeJob.jobId],
      ['payableId', placed.order.id],
      ['paymentId', placed.payment.id],
      ['cartId', cartId],
      ['organizationId', victim.id],
      ['messageId', messageId],
      ['trackerId', tracker.id],
      ['geofenceId', geofence.id],
      ['tenantId', victim.id],
      ['placeId', place.id],
      ['userId', victim.owner.user.id],
      // Moving time would end the attacker's own session.
      ['advanceSeconds', 0],
    ]),
    byQuery: new Map<string, unknown>([
      ['email', email],
      ['number', placed.order.number],
      ['actorId', victim.owner.user.id],
      ['q', mark],
      ['handle', handle],
    ]),
    canaries: [
      mark,
      placed.order.id,
      placed.payment.id,
      gatewayId,
      victim.owner.user.id,
      victim.id,
      ...byCollection.values(),
    ],
  };
}

/** Somebody of the victim's is connected by socket, to a process that does not end while the walk lasts. */
export async function liveConnection(admin: Client, victim: Shop): Promise<string> {
  const [node, id] = [newId(), newId()];
  await admin.query(
    `insert into realtime.nodes (id, started_at, seen_at, host) values ($1, now(), now() + interval '1 hour', 'elsewhere')`,
    [node],
  );
  await admin.query(
    `insert into realtime.connections (tenant_id, id, node_id, user_id, session_id, person, away, address, connected_at)
     values ($1, $2, $3, $4, $5, true, false, '192.0.2.1', now())`,
    [victim.id, id, node, victim.owner.user.id, newId()],
  );
  return id;
}
