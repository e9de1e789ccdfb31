import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CLOSED_AFTER } from '../domain/login-throttle.policy';

/** Days that ended sessions and used links are kept: until then a reuse is told from nonsense. */
const KEPT_DAYS = 30;
/** Days after which a device that was not seen again is forgotten. */
const DEVICE_DAYS = 180;
/** Days that an account which strangers guessed at a hundred times stays closed to them, at least. */
const CLOSED_KEPT_DAYS = 365;
/** Days of one's own history of sign-ins. */
const HISTORY_DAYS = 365;
const AT_ONCE = 5_000;

/** Deletes what has ended long ago: sessions with their tokens, links, counters, retired keys. In small bites. */
export class PurgeExpiredCommand extends Command<{ deleted: number }> {}

@CommandHandler(PurgeExpiredCommand)
export class PurgeExpiredHandler implements ICommandHandler<PurgeExpiredCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute(): Promise<{ deleted: number }> {
    let deleted = 0;
    for (const sql of [
      // With its session goes the session's version: no token of it is good any more.
      `with gone as (delete from identity.sessions where id in (select id from identity.sessions
         where absolute_expires_at < kernel.now() - make_interval(days => ${KEPT_DAYS}) limit ${AT_ONCE} for update skip locked)
         returning id)
       delete from kernel.auth_versions where id in (select id from gone)`,
      `delete from identity.challenges where id in (select id from identity.challenges
         where expires_at < kernel.now() - make_interval(days => ${KEPT_DAYS}) limit ${AT_ONCE} for update skip locked)`,
      // Of flows nothing is left to tell: their codes and challenges died with them.
      `delete from identity.auth_flows where id in (select id from identity.auth_flows
         where expires_at < kernel.now() - interval '1 hour' limit ${AT_ONCE} for update skip locked)`,
      `delete from identity.factors where id in (select id from identity.factors
         where state = 'pending' and created_at < kernel.now() - interval '1 day' limit ${AT_ONCE} for update skip locked)`,
      `delete from identity.trusted_devices where ctid in (select ctid from identity.trusted_devices
         where trusted_until < kernel.now() limit ${AT_ONCE} for update skip locked)`,
      `delete from identity.factor_recoveries where id in (select id from identity.factor_recoveries
         where expires_at < kernel.now() - make_interval(days => ${HISTORY_DAYS}) limit ${AT_ONCE} for update skip locked)`,
      `delete from identity.sign_in_tickets where id in (select id from identity.sign_in_tickets
         where expires_at < kernel.now() - interval '1 day' limit ${AT_ONCE} for update skip locked)`,
      // A device that nobody signed in with for so long, and that no session is on, is a stranger when it comes back.
      `delete from identity.devices where (user_id, device_id) in (select d.user_id, d.device_id from identity.devices d
         where d.last_seen_at < kernel.now() - make_interval(days => ${DEVICE_DAYS})
           and not exists (select 1 from identity.sessions s where s.user_id = d.user_id and s.device_id = d.device_id)
         limit ${AT_ONCE} for update skip locked)`,
      // Failures in a row stay counted over the window of the waits, and longest where an account is closed to strangers.
      `delete from identity.throttles where key in (select key from identity.throttles
         where window_ends_at < kernel.now() - make_interval(days => case when failures >= ${CLOSED_AFTER} then ${CLOSED_KEPT_DAYS} else ${KEPT_DAYS} end)
         limit ${AT_ONCE} for update skip locked)`,
      `delete from identity.throttle_sightings where (source, identifier) in (select source, identifier from identity.throttle_sightings
         where window_ends_at < kernel.now() limit ${AT_ONCE} for update skip locked)`,
      `delete from identity.sign_ins where id in (select id from identity.sign_ins
         where at < kernel.now() - make_interval(days => ${HISTORY_DAYS}) limit ${AT_ONCE} for update skip locked)`,
      `delete from identity.signing_keys where state in ('verifying', 'revoked') and retires_at < kernel.now()`,
    ]) {
      deleted += await this.uow.run((tx) => tx.execute(sql), { tenantId: PLATFORM_TENANT });
    }
    return { deleted };
  }
}
