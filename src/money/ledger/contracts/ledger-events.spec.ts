import { JournalPosted } from './ledger-events';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const { type, payload } = new JournalPosted('j', {
    journalId: 'j',
    kind: 'posted',
    purpose: 'sale',
    source: { type: 'event', id: 'e' },
    document: { type: 'order', id: 'o' },
    resolvesId: null,
    reversesId: null,
  });
  expect(`${type} ${JSON.stringify(payload)}`).toBe(
    'ledger.journal-posted.v1 {"journalId":"j","kind":"posted","purpose":"sale","source":{"type":"event","id":"e"},' +
      '"document":{"type":"order","id":"o"},"resolvesId":null,"reversesId":null}',
  );
});
