import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { TemplateSource } from '../domain/template-source';

/** One version of an organization's own template; `locale` is empty for every language without one of its own. */
export interface OwnTemplate {
  id: string;
  name: string;
  locale: string;
  version: number;
  active: boolean;
  category: string;
  source: TemplateSource;
  /** The body's rows within the frame, in Liquid. */
  compiled: string;
  /** Data to look at it with. */
  sample: Record<string, unknown>;
  /** Names of the data that it reads. */
  variables: string[];
  note: string | null;
  createdBy: string | null;
  createdAt: Date;
}

export type NewTemplate = Omit<OwnTemplate, 'id' | 'version' | 'active' | 'createdAt'>;

/** Ids of the version that is in use now, and of the one that was before, if any. */
export interface Succession {
  id: string;
  former: string | null;
}

const COLUMNS = `id, name, locale, version, active, category, source, compiled, sample, variables, note,
  created_by as "createdBy", created_at as "createdAt"`;

/** Templates that organizations write themselves. A version is never changed. */
@Injectable()
export class TemplateRepository {
  constructor(private readonly database: Database) {}

  /** The versions of a name that are in use, one a language; in an open transaction or outside of one. */
  active(tenantId: string, name: string): Promise<OwnTemplate[]> {
    return this.database.readAs<OwnTemplate>(
      tenantId,
      `select ${COLUMNS} from notifications.templates where tenant_id = $1 and name = $2 and active order by locale`,
      [tenantId, name],
    );
  }

  /** One version, or null. */
  async find(tenantId: string, name: string, locale: string, version: number): Promise<OwnTemplate | null> {
    const [row] = await this.database.readAs<OwnTemplate>(
      tenantId,
      `select ${COLUMNS} from notifications.templates where tenant_id = $1 and name = $2 and locale = $3 and version = $4`,
      [tenantId, name, locale, version],
    );
    return row ?? null;
  }

  /** Nobody else writes versions of a name and language until the end of the transaction. */
  async lock(tx: Transaction, name: string, locale: string): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended($1::text || '/' || $2 || '/' || $3, 6004))`, [
      tx.tenantId,
      name,
      locale,
    ]);
  }

  /** Writes the next version and puts it in use. */
  async insert(tx: Transaction, template: NewTemplate): Promise<Succession> {
    const former = await this.deactivate(tx, template.name, template.locale);
    const id = newId();
    await tx.execute(
      `insert into notifications.templates (tenant_id, id, name, locale, version, active, category, source, compiled, sample, variables,
         note, created_by, created_at)
       select $1, $2, $3, $4, coalesce(max(version), 0) + 1, true, $5, $6, $7, $8, $9, $10, $11, kernel.now()
       from notifications.templates where tenant_id = $1 and name = $3 and locale = $4`,
      [
        tx.tenantId,
        id,
        template.name,
        template.locale,
        template.category,
        JSON.stringify(template.source),
        template.compiled,
        JSON.stringify(template.sample),
        template.variables,
        template.note,
        template.createdBy,
      ],
    );
    return { id, former };
  }

  /** Puts a former version in use. @returns null where there is none */
  async activate(tx: Transaction, name: string, locale: string, version: number): Promise<Succession | null> {
    const former = await this.deactivate(tx, name, locale);
    const [row] = await tx.query<{ id: string }>(
      `update notifications.templates set active = true where tenant_id = $1 and name = $2 and locale = $3 and version = $4
       returning id`,
      [tx.tenantId, name, locale, version],
    );
    return row ? { id: row.id, former } : null;
  }

  /** @returns id of the version that was in use, or null */
  async deactivate(tx: Transaction, name: string, locale: string): Promise<string | null> {
    const [row] = await tx.query<{ id: string }>(
      `update notifications.templates set active = false where tenant_id = $1 and name = $2 and locale = $3 and active
       returning id`,
      [tx.tenantId, name, locale],
    );
    return row?.id ?? null;
  }
}
