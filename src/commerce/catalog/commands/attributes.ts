import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { Attribute, type AttributeChange } from '../domain/attribute';
import { attributeNotFound, attributeTaken } from '../domain/catalog.errors';
import type { AttributeDefinition } from '../domain/presentation';
import { attributeView, type AttributeView } from '../queries/attributes';

/** A new attribute. @throws AppError conflict `catalog.attribute-taken`, invalid `catalog.choices-invalid` */
export class CreateAttributeCommand extends Command<AttributeView> {
  constructor(readonly attribute: AttributeChange & { code: string; name: string; type: AttributeDefinition['type'] }) {
    super();
  }
}

/** Changes what is named; code and type stay. @throws AppError not-found `catalog.attribute-not-found`, invalid `catalog.choices-invalid` */
export class ChangeAttributeCommand extends Command<AttributeView> {
  constructor(
    readonly attributeId: string,
    readonly change: AttributeChange,
  ) {
    super();
  }
}

@CommandHandler(CreateAttributeCommand)
export class CreateAttributeHandler implements ICommandHandler<CreateAttributeCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ attribute: data }: CreateAttributeCommand): Promise<AttributeView> {
    return this.uow.run(async (tx) => {
      const attribute = Attribute.create(data, clock.now());
      try {
        await tx.store.save(attribute);
      } catch (error) {
        if ((error as { constraint?: string }).constraint === 'attributes_code') throw attributeTaken(data.code);
        throw error;
      }
      return attributeView(attribute);
    });
  }
}

@CommandHandler(ChangeAttributeCommand)
export class ChangeAttributeHandler implements ICommandHandler<ChangeAttributeCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ attributeId, change }: ChangeAttributeCommand): Promise<AttributeView> {
    return this.uow.run(async (tx) => {
      const attribute = await tx.store.load(Attribute, attributeId, { lock: 'no-key-update' });
      if (!attribute) throw attributeNotFound();
      attribute.change(change, clock.now());
      await tx.store.save(attribute);
      return attributeView(attribute);
    });
  }
}
