/**
 * The sealed columns of `ledger.journals j` with their postings as `journal` (`ChainedJournal`): times as text in
 * microseconds, amounts as text, so that nothing is lost on the way.
 */
export const CHAINED = `json_build_object('id', j.id, 'kind', j.kind, 'purpose', j.purpose, 'description', j.description,
  'source_type', j.source_type, 'source_id', j.source_id, 'document_type', j.document_type, 'document_id', j.document_id,
  'payment_id', j.payment_id, 'idempotency_key', j.idempotency_key, 'lines', j.lines, 'resolves_id', j.resolves_id,
  'reverses_id', j.reverses_id, 'actor_id', j.actor_id,
  'effective_at', to_char(j.effective_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'posted_at', to_char(j.posted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'postings', coalesce((select json_agg(json_build_object('id', p.id, 'line', p.line, 'account_id', p.account_id,
      'currency', p.currency, 'amount', p.amount::text, 'dimensions', p.dimensions) order by p.line)
    from ledger.postings p where p.tenant_id = j.tenant_id and p.journal_id = j.id), '[]')) as journal`;
