import { AuditSealed } from './audit-events';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const { type, payload } = new AuditSealed('b', {
    number: 2,
    firstSeq: 11,
    lastSeq: 20,
    root: 'r',
    head: 'h',
    kid: 'k',
  });
  expect(`${type} ${JSON.stringify(payload)}`).toBe(
    'audit.audit-sealed.v1 {"number":2,"firstSeq":11,"lastSeq":20,"root":"r","head":"h","kid":"k"}',
  );
});
