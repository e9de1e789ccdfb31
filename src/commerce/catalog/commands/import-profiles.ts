import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { invalid } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import { profileOf, type Profile } from '../../../kernel/tabular/profile';
import type { SavedProfile } from '../contracts/import-profiles';
import { PRODUCT_FIELDS } from '../contracts/import-products';
import { importProfileNotFound, importProfileTaken, staleImportProfile } from '../domain/catalog.errors';
import { findImportProfile } from '../queries/import-profiles';

/**
 * Keeps a mapping profile under a name.
 * @throws AppError invalid `tabular.bad-profile`, `catalog.no-product-sheet`; conflict `catalog.import-profile-taken`
 */
export class CreateImportProfileCommand extends Command<SavedProfile> {
  constructor(
    readonly name: string,
    readonly mapping: object,
  ) {
    super();
  }
}

/**
 * Puts another mapping in place of a profile's.
 * @param expectedVersion version that the caller saw (If-Match); null where it does not matter
 * @throws AppError not-found `catalog.import-profile-not-found`, precondition-failed `catalog.stale-import-profile`, and as create
 */
export class ChangeImportProfileCommand extends Command<SavedProfile> {
  constructor(
    readonly profileId: string,
    readonly mapping: object,
    readonly expectedVersion: number | null = null,
  ) {
    super();
  }
}

/** Imports that are running keep what they read of it. @throws AppError not-found `catalog.import-profile-not-found` */
export class RemoveImportProfileCommand extends Command<void> {
  constructor(readonly profileId: string) {
    super();
  }
}

/** A mapping that fills fields of products alone. */
function productProfile(name: string, mapping: object): Profile {
  const profile = profileOf({ ...mapping, name });
  const at = profile.sheets.findIndex((it) => it.entity === 'products');
  if (at < 0) throw invalid('catalog.no-product-sheet', 'The mapping has no sheet whose entity is "products".');
  const unknown = Object.keys(profile.sheets[at].columns).filter((field) => !Object.hasOwn(PRODUCT_FIELDS, field));
  if (unknown.length === 0) return profile;
  throw invalid('tabular.bad-profile', `The mapping fills "${unknown[0]}", which no product has.`, {
    hint: `There are ${Object.keys(PRODUCT_FIELDS).join(', ')}.`,
    errors: unknown.map((field) => ({
      pointer: `/mapping/sheets/${at}/columns/${field}`,
      code: 'unknown_field',
      detail: 'No product has this field.',
    })),
  });
}

@CommandHandler(CreateImportProfileCommand)
export class CreateImportProfileHandler implements ICommandHandler<CreateImportProfileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
  ) {}

  execute({ name, mapping }: CreateImportProfileCommand): Promise<SavedProfile> {
    const profile = productProfile(name, mapping);
    return this.uow.run(async (tx) => {
      const id = newId();
      const written = await tx.execute(
        `insert into catalog.import_profiles (tenant_id, id, name, mapping, version, created_at, updated_at)
         values ($1, $2, $3, $4::jsonb, 1, $5, $5) on conflict on constraint import_profiles_name do nothing`,
        [tx.tenantId, id, name, JSON.stringify(profile), clock.now()],
      );
      if (written === 0) throw importProfileTaken(name);
      return (await findImportProfile(this.database, { id }))!;
    });
  }
}

@CommandHandler(ChangeImportProfileCommand)
export class ChangeImportProfileHandler implements ICommandHandler<ChangeImportProfileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
  ) {}

  execute({ profileId, mapping, expectedVersion }: ChangeImportProfileCommand): Promise<SavedProfile> {
    return this.uow.run(async (tx) => {
      const before = await findImportProfile(this.database, { id: profileId });
      if (!before) throw importProfileNotFound();
      const written = await tx.execute(
        `update catalog.import_profiles set mapping = $3::jsonb, version = version + 1, updated_at = $4
         where tenant_id = $1 and id = $2 and ($5::int is null or version = $5)`,
        [tx.tenantId, profileId, JSON.stringify(productProfile(before.name, mapping)), clock.now(), expectedVersion],
      );
      const saved = await findImportProfile(this.database, { id: profileId });
      if (!saved) throw importProfileNotFound();
      if (written === 0) throw staleImportProfile(saved.version);
      return saved;
    });
  }
}

@CommandHandler(RemoveImportProfileCommand)
export class RemoveImportProfileHandler implements ICommandHandler<RemoveImportProfileCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ profileId }: RemoveImportProfileCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const removed = await tx.execute('delete from catalog.import_profiles where tenant_id = $1 and id = $2', [
        tx.tenantId,
        profileId,
      ]);
      if (removed === 0) throw importProfileNotFound();
    });
  }
}
