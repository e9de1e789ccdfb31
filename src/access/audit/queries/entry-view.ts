import type { Change } from '../../../kernel/audit/changes';
import { ACTIONS } from '../domain/catalogue';

/** An entry as readers see it. */
export interface AuditEntry {
  id: string;
  /** Position in the sealed chain; null until it is sealed, about a second. */
  seq: number | null;
  at: Date;
  action: string;
  category: string;
  /** The action as a sentence. */
  says: string;
  actor: { kind: string; id: string | null };
  /** The user whose rights an API key used. */
  onBehalfOf: string | null;
  sessionId: string | null;
  ip: string | null;
  userAgent: string | null;
  email: string | null;
  target: Record<string, string>;
  result: string;
  reason: string | null;
  steps: string[];
  changes: Change[];
  continues: string | null;
  repeats: number;
  requestId: string;
  traceId: string | null;
}

/** A row as it is read for the view; `piiEnc` is opened with the person's key. */
export interface EntryRow {
  id: string;
  seq: number | null;
  at: Date;
  action: string;
  actorKind: string;
  actorId: string | null;
  onBehalfOf: string | null;
  sessionId: string | null;
  ip: string | null;
  target: Record<string, string>;
  result: string;
  reason: string | null;
  steps: string[];
  changes: Change[] | null;
  continues: string | null;
  repeats: number;
  requestId: string;
  traceId: string | null;
  piiEnc: string | null;
}

/** What a query selects for `EntryRow`: of `audit.entries e` and, left joined, `audit.seals s`. */
export const ENTRY_SELECT = `e.id, s.seq, e.at, e.action, e.actor_kind as "actorKind", e.actor_id as "actorId", e.on_behalf_of as "onBehalfOf",
  e.session_id as "sessionId", e.ip, e.target, e.result, e.reason, e.steps, e.diff_masked as changes, e.continues, e.repeats,
  e.request_id as "requestId", e.trace_id as "traceId", e.pii_enc as "piiEnc"`;
export const ENTRY_FROM = `audit.entries e left join audit.seals s on s.tenant_id = e.tenant_id and s.id = e.id`;

/** The view of a row with its opened personal facts (null: their key is destroyed, or there are none). */
export function entryView(row: EntryRow, pii: Record<string, string> | null): AuditEntry {
  const { id, seq, at, action, sessionId, result, reason, steps, continues, repeats, requestId, traceId } = row;
  const known = ACTIONS.get(action);
  return {
    id,
    seq,
    at,
    action,
    category: known?.category ?? 'data',
    says: known?.says ?? action,
    actor: { kind: row.actorKind, id: row.actorId },
    onBehalfOf: row.onBehalfOf,
    sessionId,
    ip: pii?.ip ?? row.ip,
    userAgent: pii?.userAgent ?? null,
    email: pii?.email ?? null,
    target: row.target,
    result,
    reason,
    steps,
    changes: row.changes ?? [],
    continues,
    repeats,
    requestId,
    traceId,
  };
}
