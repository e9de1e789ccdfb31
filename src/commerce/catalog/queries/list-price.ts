/**
 * The price list that gives the price of a variant `v`, as a lateral join `l` (`amount`, `list_id`); see
 * `ResolvePricesQuery` for which it is. The arguments are SQL.
 */
export const listPrice = ({
  quantity,
  currency,
  groups,
  at,
}: Record<'quantity' | 'currency' | 'groups' | 'at', string>): string => `left join lateral (
    select p.amount, p.list_id from catalog.list_prices p
    join catalog.price_lists pl on pl.tenant_id = p.tenant_id and pl.id = p.list_id
    where p.tenant_id = v.tenant_id and p.variant_id = v.id and p.min_quantity <= ${quantity}
      and pl.active and pl.currency = coalesce(${currency}, v.price_currency)
      and (pl.customer_group_id is null or pl.customer_group_id = any(${groups}::uuid[]))
      and (pl.valid_from is null or pl.valid_from <= coalesce(${at}::timestamptz, kernel.now()))
      and (pl.valid_until is null or pl.valid_until > coalesce(${at}::timestamptz, kernel.now()))
    order by pl.customer_group_id is null, pl.priority desc, pl.valid_from desc nulls last, pl.id, p.min_quantity desc
    limit 1
  ) l on true`;
