import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { AuditedReads } from '../../../kernel/audit/audited-read';
import { Breather } from '../../../kernel/lifecycle/breather';
import { GpxFault, readGpx, type GpxPoint } from '../adapters/gpx';
import { KEPT_DAYS, timeOf, type Rejection } from '../domain/fix';
import { badGpx, trackerInactive } from '../domain/location.errors';
import { FindTrackerQuery } from '../queries/trackers';
import { RecordPositionsCommand } from './record-positions';

/** Points of one file, and those of one commit. */
const MOST_POINTS = 100_000;
const BATCH = 500;
/** Points that are named one by one. */
const MOST_FAULTS = 1_000;
const DAY_MS = 86_400_000;

export const IMPORT_FAULTS = ['time-missing'] as const;
export type TrackImportCode = Rejection | (typeof IMPORT_FAULTS)[number];

/** A point that is refused: its place among the points of the file, from 0, and its line, from 1. */
export interface TrackImportFault {
  index: number;
  line: number;
  code: TrackImportCode;
}

export interface TrackImport {
  trackerId: string;
  points: number;
  accepted: number;
  /** Were there already. */
  duplicates: number;
  refused: number;
  /** The first thousand of those that are refused. */
  faults: TrackImportFault[];
}

/**
 * Imports the tracks of a GPX file as positions of a tracker: they are judged, counted once and followed as if the device had told
 * them late. Each point stands for itself; once more, they are duplicates.
 * @throws AppError not-found `location.tracker-not-found`; conflict `location.tracker-inactive`; invalid `location.gpx-invalid`;
 * unavailable `location.busy`
 */
export class ImportTrackCommand extends Command<TrackImport> {
  constructor(
    readonly tenantId: string,
    readonly trackerId: string,
    readonly file: Buffer,
  ) {
    super();
  }
}

@CommandHandler(ImportTrackCommand)
export class ImportTrackHandler implements ICommandHandler<ImportTrackCommand> {
  constructor(
    private readonly trail: AuditedReads,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  async execute({ tenantId, trackerId, file }: ImportTrackCommand): Promise<TrackImport> {
    const { active } = await this.queries.execute(new FindTrackerQuery(trackerId));
    if (!active) throw trackerInactive();
    const points = await read(file);
    const faults: TrackImportFault[] = [];
    const breather = new Breather();
    const good: { point: GpxPoint; at: number }[] = [];
    // A receiver's week counter rolls over; what a file says is older than positions are kept, is.
    const oldest = this.clock.nowMs() - KEPT_DAYS * DAY_MS;
    for (const point of points) {
      await breather.pause();
      const at = point.time === null ? null : timeOf(point.time);
      if (at === null) faults.push(faultOf(point, 'time-missing'));
      else if (Number.isNaN(at)) faults.push(faultOf(point, 'time-invalid'));
      else if (at < oldest) faults.push(faultOf(point, 'time-too-old'));
      else good.push({ point, at });
    }
    // In the order of time, so that what follows a file's first part does not come late.
    good.sort((a, b) => a.at - b.at || a.point.index - b.point.index);
    let [accepted, duplicates] = [0, 0];
    for (let first = 0; first < good.length; first += BATCH) {
      const batch = good.slice(first, first + BATCH);
      const positions = batch.map(({ point }) => positionOf(trackerId, point));
      const receipt = await this.commands.execute(new RecordPositionsCommand(tenantId, positions, null));
      accepted += receipt.accepted;
      duplicates += receipt.duplicates;
      for (const { index, reason } of receipt.rejected) faults.push(faultOf(batch[index].point, reason));
    }
    // The writer's commits are no command of a person; that somebody brought a file is noted once.
    if (accepted > 0) await this.trail.note('ImportTrack', { target: { trackerId } });
    faults.sort((a, b) => a.index - b.index);
    return {
      ...{ trackerId, points: points.length, accepted, duplicates, refused: faults.length },
      faults: faults.slice(0, MOST_FAULTS),
    };
  }
}

async function read(file: Buffer): Promise<GpxPoint[]> {
  const breather = new Breather();
  try {
    return await readGpx(file, MOST_POINTS, () => breather.pause());
  } catch (error) {
    if (error instanceof GpxFault) throw badGpx(error.code, error.message, error.line);
    throw error;
  }
}

const faultOf = ({ index, line }: GpxPoint, code: TrackImportCode): TrackImportFault => ({ index, line, code });
const positionOf = (trackerId: string, { lat, lng, time, altitude, speed, course, accuracy }: GpxPoint): object => ({
  ...{ trackerId, fixTime: time, lat, lng, altitude, speed, course, accuracy, attributes: { imported: true } },
});
