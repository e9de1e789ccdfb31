'use strict';
/**
 * What the groups of the document are about: shown at the head of each group in /docs. A group is the first segment of
 * its paths. One that is missing here is described by the docstrings of its controllers.
 */
module.exports = {
  '.well-known':
    'What others need to trust this installation: keys that verify access tokens, and apps that belong to it.',
  'api-keys': 'Keys for programs. A key never may more than its owner may at that moment, and shows its secret once.',
  'audit-logs': 'Who did what, when and from where: one entry a command, refusals included. Entries are never changed.',
  auth: 'Registering, signing in and out, access and refresh tokens, second factors, and the profile of whoever is signed in.',
  authz:
    'Why somebody may or may not do something: the grants that matched, where they come from, and conditions that failed.',
  branding: 'Name, colours, logo and own domains of an organization.',
  campaigns: 'News to many people, by role, group of customers or name: with progress, pause and an end.',
  carts:
    'What a shopper collects, priced as of today, and the checkout that makes an order of it. A cart belongs to whoever has its unguessable id; `X-Tenant` or the login names the shop.',
  chat: 'Rooms in which people of an organization talk: messages, threads, reactions, what was read, and catching up after having been away. The same goes over Socket.IO in the namespace `/chat`.',
  categories: 'The tree under which products stand.',
  connections: 'Who is connected by socket now, on whichever process, and ending that.',
  customers: 'A shop’s customers with their addresses, whether or not they have an account.',
  'customer-groups': 'Groups that a shop puts customers into, for prices, coupons and mailings.',
  deliveries:
    'The outbox, inbox and dead-letter list in one: reactions, timers and jobs that wait, run or failed for good. For operators.',
  'delivery-callbacks':
    'Where providers of mail and text messages tell what became of messages. The signature is the only login; what arrives twice counts once.',
  dev: 'Tools of development, absent in production: the mailbox of mail that was not sent, and the clock, which moves holds, lockouts and schedules.',
  files:
    'Uploads in one go or resumed, looked through before anybody can have them; pictures in sizes, parts of files, links that expire.',
  drivers: 'Who drives: licences, the account by which a driver sees its own things, and the vehicle driven now.',
  costs:
    'What vehicles cost: entries, costs that come back, figures a kilometre, costs over a life, idling, CO2, and how much vehicles are used.',
  fleets: 'Vehicles that are looked after together, and papers of vehicles and drivers that expire.',
  'fleet-vehicles':
    'Vehicles and trailers: their data, the drivers, trackers and trailers that are with them and when, odometers and engine hours.',
  fraud:
    'Judging payments before they are taken: rules, lists, limits, what was judged and why, the queue of reviews, and how well it all does.',
  fuel: 'What was filled into vehicles, what sensors of tanks say, what was lost, and what fuel cards paid.',
  geofences: 'Circles, polygons and corridors that trackers are watched at, and what happened there.',
  'gift-cards':
    'Cards with a code that pay at the checkout, in parts until nothing is left, and get back what is refunded.',
  'gift-card-rules': 'How long gift cards are valid, and which SKUs sell them.',
  grants: 'Rights given to a person, a team or a key: for everything or one resource, for ever or for a time.',
  health: 'Probes: whether the process lives, and whether it can serve.',
  dispatches: 'Plans of routes that drivers drive: stops, times of arrival, proofs.',
  inspections: 'Looks at vehicles by checklists, with pictures; what is wrong opens a work order.',
  inventory: 'What lies where, how much of it is promised, what came in and went out, and what runs low.',
  invitations: 'People who were asked to join an organization and have not yet answered.',
  ledger:
    'Books in double entry: accounts, journals that are never changed, the trial balance, manual journals and their reversal.',
  maintenance:
    'What is due by date, distance or engine hours, work orders with labour and parts out of the stock, warranties.',
  members: 'Who belongs to an organization, and with which role.',
  notifications:
    'Telling people: the inbox of whoever is signed in, notifying members by the channels that they want, or telling a segment of them.',
  'notification-batches':
    'Requests to notify people: how far they are, what became of each message, and calling them off.',
  suppressions: 'Addresses that get nothing any more: they bounced, complained, unsubscribed, or were added by hand.',
  preferences:
    'How somebody wants to be told, by category and channel: digests, quiet hours; and what the organization sets up for everybody.',
  'order-policy': 'After which time orders move on by themselves, and what invoices say of the shop.',
  orders:
    'Orders from payment to fulfilment: further tries to pay, parcels, holds, notes, their story, invoices, and what was sold. A guest reads an order with the token of its checkout.',
  organizations: 'The tenant: its name, settings and limits. Signing in to one is choosing whose data a token sees.',
  'payment-webhooks':
    'Where payment providers tell what happened. The signature is the only login; what arrives twice counts once.',
  payments: 'Payments with their tries, captures and refunds, and the return of the shopper’s browser from the bank.',
  payouts: 'What payment providers paid out to the bank, as they report it.',
  'price-lists': 'Prices by currency, group of customers, quantity and time.',
  places:
    'Where things are that a company goes to: fuel stations, chargers, workshops and kinds of one’s own, with hours, prices, what is free, and reviews.',
  prices: 'What a buyer pays, by the price lists that hold.',
  'product-attributes': 'Typed qualities that products may have, such as a colour or a material.',
  products: 'What is sold: products with variants and prices, search, and import and export as CSV.',
  'push-tokens': 'One’s own devices that push messages reach: by FCM, Apple’s push service, or a browser’s.',
  refunds: 'Money given back, whole, in part or by line, with its tax, the freight and what becomes of the goods.',
  returns: 'Goods that come back: asked for, approved, received, inspected, and money for them.',
  routes:
    'Which vehicle visits which stops in what order: plans that a job searches for, with timetables and reasons for what is left out.',
  roles: 'Named sets of permissions, built in or of the organization’s own; roles may include roles.',
  'security-policy': 'What an organization demands of passwords, second factors and sessions.',
  'purchase-orders':
    'Orders to suppliers, from the draft to the last delivery, with what differs; how the shop buys, and what it should order.',
  'store-credits': 'What customers have to spend in the shop: given by staff, or put back instead of money.',
  suppliers: 'Who sells goods to the shop, and what of them, at which cost, from how many pieces on.',
  sessions: 'Where somebody is signed in, on which devices, and ending that.',
  status: 'Which Mainstay answers here, and how it is.',
  trackers: 'Devices that tell where they are, and their keys.',
  teams: 'Groups of members that rights are given to.',
  templates:
    'What people are written: the product’s letters, and the organization’s own in their place or beside them, with versions, previews and test sends.',
  users: 'The people of an organization as its administrators see them: accounts, sessions, and shutting them out.',
  trips:
    'Where vehicles went and how they were driven: harsh events, speeding, idling, and scores by vehicle and driver.',
};
