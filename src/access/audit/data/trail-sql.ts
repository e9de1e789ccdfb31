/** The sealed columns of `audit.entries e`, as `ChainedRow`: times as text in microseconds, so that none is lost. */
export const CHAINED = `e.id, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, e.action, e.actor_kind, e.actor_id,
  e.on_behalf_of, e.session_id, e.target, e.target_id, e.result, e.reason, e.request_id, e.trace_id, e.diff_masked, e.pii_enc, e.steps,
  e.continues, e.repeats`;
