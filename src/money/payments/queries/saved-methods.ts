import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { methodNotFound } from '../domain/payments.errors';
import type { CardLabel, SavedMethodState } from '../domain/saved-method';

/** A kept way to pay, as its person sees it. */
export interface SavedMethodView {
  id: string;
  type: string;
  provider: string;
  gatewayId: string;
  status: Exclude<SavedMethodState, 'removed'>;
  card: CardLabel | null;
  label: string | null;
  isDefault: boolean;
  nextAction: { type: 'redirect'; url: string } | null;
  error: { code: string; message: string } | null;
  consent: string;
  consentedAt: string;
  createdAt: string;
}

interface Row {
  id: string;
  method_type: string;
  provider: string;
  gateway_id: string;
  state: SavedMethodView['status'];
  brand: string | null;
  last4: string | null;
  exp_month: number | null;
  exp_year: number | null;
  label: string | null;
  is_default: boolean;
  action_url: string | null;
  error_code: string | null;
  error_message: string | null;
  consent_text: string;
  consented_at: Date;
  created_at: Date;
}

/** The signed-in person's ways to pay, the default first, then the newest; a few dozen at most. */
export class OwnMethodsQuery extends Query<{ data: SavedMethodView[] }> {}

/** One of them. @throws AppError not-found `payments.method-not-found` */
export class OwnMethodQuery extends Query<SavedMethodView> {
  constructor(readonly id: string) {
    super();
  }
}

const SELECT = `select id, method_type, provider, gateway_id, state, brand, last4, exp_month, exp_year, label, is_default, action_url, error_code,
  error_message, consent_text, consented_at, created_at from payments.saved_methods
  where tenant_id = $1 and user_id = $2 and state <> 'removed'`;

const viewOf = (row: Row): SavedMethodView => ({
  id: row.id,
  type: row.method_type,
  provider: row.provider,
  gatewayId: row.gateway_id,
  status: row.state,
  card: row.last4 ? { brand: row.brand, last4: row.last4, expMonth: row.exp_month, expYear: row.exp_year } : null,
  label: row.label,
  isDefault: row.is_default,
  nextAction: row.state === 'requires_action' && row.action_url ? { type: 'redirect', url: row.action_url } : null,
  error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
  consent: row.consent_text,
  consentedAt: row.consented_at.toISOString(),
  createdAt: row.created_at.toISOString(),
});

const own = (): (string | null)[] => [currentContext().tenantId, currentContext().principal.userId];

@QueryHandler(OwnMethodsQuery)
export class OwnMethodsHandler implements IQueryHandler<OwnMethodsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<{ data: SavedMethodView[] }> {
    // What failed is shown for a day, as the answer to whoever tried.
    const rows = await this.database.read<Row>(
      `${SELECT} and (state <> 'failed' or created_at > kernel.now() - interval '1 day')
       order by is_default desc, created_at desc, id desc limit 100`,
      own(),
    );
    return { data: rows.map(viewOf) };
  }
}

@QueryHandler(OwnMethodQuery)
export class OwnMethodHandler implements IQueryHandler<OwnMethodQuery> {
  constructor(private readonly database: Database) {}

  async execute({ id }: OwnMethodQuery): Promise<SavedMethodView> {
    const [row] = await this.database.read<Row>(`${SELECT} and id = $3`, [...own(), id]);
    if (!row) throw methodNotFound();
    return viewOf(row);
  }
}
