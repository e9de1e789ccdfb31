import { existsSync } from 'node:fs';
import { EXIT } from '../../start/exit';
import { defineCommand } from '../command';
import { UsageError } from '../context';

export const command = defineCommand({
  name: 'roads:import',
  summary: 'make the road network of an OpenStreetMap extract',
  usage: '<file.osm|file.osm.pbf>',
  description:
    'Routes, driving times and plans of routes go over the network from then on; servers that run take it up within\n' +
    'seconds. The network before is replaced at once, or stays as it is when the file is damaged.\n\n' +
    '  npx --no mainstay roads:import portugal-latest.osm.pbf',
  positionals: 1,
  options: {},
  async run(context) {
    const [file] = context.args;
    if (!file) throw new UsageError('Say which extract to import.');
    if (!existsSync(file)) throw new UsageError(`${file} is not there.`);
    await import('reflect-metadata');
    const { NestFactory } = await import('@nestjs/core');
    const { CommandBus } = await import('@nestjs/cqrs');
    const { ImportRoadsCommand } = await import('../../mobility/location/contracts/import-roads.js');
    const { RoadImportModule } = await import('../../mobility/location/road-import.module.js');
    const { monotonicMs } = await import('../../kernel/clock/monotonic.js');
    const from = monotonicMs();
    let line: ReturnType<typeof context.out.progress> | null = null;
    let [phase, done] = ['', 0];
    const show = (now: string, bytes: number, total: number): void => {
      if (now !== phase) {
        line?.finish();
        line = context.out.progress(now === 'roads' ? 'reading roads ' : 'reading places', total);
        [phase, done] = [now, 0];
      }
      line?.advance(bytes - done, total);
      done = bytes;
    };
    const app = await NestFactory.createApplicationContext(RoadImportModule, { logger: false, abortOnError: false });
    try {
      const report = await app.get(CommandBus).execute(new ImportRoadsCommand(file, context.config.dataDir, show));
      (line as { finish(): void } | null)?.finish();
      const seconds = (monotonicMs() - from) / 1000;
      context.out.result(
        { ...report, seconds },
        [
          `${report.ways.toLocaleString('en')} roads, ${report.edges.toLocaleString('en')} stretches between ${report.nodes.toLocaleString('en')} junctions`,
          `${report.turnRules.toLocaleString('en')} rules of turning kept, ${report.turnRulesLeftOut.toLocaleString('en')} left out (over ways between, or roads that are not there)`,
          `${(report.bytes / 1_000_000).toFixed(1)} MB at ${report.file}, ${seconds.toFixed(1)} s`,
        ].join('\n'),
      );
      return EXIT.ok;
    } catch (error) {
      context.out.warn(`The roads were not imported: ${error instanceof Error ? error.message : String(error)}`);
      return EXIT.failed;
    } finally {
      await app.close();
    }
  },
});
