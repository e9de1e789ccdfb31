import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { choicesInvalid } from './catalog.errors';
import type { AttributeDefinition } from './presentation';

export interface AttributeChange {
  name?: string;
  unit?: string | null;
  filterable?: boolean;
  /** All of them; choices are added and ordered, none goes that products may have. */
  choices?: string[];
}

/** A typed quality of products, such as a colour or a material; its code and type stay for its life. */
@Entity({ schema: 'catalog', name: 'attributes' })
export class Attribute implements AttributeDefinition {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') code: string;
  @Column('text') name: string;
  @Column('text') type: AttributeDefinition['type'];
  @Column('jsonb', { nullable: true }) choices: string[] | null;
  @Column('text', { nullable: true }) unit: string | null;
  /** Whether searches count and narrow by it. */
  @Column('boolean') filterable: boolean;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** @throws AppError invalid `catalog.choices-invalid` */
  static create(
    data: AttributeChange & { code: string; name: string; type: AttributeDefinition['type'] },
    at: Date,
  ): Attribute {
    const { code, type } = data;
    const nothing = { unit: null, filterable: true, choices: type === 'choice' ? [] : null };
    const attribute = Object.assign(new Attribute(), nothing, { id: newId(), code, type, createdAt: at });
    attribute.change(data, at);
    if (type === 'choice' && attribute.choices!.length === 0) throw choicesInvalid('A choice needs choices.');
    return attribute;
  }

  /** @throws AppError invalid `catalog.choices-invalid` */
  change({ name, unit, filterable, choices }: AttributeChange, at: Date): void {
    if (name !== undefined) this.name = name.trim();
    if (unit !== undefined) this.unit = unit;
    if (filterable !== undefined) this.filterable = filterable;
    if (choices !== undefined) {
      if (this.type !== 'choice') throw choicesInvalid(`An attribute of type ${this.type} has no choices.`);
      if (new Set(choices).size < choices.length) throw choicesInvalid('A choice is named twice.');
      const gone = this.choices!.find((choice) => !choices.includes(choice));
      if (gone !== undefined) throw choicesInvalid(`"${gone}" stays a choice: products may have it.`);
      this.choices = choices;
    }
    this.updatedAt = at;
  }
}
