import { Injectable } from '@nestjs/common';
import { AuditSink, type AuditRecord, type FlushPart } from '../../../kernel/audit/audit';
import { isUuid } from '../../../kernel/ids/ids';
import { ACTIONS } from '../domain/catalogue';
import { NOBODY, SubjectKeys, type SubjectKey } from './subject-keys';

const COLUMNS = `id uuid, action text, actor_kind text, actor_id uuid, on_behalf_of uuid, session_id uuid, target jsonb, target_id uuid,
  result text, reason text, request_id text, trace_id text, diff_masked jsonb, pii_enc text, steps text[], continues uuid, repeats int,
  ip_digest bytea, email_digest bytea`;
const NAMES = COLUMNS.split(',')
  .map((column) => column.trim().split(' ')[0])
  .join(', ');
const ENTRIES = `insert into audit.entries (tenant_id, at, ${NAMES}) select $1, kernel.now(), ${NAMES} from json_to_recordset($json) as x(${COLUMNS})`;
/** The sealer's queue: a row that commits late is found by its marker, whatever was sealed before. */
const MARKERS = `insert into audit.unsealed (tenant_id, id) select $1, x.id from json_to_recordset($json) as x(id uuid)`;
const KEYS = `insert into audit.subject_keys (tenant_id, id, subject_id, sealed, created_at)
  select $1, x.id, x.subject_id, x.sealed, kernel.now() from json_to_recordset($json) as x(id uuid, subject_id uuid, sealed text)`;

/** Longest values that are kept; what is longer is cut. */
const LONGEST = { target: 200, reason: 500, pii: 320 };

/** Turns the kernel's records into rows of the trail. */
@Injectable()
export class EntrySink extends AuditSink {
  constructor(private readonly keys: SubjectKeys) {
    super();
  }

  /** Rights, credentials and settings are told field by field; of goods and orders the ids suffice. */
  tellsInserts(action: string): boolean {
    const category = ACTIONS.get(action)?.category;
    return category === 'privileged' || category === 'authentication' || category === 'settings';
  }

  async store(tenantId: string, records: AuditRecord[]): Promise<{ parts: FlushPart[]; committed: () => void }> {
    const made = new Map<string, SubjectKey>();
    const rows: object[] = [];
    for (const record of records) {
      const pii = cut(record.pii, LONGEST.pii);
      const email = pii.email;
      const subjectId = record.subjectId ?? (email ? this.keys.subjectOfEmail(email) : NOBODY);
      let sealed: string | null = null;
      if (Object.keys(pii).length > 0) {
        const key = made.get(subjectId) ?? (await this.keys.keyFor(tenantId, subjectId));
        if (key.row) made.set(subjectId, key);
        sealed = this.keys.seal(tenantId, record.id, key, pii);
      }
      rows.push({
        id: record.id,
        action: record.action,
        actor_kind: record.actorKind,
        actor_id: record.actorId,
        on_behalf_of: record.onBehalfOf,
        session_id: record.sessionId,
        target: cut(record.target, LONGEST.target),
        target_id: mainTarget(record),
        result: record.result,
        reason: record.reason?.slice(0, LONGEST.reason) ?? null,
        request_id: record.requestId,
        trace_id: record.traceId,
        diff_masked: record.changes.length > 0 ? record.changes : null,
        pii_enc: sealed,
        steps: record.steps,
        continues: record.continues,
        repeats: record.repeats,
        ip_digest: pii.ip ? bytea(this.keys.digest(tenantId, 'ip', pii.ip)) : null,
        email_digest: email ? bytea(this.keys.digest(tenantId, 'email', email)) : null,
      });
    }
    const parts: FlushPart[] = [{ texts: [ENTRIES, MARKERS], json: JSON.stringify(rows) }];
    const fresh = [...made.values()].map(({ row }) => row);
    if (fresh.length > 0) parts.unshift({ texts: [KEYS], json: JSON.stringify(fresh) });
    return {
      parts,
      committed: () => {
        for (const [subjectId, key] of made) this.keys.remember(tenantId, subjectId, key);
      },
    };
  }
}

const bytea = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;

const cut = (facts: Record<string, string>, longest: number): Record<string, string> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      // PostgreSQL's jsonb refuses NUL, and half a surrogate pair is no text.
      value.slice(0, longest).replace(/\u0000|\p{Surrogate}/gu, ''),
    ]),
  );

/** What the action was about: the first id that the command named, else the first row that it made. */
function mainTarget({ target, changes }: AuditRecord): string | null {
  return Object.values(target).find(isUuid) ?? changes.find(({ id }) => isUuid(id))?.id ?? null;
}
