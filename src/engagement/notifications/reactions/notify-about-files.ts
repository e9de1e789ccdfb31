import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { FindUsersQuery } from '../../../access/identity/contracts/find-users';
import { MembersByRoleQuery } from '../../../access/organizations/contracts/members-by-role';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { FileInfected } from '../../files/contracts/file-events';
import { NotifyCommand } from '../contracts/notify';

/** Members that one notice goes to at most. */
const MOST_STAFF = 499;

const HOUR_MS = 3_600_000;

/**
 * Who uploaded a file hears that a virus was in it, once a file; and so does the staff that keeps files, once an hour and
 * uploader: whoever sends one virus after another does not fill other people's mailboxes.
 */
@Reaction({ name: 'notifications.notify-when-file-infected', on: FileInfected })
export class NotifyWhenFileInfected implements Reacts<FileInfected> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload, at }: StoredEvent<FileInfected>): Promise<void> {
    const { uploadedBy } = payload;
    const members = await this.queries.execute(new MembersByRoleQuery({ roles: ['owner', 'admin', 'staff'] }));
    const staff = members.map(({ userId }) => userId).filter((userId) => userId !== uploadedBy);
    const [uploader] = uploadedBy === null ? [] : await this.queries.execute(new FindUsersQuery({ ids: [uploadedBy] }));
    if (uploadedBy !== null) await this.tell([uploadedBy], payload, { own: true }, payload.fileId);
    if (staff.length === 0) return;
    const hour = Math.floor(at.getTime() / HOUR_MS);
    const whose = { uploader: uploader?.name ?? '' };
    await this.tell(staff.slice(0, MOST_STAFF), payload, whose, `${uploadedBy ?? 'nobody'}/${hour}`);
  }

  private async tell(
    userIds: string[],
    { fileId, name, signature }: StoredEvent<FileInfected>['payload'],
    whose: { own: true } | { uploader: string },
    once: string,
  ): Promise<void> {
    await this.commands.execute(
      new NotifyCommand({
        userIds,
        category: 'files',
        template: 'file-infected',
        data: { fileId, file: name, signature, ...whose },
        dedupeKey: `file-infected/${once}`,
      }),
    );
  }
}
