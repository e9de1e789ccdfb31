import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { graphFileOf, graphOfExtract, writeGraph } from '../adapters/road-graph-file';
import { ImportRoadsCommand, type ImportedRoads } from '../contracts/import-roads';

@CommandHandler(ImportRoadsCommand)
export class ImportRoadsHandler implements ICommandHandler<ImportRoadsCommand> {
  async execute({ extract, dataDir, progress }: ImportRoadsCommand): Promise<ImportedRoads> {
    const { graph, report } = await graphOfExtract(extract, clock.now(), progress);
    const file = graphFileOf(dataDir);
    return { ...report, file, bytes: await writeGraph(file, graph) };
  }
}
