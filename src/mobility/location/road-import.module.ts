import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ImportRoadsHandler } from './commands/import-roads';

/** Makes road networks: for the command line alone, without a database. */
@Module({ imports: [CqrsModule.forRoot()], providers: [ImportRoadsHandler] })
export class RoadImportModule {}
