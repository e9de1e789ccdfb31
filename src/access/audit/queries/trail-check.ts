import type { Database } from '../../../kernel/database/database';
import type { FaultKind, Progress, TrailFault, TrailReport } from '../contracts/verify-trail';
import type { HeadsFile } from '../adapters/heads-file';
import type { HeadKeys } from '../data/head-keys';
import { CHAINED } from '../data/trail-sql';
import { type ChainedRow, entryHash, GENESIS, type HeadClaims, merkleRoot, type RemovalClaims } from '../domain/chain';

const AT_ONCE = 1_000;
const BATCHES = `select id, number, first_seq as "firstSeq", last_seq as "lastSeq", head, claims, signature, kid from audit.batches
  where tenant_id = kernel.tenant_id() and number > $1 and number <= $2 order by number limit 200`;
const ROWS = `select s.seq, s.id as "sealedId", s.hash, row_to_json(x.*) as entry from audit.seals s
  left join lateral (select ${CHAINED} from audit.entries e where e.tenant_id = s.tenant_id and e.id = s.id) x on true
  where s.tenant_id = kernel.tenant_id() and s.seq > $1 and s.seq <= $2 order by s.seq limit ${AT_ONCE}`;

interface Batch {
  id: string;
  number: number;
  firstSeq: number;
  lastSeq: number;
  head: Buffer;
  claims: string;
  signature: Buffer;
  kid: string;
}

interface Sealed {
  seq: number;
  sealedId: string;
  hash: Buffer;
  entry: ChainedRow | null;
}

interface KeptHead {
  number: number;
  claims: string;
  signature: Buffer;
  kid: string;
}

class Broken extends Error {
  constructor(readonly fault: TrailFault) {
    super(fault.detail);
  }
}
const broken = (kind: FaultKind, seq: number | null, entryId: string | null, detail: string): Broken =>
  new Broken({ kind, seq, entryId, detail });

/** One check of one trail, in pages: its memory does not grow with the trail. */
export class TrailCheck {
  private previous: Buffer = GENESIS;
  private report: TrailReport = {
    ok: true,
    entries: 0,
    batches: 0,
    removedUpTo: 0,
    waiting: 0,
    head: null,
    fault: null,
  };

  constructor(
    private readonly trail: string,
    private readonly database: Database,
    private readonly keys: HeadKeys,
    private readonly file: HeadsFile,
    private readonly progress: Progress = () => undefined,
  ) {}

  async run(): Promise<TrailReport> {
    try {
      // The copies first: what is sealed meanwhile is then newer than what they are compared with.
      const [copied] = await this.read<{ newest: number | null; sealed: number | null }>(
        `select (select max(number) from audit.batches where tenant_id = kernel.tenant_id()) as sealed`,
      );
      const until = copied.sealed ?? 0;
      await this.removed();
      await this.batches(until);
      await this.compareCopies(until);
      await this.compareFile(until);
      await this.unsealed();
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.report.ok = false;
      this.report.fault = error.fault;
    }
    return this.report;
  }

  private read<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    return this.database.readAs<Row>(this.trail, text, params);
  }

  /** Where retention cut the chain; only a signed cut counts. */
  private async removed(): Promise<void> {
    const [cut] = await this.read<{ upTo: number; head: Buffer; claims: string; signature: Buffer; kid: string }>(
      `select up_to_seq as "upTo", head, claims, signature, kid from audit.removals where tenant_id = kernel.tenant_id() order by up_to_seq desc limit 1`,
    );
    if (!cut) return;
    const claims = JSON.parse(cut.claims) as RemovalClaims;
    const ours = await this.keys.verify(cut.claims, cut.signature, cut.kid);
    if (
      !ours ||
      claims.trail !== this.trail ||
      claims.removedUpTo !== cut.upTo ||
      claims.head !== cut.head.toString('hex')
    )
      throw broken(
        'signature',
        cut.upTo,
        null,
        `the removal of the entries up to ${cut.upTo} was not signed by Mainstay`,
      );
    this.report.removedUpTo = cut.upTo;
  }

  private async batches(until: number): Promise<void> {
    const [{ last }] = await this.read<{ last: number }>(
      'select coalesce(max(last_seq), 0) as last from audit.batches where tenant_id = kernel.tenant_id() and number <= $1',
      [until],
    );
    const rows = this.rows(last);
    let number = 0;
    let seq = 0;
    for (;;) {
      const page = await this.read<Batch>(BATCHES, [number, until]);
      if (page.length === 0) break;
      for (const batch of page) {
        if (batch.number !== number + 1 || batch.firstSeq !== seq + 1)
          throw broken('missing', seq + 1, null, `the batch that begins with entry ${seq + 1} is gone`);
        await this.signed(batch);
        if (batch.lastSeq > this.report.removedUpTo) await this.batch(batch, rows);
        this.previous = batch.head;
        number = batch.number;
        seq = batch.lastSeq;
        this.report.batches += 1;
        this.report.head = { seq, hash: batch.head.toString('hex') };
        this.progress(this.report.entries, last - this.report.removedUpTo);
      }
    }
    if (number < until) throw broken('missing', seq + 1, null, `the batch that begins with entry ${seq + 1} is gone`);
    const [beyond] = await this.read<{ seq: number; id: string }>(
      `select s.seq, s.id from audit.seals s where s.tenant_id = kernel.tenant_id() and s.seq > $1 and s.seq >
         (select coalesce(max(last_seq), 0) from audit.batches where tenant_id = kernel.tenant_id()) order by s.seq limit 1`,
      [seq],
    );
    if (beyond) throw broken('missing', beyond.seq, beyond.id, `entry ${beyond.seq} has a seal, but its batch is gone`);
  }

  private async signed(batch: Batch): Promise<void> {
    const { claims: text, signature, kid, number, firstSeq, lastSeq } = batch;
    if (!(await this.keys.verify(text, signature, kid)))
      throw broken(
        'signature',
        firstSeq,
        null,
        `the head of the entries ${firstSeq} to ${lastSeq} was not signed by Mainstay`,
      );
    const claims = JSON.parse(text) as HeadClaims;
    const agrees =
      claims.trail === this.trail &&
      claims.number === number &&
      claims.firstSeq === firstSeq &&
      claims.lastSeq === lastSeq &&
      claims.head === batch.head.toString('hex') &&
      claims.previous === this.previous.toString('hex');
    if (!agrees)
      throw broken(
        'signature',
        firstSeq,
        null,
        `the batch of the entries ${firstSeq} to ${lastSeq} is not the one that was signed`,
      );
  }

  private async batch(batch: Batch, rows: AsyncGenerator<Sealed>): Promise<void> {
    const found: Sealed[] = [];
    for (let seq = batch.firstSeq; seq <= batch.lastSeq; seq++) {
      const { value: row, done } = (await rows.next()) as IteratorResult<Sealed, undefined>;
      if (done || row.seq !== seq) throw broken('missing', seq, null, `entry ${seq} is gone, with its seal`);
      if (row.entry === null) throw broken('missing', seq, row.sealedId, `entry ${seq} is gone`);
      found.push(row);
    }
    let previous: Buffer = this.previous;
    for (const [i, row] of found.entries()) {
      const hash = hashOf(previous, this.trail, row.seq, row.entry!);
      if (!hash?.equals(row.hash)) throw this.explain(found, i);
      previous = row.hash;
      this.report.entries += 1;
    }
    const { root } = JSON.parse(batch.claims) as HeadClaims;
    if (!previous.equals(batch.head) || merkleRoot(found.map(({ hash }) => hash)).toString('hex') !== root)
      throw broken(
        'changed',
        batch.firstSeq,
        null,
        `the seals of the entries ${batch.firstSeq} to ${batch.lastSeq} are not those that were signed`,
      );
  }

  /** An entry that does not fit its place: does it fit another one of its batch? */
  private explain(rows: readonly Sealed[], i: number): Broken {
    const { seq, entry, sealedId } = rows[i];
    for (const [j, other] of rows.entries()) {
      const before = j === 0 ? this.previous : rows[j - 1].hash;
      // Whether the seals were moved with it or not: the hash that it had is somewhere.
      for (const [place, hash] of [
        [other.seq, other.hash],
        [seq, other.hash],
        [other.seq, rows[i].hash],
      ] as const)
        if (j !== i && hashOf(before, this.trail, place, entry!)?.equals(hash))
          return broken('moved', seq, sealedId, `entry ${seq} stands where another one stood: the order was changed`);
    }
    return broken('changed', seq, sealedId, `entry ${seq} is not what was sealed: something in it was changed`);
  }

  private async *rows(last: number): AsyncGenerator<Sealed> {
    for (let after = this.report.removedUpTo; ;) {
      const page = await this.read<Sealed>(ROWS, [after, last]);
      yield* page;
      if (page.length < AT_ONCE) return;
      after = page[page.length - 1].seq;
    }
  }

  /** Every copy that the auditor holds is the head of a batch that is still there. */
  private async compareCopies(until: number): Promise<void> {
    for (let after = 0; ;) {
      const heads = await this.read<KeptHead>(
        'select number, claims, signature, kid from auditor.heads_of($1, $2, 500)',
        [this.trail, after],
      );
      if (heads.length === 0) return;
      await this.compare(heads, until, "the auditor's copy");
      after = heads[heads.length - 1].number;
    }
  }

  private async compareFile(until: number): Promise<void> {
    let heads: KeptHead[] = [];
    for await (const head of this.file.headsOf(this.trail)) {
      const { number } = JSON.parse(head.claims) as HeadClaims;
      heads.push({ ...head, number });
      if (heads.length < 500) continue;
      await this.compare(heads, until, 'the file of heads');
      heads = [];
    }
    await this.compare(heads, until, 'the file of heads');
  }

  private async compare(heads: readonly KeptHead[], until: number, where: string): Promise<void> {
    const numbers = heads.map(({ number }) => number);
    const found = await this.read<{ number: number; claims: string }>(
      'select number, claims from audit.batches where tenant_id = kernel.tenant_id() and number = any($1::bigint[])',
      [numbers],
    );
    const batches = new Map(found.map(({ number, claims }) => [number, claims]));
    for (const { number, claims: text, signature, kid } of heads) {
      if (!(await this.keys.verify(text, signature, kid)))
        throw broken('signature', null, null, `${where} holds a head that was not signed by Mainstay`);
      const claims = JSON.parse(text) as HeadClaims;
      const batch = batches.get(number);
      if (batch === text) continue;
      if (batch === undefined && number > until) {
        const end = this.report.head?.seq ?? 0;
        throw broken(
          'dropped',
          end + 1,
          null,
          `the newest entries are gone: the trail ends with entry ${end}, ${where} of ${claims.at} says ${claims.lastSeq}`,
        );
      }
      throw broken(
        'rewritten',
        claims.firstSeq,
        null,
        `the trail is not the one that was sealed: ${where} of ${claims.at} says otherwise from entry ${claims.firstSeq} on`,
      );
    }
  }

  /** Entries that no seal and no marker knows were put in, or cut off; markers without entry tell of one that is gone. */
  private async unsealed(): Promise<void> {
    const [marks] = await this.read<{ waiting: number; gone: string | null }>(
      `select count(*)::int as waiting, (array_agg(u.id) filter (where e.id is null))[1] as gone from audit.unsealed u
       left join audit.entries e on e.tenant_id = u.tenant_id and e.id = u.id where u.tenant_id = kernel.tenant_id()`,
    );
    this.report.waiting = marks.waiting;
    if (marks.gone) throw broken('missing', null, marks.gone, 'an entry that waited for its seal is gone');
    const [loose] = await this.read<{ id: string; at: Date }>(
      `select e.id, e.at from audit.entries e where e.tenant_id = kernel.tenant_id()
         and not exists (select from audit.seals s where s.tenant_id = e.tenant_id and s.id = e.id)
         and not exists (select from audit.unsealed u where u.tenant_id = e.tenant_id and u.id = e.id) order by e.id limit 1`,
    );
    if (loose)
      throw broken(
        'unsealed',
        null,
        loose.id,
        `the entry ${loose.id} of ${loose.at.toISOString()} is no part of the chain: it was put in, or its seal was taken away`,
      );
  }
}

function hashOf(previous: Buffer, trail: string, seq: number, entry: ChainedRow): Buffer | null {
  try {
    return entryHash(previous, trail, seq, entry);
  } catch {
    return null;
  }
}
