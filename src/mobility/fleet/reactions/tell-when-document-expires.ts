import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { DocumentExpiring } from '../contracts/fleet-events';
import { NamesOfQuery } from '../queries/names';
import { tellStaff } from './tell-staff';

/** Whoever runs the fleet, and the driver whose paper it is, hear that it expires. */
@Reaction({ name: 'fleet.tell-when-document-expires', on: DocumentExpiring })
export class TellWhenDocumentExpires implements Reacts<DocumentExpiring> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<DocumentExpiring>): Promise<void> {
    const { documentId, documentType, vehicleId, driverId, expiresOn, expired, revision } = payload;
    const { vehicle, driver, driverUserId } = await this.queries.execute(new NamesOfQuery({ vehicleId, driverId }));
    const whose = vehicle ?? driver;
    if (whose === null) return;
    const paper = documentType.replaceAll('_', ' ');
    await tellStaff(
      { commands: this.commands, queries: this.queries },
      {
        title: expired ? `Expired: ${paper} of ${whose}` : `Expires soon: ${paper} of ${whose}`,
        body: expired
          ? `The ${paper} of ${whose} was valid until ${expiresOn}.`
          : `The ${paper} of ${whose} is valid until ${expiresOn}.`,
        dedupeKey: `fleet-document/${documentId}/${revision}/${expired}`,
      },
      driverUserId,
    );
  }
}
