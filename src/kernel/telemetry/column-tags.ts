import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../database/database';
import { logger } from './logger';
import { redactNames } from './redaction';

/** Columns that a migration commented as `pii:...` or `secret`. */
const TAGGED = `select distinct a.attname as name from pg_description d
  join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid
  where d.classoid = 'pg_class'::regclass and d.objsubid > 0 and d.description ~ '^(pii|secret)'`;

/** Teaches the log which names hold personal values: the columns say so themselves. */
@Injectable()
export class ColumnTags implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    try {
      redactNames((await this.database.readPlatform<{ name: string }>(TAGGED)).map((row) => row.name));
    } catch (error) {
      logger.warn({ err: error }, 'the tags of columns could not be read; the log redacts by its own list');
    }
  }
}
