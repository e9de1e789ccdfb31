import type { Client } from 'pg';
import { positionId } from '../src/mobility/location/domain/fix';

/** What is said of the figures in the report. */
export const INGEST =
  '`npm run bench -- ingest`: batches of 500 positions by HTTP, eight at once, ten minutes at a stretch for the heap. Load generator, server ' +
  'and PostgreSQL share the cores. What bounds 10,000 positions a second on two cores is computing, and of that first the one thread of the ' +
  'server: each line says what a position takes of it, of PostgreSQL and of the load generator. Some 40 µs of the server are 0.4 of its core at ' +
  'that rate (the JSON, the filter, the fences, the arrays of the insert), 20 µs of PostgreSQL 0.2 of the other (the row, two entries of ' +
  'indexes, the log). Batches of as many trackers as positions take half as much again: each locks, reads and saves a track for each.';

/** A position as it is sent to the API. */
export interface Told {
  trackerId: string;
  /** Milliseconds since 1970. */
  fixTime: number;
  lat: number;
  lng: number;
  speed: number;
  course: number;
  accuracy: number;
  attributes: Record<string, string | number | boolean>;
}

/** A table of the shape of the product's, partitioned like it, with the same indexes and checks. */
export async function floorTable(admin: Client): Promise<void> {
  await admin.query(`create schema if not exists floor;
    create table floor.positions (like location.positions including all) partition by range (id);
    create table floor.positions_default partition of floor.positions default`);
}

/** The floor: batches by unnest and `on conflict do nothing`, one commit each, nothing around it. @returns positions a second */
export async function bareInserts(
  admin: Client,
  tenantId: string,
  batch: () => readonly Told[],
  seconds: number,
): Promise<number> {
  let rows = 0;
  const started = process.hrtime.bigint();
  const since = (): number => Number(process.hrtime.bigint() - started) / 1e9;
  while (since() < seconds) {
    const fixes = batch();
    const received = new Date();
    await admin.query({
      name: 'floor-positions',
      text: `insert into floor.positions (tenant_id, id, tracker_id, fix_at, received_at, lat, lng, speed, course, accuracy, attributes)
        select $1, f.* from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::float8[], $7::float8[],
          $8::float8[], $9::float8[], $10::float8[], $11::jsonb[]) as f
        on conflict do nothing returning id`,
      values: [
        tenantId,
        fixes.map((it) => positionId(it.trackerId, it.fixTime)),
        fixes.map((it) => it.trackerId),
        fixes.map((it) => new Date(it.fixTime)),
        fixes.map(() => received),
        fixes.map((it) => it.lat),
        fixes.map((it) => it.lng),
        fixes.map((it) => it.speed),
        fixes.map((it) => it.course),
        fixes.map((it) => it.accuracy),
        fixes.map((it) => JSON.stringify(it.attributes)),
      ],
    });
    rows += fixes.length;
  }
  return rows / since();
}
