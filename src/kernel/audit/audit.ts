import { maybeContext, type RequestContext } from '../context/request-context';
import { newId } from '../ids/ids';
import type { Change } from './changes';

/** Who acts, as the audit trail names it. */
export type ActorKind = 'user' | 'operator' | 'apiKey' | 'guest' | 'system';

/** One row of the audit trail before it is stored. */
export interface AuditRecord {
  id: string;
  /** The first row of the same command, when its work spans several transactions. */
  continues: string | null;
  /** Name of the action, one of the sink's closed catalogue: a command's class without `Command`, say. */
  action: string;
  actorKind: ActorKind;
  actorId: string | null;
  /** The user whose rights an API key or a delegate uses. */
  onBehalfOf: string | null;
  sessionId: string | null;
  requestId: string;
  traceId: string | null;
  /** Ids (and other words that tell nothing of a person) that the action named. */
  target: Record<string, string>;
  /** `ok`, or the code of the refusal. */
  result: string;
  reason: string | null;
  /** Names of the commands that ran within it. */
  steps: string[];
  changes: Change[];
  /** How often the same was refused within a minute; 1 for everything else. */
  repeats: number;
  /** The person whose data `pii` is: destroying their key makes it unreadable. Null: nobody known. */
  subjectId: string | null;
  /** Personal facts (`ip`, `userAgent`, `email`, ...): stored encrypted. */
  pii: Record<string, string>;
}

/** An insert that travels in the flush: `$1` is the tenant, `$json` the rows. */
export interface FlushPart {
  texts: string[];
  json: string;
}

/**
 * Where audit rows go. The kernel's hook makes one record per outermost command and commit; the sink turns records into
 * inserts that travel with the commit. Bound by access/audit; without a provider nothing is audited.
 */
export abstract class AuditSink {
  /** True when the fields of inserted rows are told too, not only their ids. */
  abstract tellsInserts(action: string): boolean;
  /**
   * The inserts that store `records` of one tenant. Called inside the transaction that they belong to, or outside of
   * any for refusals. `committed` is called once the inserts are committed.
   */
  abstract store(tenantId: string, records: AuditRecord[]): Promise<{ parts: FlushPart[]; committed: () => void }>;
}

/** What a command may say about itself beyond the ids among its properties. */
export interface AuditFacts {
  /** Further ids; words that tell nothing of a person. */
  target?: Record<string, string | null | undefined>;
  /** Personal facts; stored encrypted under the subject's key. */
  pii?: Record<string, string | null | undefined>;
  /** Whose they are; default the actor. */
  subjectId?: string;
  /** Why it was done, where somebody gave a reason. */
  reason?: string;
}

/** One outermost command (of a request, a delivery, a job or the command line) and what is told about it. */
export class AuditScope {
  readonly id = newId();
  /** Rows of it that are committed. */
  written = 0;
  /** Code of a refusal that a committed row tells. */
  refused: string | null = null;
  readonly target: Record<string, string>;
  readonly pii: Record<string, string> = {};
  subjectId: string | null = null;
  reason: string | null = null;

  constructor(readonly command: { readonly name: string; readonly target: Record<string, string> }) {
    this.target = { ...command.target };
  }

  note({ target, pii, subjectId, reason }: AuditFacts): void {
    assignKnown(this.target, target);
    assignKnown(this.pii, pii);
    if (subjectId !== undefined) this.subjectId = subjectId;
    if (reason !== undefined) this.reason = reason;
  }
}

/**
 * Adds facts to the audit row of the running command: `noteAudit({ target: { userId }, pii: { email } })`. Also the row of
 * a refusal tells them, so say what is known before something is refused. Without a running command it does nothing.
 */
export function noteAudit(facts: AuditFacts): void {
  maybeContext()?.audit?.note(facts);
}

/** The caller of a context, as the trail names it. */
export function callerOf(
  context: RequestContext,
): Pick<AuditRecord, 'actorKind' | 'actorId' | 'onBehalfOf' | 'sessionId' | 'requestId' | 'traceId'> {
  const { principal, requestId, traceparent } = context;
  const { apiKey } = principal as { apiKey?: { id: string } | null };
  return {
    actorKind: apiKey ? 'apiKey' : principal.kind,
    actorId: apiKey?.id ?? principal.userId,
    onBehalfOf: apiKey ? principal.userId : null,
    sessionId: principal.sessionId,
    requestId,
    traceId: traceparent?.split('-')[1] ?? null,
  };
}

/** The record of what a scope says, for one caller. */
export function recordOf(
  scope: AuditScope,
  caller: ReturnType<typeof callerOf>,
  context: Pick<RequestContext, 'ip' | 'userAgent'>,
  outcome: Pick<AuditRecord, 'result' | 'steps' | 'changes'>,
): AuditRecord {
  const pii: Record<string, string> = { ...scope.pii };
  if (context.ip) pii.ip ??= context.ip;
  if (context.userAgent) pii.userAgent ??= context.userAgent;
  return {
    id: scope.written === 0 ? scope.id : newId(),
    continues: scope.written === 0 ? null : scope.id,
    action: scope.command.name,
    ...caller,
    target: scope.target,
    reason: scope.reason,
    repeats: 1,
    subjectId: scope.subjectId ?? caller.onBehalfOf ?? (caller.actorKind === 'apiKey' ? null : caller.actorId),
    pii,
    ...outcome,
  };
}

function assignKnown(to: Record<string, string>, from: Record<string, string | null | undefined> | undefined): void {
  for (const [name, value] of Object.entries(from ?? {})) if (value !== null && value !== undefined) to[name] = value;
}
