import {
  FuelCardRowRepository,
  type NewCardRow,
  type Owners,
} from '../../src/mobility/fleet/data/fuel-card-row.repository';
import { FuelCardRepository } from '../../src/mobility/fleet/data/fuel-card.repository';
import { providerKeyOf } from '../../src/mobility/fleet/domain/fuel-card';
import { FuelModule } from '../../src/mobility/fleet/fuel.module';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { raceImports, TAKEN_ONCE } from '../scenarios/card-imports';
import { FleetDesk } from '../support/fleet-desk';

describe('naive: read which transactions are known, then write the others', () => {
  it('must take each once', async () => {
    const desk = await FleetDesk.open([FuelModule]);
    try {
      await desk.begin();
      const unit = desk.app.get(UnitOfWork);
      const cards = desk.app.get(FuelCardRepository);
      const demand = cards.demand.bind(cards);
      // Knows the cards, and locks none.
      cards.demand = async (wanted, by) => {
        const tx = unit.current();
        const known = await tx.query<{ id: string; providerKey: string; lastFour: string }>(
          'select id, provider_key as "providerKey", last_four as "lastFour" from fleet.fuel_cards where tenant_id = $1',
          [tx.tenantId],
        );
        const all = wanted.every(({ provider, card }) =>
          known.some((it) => it.providerKey === providerKeyOf(provider) && it.lastFour === card),
        );
        return all ? known : demand(wanted, by);
      };
      desk.app.get(FuelCardRowRepository).insert = async (rows: readonly (NewCardRow & Owners)[]) => {
        const tx = unit.current();
        for (const row of rows)
          await tx.execute(
            `insert into fleet.fuel_card_rows (tenant_id, id, card_id, provider_key, row_key, digest, at, quantity, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, kernel.now())`,
            [tx.tenantId, newId(), row.cardId, row.providerKey, row.key, row.digest, row.at, row.quantity],
          );
        return [];
      };
      for (const lastFour of ['4180', '4181', '4182', '4183', '4184'])
        await desk.inside(() =>
          cards.insert({ id: newId(), provider: 'DKV', lastFour, label: null }, null).then(() => undefined),
        );
      expect(await raceImports(desk)).toEqual(TAKEN_ONCE);
    } finally {
      await desk.app.close();
    }
  }, 60_000);
});
