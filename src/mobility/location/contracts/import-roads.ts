import { Command } from '@nestjs/cqrs';

export interface ImportedRoads {
  file: string;
  bytes: number;
  /** Roads for cars. */
  ways: number;
  /** Junctions, and the stretches between them. */
  nodes: number;
  edges: number;
  turnRules: number;
  /** Over ways between, or about roads that are not there. */
  turnRulesLeftOut: number;
  /** Points of roads that lie outside the extract. */
  missingPoints: number;
  /** Junctions from which no way leads on. */
  islandNodes: number;
}

/**
 * Makes the road network of an OpenStreetMap extract (`.osm`, `.osm.pbf`) and puts it in the place of the one before. It belongs to the
 * installation, not to an organization. @throws Error that says what is wrong with the file; the network before stays
 */
export class ImportRoadsCommand extends Command<ImportedRoads> {
  constructor(
    readonly extract: string,
    readonly dataDir: string,
    /** Told the bytes of the extract that were read, of how many; it is read twice. */
    readonly progress: (phase: 'roads' | 'places', bytes: number, total: number) => void = () => undefined,
  ) {
    super();
  }
}
