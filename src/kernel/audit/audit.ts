/**
 * Where audit rows go. The kernel's hook collects one row per command and transaction; the sink says which table they
 * are inserted into, in the business transaction. The table has a tenant_id and the columns of `AUDIT_COLUMNS`.
 */
export interface AuditSink {
  /** Schema-qualified table. */
  readonly table: string;
}

/** Injection token of the sink; without a provider nothing is audited. */
export const AUDIT_SINK = Symbol('AuditSink');

/** Columns that the kernel fills, with their types; `result` is `ok` or an error code, `at` is kernel time. */
export const AUDIT_COLUMNS =
  'id uuid, action text, actor_kind text, actor_id uuid, session_id uuid, request_id text, ip text, target jsonb, result text';

/** One audited command. */
export interface AuditRow {
  id: string;
  action: string;
  actor_kind: string;
  actor_id: string | null;
  session_id: string | null;
  request_id: string;
  ip: string | null;
  /** The ids that the command named. */
  target: Record<string, string>;
  result: string;
}
