import { FIXED_CATEGORIES } from '../domain/costs';
import type { ReportSpan } from '../domain/report-span';

/** Which vehicles a reading is about; null: all. */
export interface ReadingScope {
  vehicleIds?: readonly string[] | null;
  fleetIds?: readonly string[] | null;
}

/** Parameters $1 to $8 of every statement that is made of the parts below. */
export const readingParams = (span: ReportSpan, { vehicleIds = null, fleetIds = null }: ReadingScope): unknown[] => [
  JSON.stringify(span.stretches),
  span.timeZone,
  span.from,
  span.to,
  span.starts,
  span.ends,
  vehicleIds,
  fleetIds,
];

const TENANT = 'tenant_id = kernel.tenant_id()';
/** Only where vehicles are named, so that a plan that serves every call finds them by index. */
const ofVehicles = (column: string, narrow: boolean): string => (narrow ? `and ${column} = any($7::uuid[])` : '');
const FIXED = FIXED_CATEGORIES.map((category) => `'${category}'`).join(', ');

/** What the meter of a vehicle said last before a moment; before its first reading, what that said. */
const metreAt = (meter: 'odometer' | 'engine_hours', moment: string, otherwise: string): string => `coalesce(
    (select r.total from fleet.meter_readings r where r.${TENANT} and r.vehicle_id = p.id and r.meter = '${meter}' and r.at < ${moment}
      order by r.at desc limit 1), ${otherwise})`;
const firstOf = (meter: 'odometer' | 'engine_hours'): string =>
  `(select r.total from fleet.meter_readings r where r.${TENANT} and r.vehicle_id = p.id and r.meter = '${meter}' order by r.at limit 1)`;

/** What is asked, which gives every parameter its type; the stretches of time that are told apart; the vehicles that are picked. */
export const PICKED = `asked as (
    select $1::jsonb, $2::text, $3::date, $4::date, $5::timestamptz, $6::timestamptz, $7::uuid[], $8::uuid[]),
  stretches as materialized (
    select s.n, s."from", s."to", s.starts, s.ends from jsonb_to_recordset($1::jsonb)
      as s(n int, "from" date, "to" date, starts timestamptz, ends timestamptz)),
  picked as materialized (
    select v.id, v.name, v.fleet_id, v.class, v.fuel_type, v.consumption_norm, v.odometer_at, v.engine_at, v.created_at,
      case when v.state = 'retired' then v.state_since end as retired_at
    from fleet.vehicles v where v.${TENANT} and ($7::uuid[] is null or v.id = any($7::uuid[])) and ($8::uuid[] is null or v.fleet_id = any($8::uuid[])))`;

/**
 * `lines`: what was paid or is worn off, from all that knows of costs, each of days [begins_on, ends_on): what was entered,
 * lines of work orders that no warranty pays, what was filled in at a price, and depreciation in a straight line, which
 * stops with the vehicle. Moments fall on days of the organization's time zone ($2).
 */
const linesOf = (narrow: boolean): string => `lines as (
    select e.vehicle_id, e.driver_id, e.category, e.category in (${FIXED}) as fixed, e.currency, e.amount, e.begins_on, e.ends_on,
      e.ends_on as stops_on
    from fleet.cost_entries e
    where e.${TENANT} and e.ends_on > $3::date and e.begins_on < $4::date ${ofVehicles('e.vehicle_id', narrow)}
    union all
    select o.vehicle_id, null, 'maintenance', false, l.currency, l.amount, d.day, d.day + 1, d.day + 1
    from fleet.work_order_lines l join fleet.work_orders o on o.tenant_id = l.tenant_id and o.id = l.work_order_id
      cross join lateral (select (l.created_at at time zone $2)::date as day) d
    where l.${TENANT} and l.created_at >= $5::timestamptz and l.created_at < $6::timestamptz and l.warranty_id is null
      ${ofVehicles('o.vehicle_id', narrow)}
    union all
    select f.vehicle_id, f.driver_id, 'fuel', false, f.currency, f.amount, d.day, d.day + 1, d.day + 1
    from fleet.fuel_entries f cross join lateral (select (f.at at time zone $2)::date as day) d
    where f.${TENANT} and f.at >= $5::timestamptz and f.at < $6::timestamptz and f.amount is not null ${ofVehicles('f.vehicle_id', narrow)}
    union all
    select c.id, null, 'depreciation', true, c.currency, c.price - c.residual, c.purchased_on, c.written_off_on,
      greatest(c.purchased_on, least(c.written_off_on, (p.retired_at at time zone $2)::date))
    from fleet.cost_profiles c join picked p on p.id = c.id
    where c.${TENANT} and c.written_off_on > $3::date and c.purchased_on < $4::date)`;

/** What is worn off of a vehicle when it has driven so far: all of it after its life. */
const worn = (metres: string): string =>
  `div((c.price - c.residual)::numeric * least(greatest(${metres} - c.purchase_metres, 0), c.life_metres), c.life_metres)`;

/** What of the price of `c`, a profile of the picked `p`, is worn off at the end of the period. */
export const WORN_BY_END = `case when c.life_metres is not null then ${worn(metreAt('odometer', '$6::timestamptz', 'c.purchase_metres'))}
    else fleet.share_of_days(c.price - c.residual, c.written_off_on - c.purchased_on, 0,
      greatest(0, least($4::date, c.written_off_on, (p.retired_at at time zone $2)::date) - c.purchased_on)) end`;

/** `by_distance`: depreciation by the metres that the odometer counted. */
const BY_DISTANCE = `by_distance as (
    select c.id as vehicle_id, c.currency, s.n, (${worn('m.later')} - ${worn('m.before')})::bigint as amount
    from fleet.cost_profiles c join picked p on p.id = c.id cross join stretches s
      cross join lateral (select ${metreAt('odometer', 's.starts', 'c.purchase_metres')} as before,
        ${metreAt('odometer', 's.ends', 'c.purchase_metres')} as later) m
    where c.${TENANT} and c.life_metres is not null)`;

/** What days [from, to) have of a line, exactly: see `fleet.share_of_days`. */
const share = (from: string, to: string): string =>
  `fleet.share_of_days(l.amount, l.ends_on - l.begins_on, ${from} - l.begins_on, ${to} - l.begins_on)`;
const WITHIN = `s."from" < l.stops_on and s."to" > l.begins_on`;
const PART = share('greatest(s."from", l.begins_on)', 'least(s."to", l.stops_on)');

/** `parts` of the lines: vehicle_id, driver_id, category, fixed, currency, n, amount. */
export const partsOf = (narrow: boolean): string => `${linesOf(narrow)}, ${BY_DISTANCE},
  parts as (
    select l.vehicle_id, l.driver_id, l.category, l.fixed, l.currency, s.n, ${PART} as amount
    from lines l join picked p on p.id = l.vehicle_id join stretches s on ${WITHIN}
    union all
    select vehicle_id, null, 'depreciation', false, currency, n, amount from by_distance where amount <> 0)`;

const HELD = share('greatest(s."from", l.begins_on, h.first_on)', 'least(s."to", l.stops_on, h.until_on)');

/**
 * `parts` by who drove: what names a driver is that one's; of all else each day is of whoever was with the vehicle at
 * its noon (first slot), and the rest nobody's.
 */
export const partsByDriver = (narrow: boolean): string => `${linesOf(narrow)}, ${BY_DISTANCE},
  held as (
    select a.vehicle_id, a.driver_id,
      (lower(a.during) at time zone $2 + interval '12 hours' - interval '1 microsecond')::date as first_on,
      coalesce((upper(a.during) at time zone $2 + interval '12 hours' - interval '1 microsecond')::date, 'infinity'::date) as until_on
    from fleet.assignments a join picked p on p.id = a.vehicle_id
    where a.${TENANT} and a.kind = 'driver' and a.slot = 1),
  given as (
    select l.vehicle_id, h.driver_id, l.category, l.fixed, l.currency, s.n, ${HELD} as amount
    from lines l join picked p on p.id = l.vehicle_id join stretches s on ${WITHIN}
      join held h on h.vehicle_id = l.vehicle_id and greatest(s."from", l.begins_on, h.first_on) < least(s."to", l.stops_on, h.until_on)
    where l.driver_id is null),
  parts as (
    select l.vehicle_id, l.driver_id, l.category, l.fixed, l.currency, s.n, ${PART} as amount
    from lines l join picked p on p.id = l.vehicle_id join stretches s on ${WITHIN}
    union all
    select vehicle_id, driver_id, category, fixed, currency, n, amount from given
    union all
    select vehicle_id, null, category, fixed, currency, n, -amount from given
    union all
    select vehicle_id, null, 'depreciation', false, currency, n, amount from by_distance where amount <> 0)`;

/**
 * `activity`: vehicle_id, n, trips, metres, engine_seconds, driving_seconds, idle_seconds, metered. Distance is what trips
 * say or what the odometer counted, whichever is more over the whole period, so that neither a vehicle without a tracker
 * nor one without readings stands still; the engine likewise, by the seconds of trips and idling or its own meter. A trip counts
 * where it began, and so does idling.
 */
export const activityOf = (narrow: boolean): string => `driven as (
    select t.vehicle_id, s.n, count(*)::int as trips, sum(t.distance_metres) as metres,
      sum(extract(epoch from t.ended_at - t.started_at))::float8 as seconds
    from fleet.trips t join stretches s on t.started_at >= s.starts and t.started_at < s.ends
    where t.${TENANT} and t.started_at >= $5::timestamptz and t.started_at < $6::timestamptz ${ofVehicles('t.vehicle_id', narrow)}
    group by 1, 2),
  idled as (
    select i.vehicle_id, s.n, sum(i.seconds) as idle from fleet.idlings i join stretches s on i.started_at >= s.starts and i.started_at < s.ends
    where i.${TENANT} and i.started_at >= $5::timestamptz and i.started_at < $6::timestamptz ${ofVehicles('i.vehicle_id', narrow)}
    group by 1, 2),
  metered as (
    select p.id as vehicle_id, s.n, greatest(0, m.metres_later - m.metres_before)::float8 as metres,
      greatest(0, m.engine_later - m.engine_before)::float8 as engine
    from picked p cross join stretches s cross join lateral (select
        ${metreAt('odometer', 's.starts', firstOf('odometer'))} as metres_before,
        ${metreAt('odometer', 's.ends', firstOf('odometer'))} as metres_later,
        ${metreAt('engine_hours', 's.starts', firstOf('engine_hours'))} as engine_before,
        ${metreAt('engine_hours', 's.ends', firstOf('engine_hours'))} as engine_later) m
    where p.odometer_at is not null or p.engine_at is not null),
  both_known as (
    select p.id as vehicle_id, s.n, coalesce(d.trips, 0) as trips, coalesce(d.metres, 0) as driven, coalesce(d.seconds, 0) as seconds,
      coalesce(i.idle, 0) as idle, coalesce(m.metres, 0) as metres, coalesce(m.engine, 0) as engine
    from picked p cross join stretches s left join driven d on d.vehicle_id = p.id and d.n = s.n
      left join idled i on i.vehicle_id = p.id and i.n = s.n
      left join metered m on m.vehicle_id = p.id and m.n = s.n),
  activity as (
    select vehicle_id, n, trips, seconds as driving_seconds, idle as idle_seconds,
      case when sum(metres) over v > sum(driven) over v then metres else driven end as metres,
      case when sum(engine) over v > sum(seconds + idle) over v then engine else seconds + idle end as engine_seconds,
      sum(metres) over v > sum(driven) over v as metered
    from both_known window v as (partition by vehicle_id))`;

/** `activity` of drivers, of trips alone: driver_id in place of the vehicle. */
export const DRIVER_ACTIVITY = `activity as (
    select t.driver_id, s.n, count(*)::int as trips, sum(t.distance_metres) as metres,
      sum(extract(epoch from t.ended_at - t.started_at))::float8 as engine_seconds
    from fleet.trips t join picked p on p.id = t.vehicle_id join stretches s on t.started_at >= s.starts and t.started_at < s.ends
    where t.${TENANT} and t.started_at >= $5::timestamptz and t.started_at < $6::timestamptz
    group by 1, 2)`;
