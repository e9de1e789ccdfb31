import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ShredSubjectCommand } from '../contracts/shred-subject';
import { SubjectKeys } from '../data/subject-keys';

@CommandHandler(ShredSubjectCommand)
export class ShredSubjectHandler implements ICommandHandler<ShredSubjectCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keys: SubjectKeys,
  ) {}

  execute({ subjectId, emails }: ShredSubjectCommand): Promise<{ keys: number; entries: number }> {
    const subjects = [subjectId, ...emails.flatMap((email) => this.keys.subjectsOfEmail(email))];
    return this.uow.run(async (tx) => {
      const keys = await tx.execute(
        'delete from audit.subject_keys where tenant_id = kernel.tenant_id() and subject_id = any($1::uuid[])',
        [subjects],
      );
      const digests = emails.flatMap((email) => this.keys.digests(tx.tenantId, 'email', email));
      const [{ entries }] = await tx.query<{ entries: number }>('select audit.forget_digests($1, $2) as entries', [
        subjectId,
        digests,
      ]);
      tx.afterCommit(() => this.keys.announceShredding(tx.tenantId, subjects));
      return { keys, entries };
    });
  }
}
