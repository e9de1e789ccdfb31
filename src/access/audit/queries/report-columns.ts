import type { AccessHeld, AccessSpan } from '../../identity/contracts/access-report';
import type { Columns } from './report-file';
import type { ReportRow } from './trail-reports';

type AccessLine = AccessHeld & { span: AccessSpan };

/** A line of the file for each span, so that every line says who, what, from when to when. */
export const accessLines = (held: AccessHeld): AccessLine[] => held.spans.map((span) => ({ ...held, span }));

export const ACCESS_COLUMNS: Columns<AccessLine> = [
  ['subjectType', (line) => line.subject.type],
  ['subjectId', (line) => line.subject.id],
  ['name', (line) => line.subject.name],
  ['email', (line) => line.subject.email],
  ['by', (line) => line.by],
  ['id', (line) => line.id],
  ['effect', (line) => line.effect],
  ['role', (line) => line.role],
  ['permission', (line) => line.permission],
  ['resource', (line) => line.resource],
  ['condition', (line) => (line.condition === null ? null : JSON.stringify(line.condition))],
  ['since', (line) => line.since.toISOString()],
  ['until', (line) => line.until?.toISOString()],
  ['from', (line) => line.span.from.toISOString()],
  ['to', (line) => line.span.to.toISOString()],
  ['permissions', (line) => line.span.permissions.join(' ')],
];

export const PRIVILEGED_COLUMNS: Columns<ReportRow> = [
  ['at', (row) => row.at.toISOString()],
  ['action', (row) => row.action],
  ['says', (row) => row.says],
  ['result', (row) => row.result],
  ['actorKind', (row) => row.actor.kind],
  ['actorId', (row) => row.actor.id],
  ['actorEmail', (row) => row.actorEmail],
  ['onBehalfOf', (row) => row.onBehalfOf],
  ['ip', (row) => row.ip],
  ['target', (row) => JSON.stringify(row.target)],
  ['changes', (row) => JSON.stringify(row.changes)],
  ['reason', (row) => row.reason],
  ['repeats', (row) => row.repeats],
  ['requestId', (row) => row.requestId],
  ['seq', (row) => row.seq],
  ['id', (row) => row.id],
];

export const SIGN_IN_COLUMNS: Columns<ReportRow> = [
  ['at', (row) => row.at.toISOString()],
  ['action', (row) => row.action],
  ['result', (row) => row.result],
  ['userId', (row) => row.userId],
  ['email', (row) => row.email],
  ['ip', (row) => row.ip],
  ['userAgent', (row) => row.userAgent],
  ['repeats', (row) => row.repeats],
  ['atInstallation', (row) => row.atInstallation],
  ['requestId', (row) => row.requestId],
  ['seq', (row) => row.seq],
  ['id', (row) => row.id],
];
