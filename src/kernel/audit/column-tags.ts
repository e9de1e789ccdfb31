import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../database/database';
import { logger } from '../telemetry/logger';
import { tagColumns } from './changes';

const TAGGED = `select n.nspname || '.' || c.relname || '.' || a.attname as "column", d.description as tag
  from pg_description d join pg_class c on c.oid = d.objoid join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid
  where d.classoid = 'pg_class'::regclass and d.objsubid > 0 and d.description ~ '^(pii|secret)'`;

/** Teaches the trail which columns hold personal or secret values: the columns say so themselves. */
@Injectable()
export class AuditColumnTags implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    try {
      tagColumns(await this.database.readPlatform<{ column: string; tag: string }>(TAGGED));
    } catch (error) {
      // Values of columns with telling names, and all that are no plain words, are masked without tags too.
      logger.warn({ err: error }, 'the tags of columns could not be read; the audit trail masks by names and forms');
    }
  }
}
