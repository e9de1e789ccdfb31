import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { AddMemberCommand } from '../access/organizations/contracts/add-member';
import { CreateOrganizationCommand } from '../access/organizations/contracts/create-organization';
import { FindOrganizationQuery } from '../access/organizations/contracts/find-organization';
import { CreateUserCommand } from '../access/identity/contracts/create-user';
import { FindVariantsBySkuQuery } from '../commerce/catalog/contracts/find-variants-by-sku';
import { ImportProductsCommand } from '../commerce/catalog/contracts/import-products';
import { EnsureCustomerCommand } from '../commerce/customers/contracts/ensure-customer';
import { ImportCustomersCommand } from '../commerce/customers/contracts/import-customers';
import { SetStockCommand } from '../commerce/inventory/contracts/set-stock';
import { ImportOrdersCommand, type ImportedOrder } from '../commerce/orders/contracts/import-orders';
import { SYSTEM } from '../kernel/auth/principal';
import { clock } from '../kernel/clock/clock';
import type { Config } from '../kernel/config/config';
import { runInContext } from '../kernel/context/request-context';
import { UnitOfWork } from '../kernel/database/unit-of-work';
import { newId, newSecret } from '../kernel/ids/ids';
import { DEMO_CUSTOMERS, DEMO_PRODUCTS, DEMO_SHOP, DEMO_STOCK } from './demo-shop';

const DAY_MS = 86_400_000;

/** One line of the start block. */
interface Fact {
  key: string;
  label: string;
  value: string;
}

/**
 * Fills an empty database with the demo tenant, in one transaction: a shop with products, stock, customers and past
 * orders, and one account of each role. The password is generated and shown once. A second run finds the shop and
 * changes nothing.
 */
export async function seed(app: INestApplicationContext, config: Config): Promise<{ firstLogin: Fact[] }> {
  if (!config.seed) return { firstLogin: [] };
  const commands = app.get(CommandBus, { strict: false });
  const queries = app.get(QueryBus, { strict: false });
  return runInContext({ tenantId: null, principal: SYSTEM, requestId: newId() }, async () => {
    if (await queries.execute(new FindOrganizationQuery({ slug: DEMO_SHOP.slug }))) return { firstLogin: [] };
    const tenantId = newId();
    const password = newSecret(12);
    await app.get(UnitOfWork).run(
      async () => {
        const account = (role: string, name: string, operator = false): Promise<{ userId: string }> =>
          commands.execute(
            new CreateUserCommand({ email: `${role}@demo.test`, name, password, verified: true, operator }),
          );
        const owner = await account('owner', 'Olive Owner');
        await commands.execute(
          new CreateOrganizationCommand({
            id: tenantId,
            name: DEMO_SHOP.name,
            slug: DEMO_SHOP.slug,
            ownerUserId: owner.userId,
          }),
        );
        const staff = await account('staff', 'Sam Staff');
        await commands.execute(new AddMemberCommand({ tenantId, userId: staff.userId, role: 'staff' }));
        const shopper = await account('shopper', 'Sasha Shopper');
        await commands.execute(new AddMemberCommand({ tenantId, userId: shopper.userId, role: 'customer' }));
        await commands.execute(
          new EnsureCustomerCommand({ email: 'shopper@demo.test', name: 'Sasha Shopper', userId: shopper.userId }),
        );
        await account('operator', 'Otis Operator', true);
        await fillShop(commands, queries);
      },
      { tenantId },
    );
    return {
      firstLogin: [
        {
          key: 'login',
          label: 'First login',
          value: 'owner@demo.test, staff@demo.test, shopper@demo.test, operator@demo.test',
        },
        { key: 'password', label: 'Password', value: password },
        { key: 'passwordNote', label: '', value: 'one password for all four, shown this once' },
      ],
    };
  });
}

/** Products, stock, customers and three months of orders; joins the transaction of the seed. */
async function fillShop(commands: CommandBus, queries: QueryBus): Promise<void> {
  await commands.execute(new ImportProductsCommand({ rows: DEMO_PRODUCTS }));
  await commands.execute(new SetStockCommand({ lines: DEMO_STOCK, reason: 'opening stock', document: 'seed' }));
  await commands.execute(
    new ImportCustomersCommand({
      rows: DEMO_CUSTOMERS.map(([name, email, city, country], index) => ({
        line: index + 1,
        name,
        email,
        city,
        country,
      })),
    }),
  );
  const customers = new Map<string, string>();
  for (const [name, email] of DEMO_CUSTOMERS) {
    customers.set(email, (await commands.execute(new EnsureCustomerCommand({ email, name }))).id);
  }
  const variants = await queries.execute(new FindVariantsBySkuQuery({ skus: DEMO_STOCK.map(({ sku }) => sku) }));
  const orders: ImportedOrder[] = [];
  for (let n = 0; n < 60; n++) {
    const [customerName, email, city, country] = DEMO_CUSTOMERS[(n * 5) % DEMO_CUSTOMERS.length];
    const placedAt = new Date(clock.nowMs() - (90 - n * 1.5) * DAY_MS);
    // The last days' orders still wait for their parcel.
    const shippedAt = n < 52 ? new Date(placedAt.getTime() + DAY_MS).toISOString() : null;
    const picked = Array.from({ length: 1 + (n % 3) }, (_, k) => variants[(n * 7 + k * 3) % variants.length]);
    orders.push({
      line: n + 1,
      number: `D-${1001 + n}`,
      customerId: customers.get(email) ?? null,
      customerName,
      email,
      placedAt: placedAt.toISOString(),
      shippedAt,
      shippingAddress: { name: customerName, line1: `Quay ${n + 1}`, city, region: null, postalCode: null, country },
      shipping: { amount: 490, currency: DEMO_SHOP.currency },
      lines: picked.map((variant, k) => ({
        line: n + 1,
        sku: variant.sku,
        variantId: variant.variantId,
        productId: variant.productId,
        productName: variant.productName,
        variantName: variant.name,
        categoryId: variant.categoryId,
        categoryName: variant.categoryName,
        quantity: 1 + ((n + k) % 3),
        unitPrice: variant.price,
        discountBasisPoints: n % 10 === 0 ? 1_000 : 0,
      })),
    });
  }
  await commands.execute(new ImportOrdersCommand({ orders }));
}
