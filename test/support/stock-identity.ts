/**
 * The identities of stock as SQL: each row that comes back is a fault. Beneath each other: the journal explains every
 * lot and level, lots make up their level, open holds make up what is reserved of lot and level, and nothing is below
 * zero. Run inside the tenant wall, so for one shop.
 */
export const STOCK_FAULTS = `
  select 'movements of level' as fault, l.sku from inventory.stock_levels l
  where l.on_hand <> coalesce((select sum(m.quantity) from inventory.stock_movements m where m.level_id = l.id), 0)
  union all
  select 'movements of lot', t.sku from inventory.stock_lots t
  where t.on_hand <> coalesce((select sum(m.quantity) from inventory.stock_movements m where m.lot_id = t.id), 0)
  union all
  select 'lots of level', l.sku from inventory.stock_levels l
  join lateral (select coalesce(sum(t.on_hand), 0) as on_hand, coalesce(sum(t.reserved), 0) as reserved,
      coalesce(sum(t.unavailable), 0) as unavailable from inventory.stock_lots t where t.level_id = l.id) t on true
  where (l.on_hand, l.reserved, l.unavailable) <> (t.on_hand, t.reserved + l.backordered, t.unavailable)
  union all
  select 'holds of level', l.sku from inventory.stock_levels l
  join lateral (select coalesce(sum(x.quantity), 0) as quantity, coalesce(sum(x.backordered), 0) as backordered
      from inventory.reservation_lines x join inventory.inventory_reservations r on r.id = x.reservation_id
      where x.level_id = l.id and r.state in ('active', 'committed') and x.taken_over_at is null) x on true
  where (l.reserved, l.backordered) <> (x.quantity, x.backordered)
  union all
  select 'holds of lot', t.sku from inventory.stock_lots t
  where t.reserved <> coalesce((select sum(a.quantity) from inventory.reservation_allocations a
      join inventory.reservation_lines x on x.id = a.line_id join inventory.inventory_reservations r on r.id = a.reservation_id
      where a.lot_id = t.id and r.state in ('active', 'committed') and x.taken_over_at is null), 0)
  union all
  select 'lines and their lots', x.sku from inventory.reservation_lines x
  where x.quantity - x.backordered <> coalesce((select sum(a.quantity) from inventory.reservation_allocations a where a.line_id = x.id), 0)
     or x.shipped <> coalesce((select sum(a.shipped) from inventory.reservation_allocations a where a.line_id = x.id), 0)
  union all
  select 'twice for one cart', r.id::text from inventory.inventory_reservations r join orders.carts c on c.id = r.reference_id
  where r.reference_type = 'cart' and r.state = 'active' and (c.order_id is not null or c.merged_into is not null)
  union all
  select 'shipped goods of lot', t.sku from inventory.stock_lots t
  where coalesce((select sum(a.shipped - a.returned) from inventory.reservation_allocations a where a.lot_id = t.id), 0)
     <> -coalesce((select sum(m.quantity) from inventory.stock_movements m where m.lot_id = t.id and m.kind in ('shipment', 'return')), 0)
  union all
  select 'under way to level', l.sku from inventory.stock_levels l
  where l.expected < coalesce((select sum(x.shipped - x.received - x.lost - x.returned) from inventory.stock_transfer_lines x
      join inventory.stock_transfers r on r.id = x.transfer_id where x.sku = l.sku and r.to_location_id = l.location_id), 0)
  union all
  select 'lots under way', x.sku from inventory.stock_transfer_lines x
  where (x.shipped, x.received, x.lost, x.returned) is distinct from (select (coalesce(sum(t.quantity), 0)::bigint, coalesce(sum(t.received), 0)::bigint, coalesce(sum(t.lost), 0)::bigint, coalesce(sum(t.returned), 0)::bigint)
      from inventory.stock_transfer_lots t where t.line_id = x.id)
  union all
  select 'movements of transfers', x.sku from inventory.stock_transfer_lines x
  where x.shipped - x.received - x.lost - x.returned <> 0 and not exists (select from inventory.stock_transfers r where r.id = x.transfer_id and r.state = 'shipped')
  union all
  select 'states of lot', t.sku from inventory.stock_lots t
  where t.unavailable <> coalesce((select sum(s.quantity) from inventory.unavailable_stock s where s.lot_id = t.id), 0)
  union all
  select 'changes of state', s.sku from inventory.unavailable_stock s
  where s.quantity <> coalesce((select sum(case when c.to_state = s.state then c.quantity else -c.quantity end) from inventory.stock_state_changes c
      where c.lot_id = s.lot_id and s.state in (c.from_state, c.to_state)), 0)
  union all
  select 'serials of lot', t.sku from inventory.stock_lots t
  where t.serialized and t.on_hand <> (select count(*) from inventory.serials s where s.lot_id = t.id and s.state = 'in_stock')
  union all
  select 'tracked lots', t.sku from inventory.stock_lots t
  where t.serialized <> exists (select from inventory.item_settings i where i.sku = t.sku and i.serials)
  union all
  select 'serials by state', t.sku from inventory.stock_lots t
  where t.serialized and t.unavailable <> (select count(*) from inventory.serials s where s.lot_id = t.id and s.state = 'in_stock' and s.condition <> 'available')
  union all
  select 'serials under way', x.sku from inventory.stock_transfer_lots t join inventory.stock_transfer_lines x on x.id = t.line_id
    join inventory.item_settings i on i.sku = x.sku and i.serials
  where t.quantity - t.received - t.lost - t.returned <> (select count(*) from inventory.serials s where s.transfer_lot_id = t.id)
  union all
  select 'serials shipped', s.sku from inventory.serials s where s.state = 'shipped'
  group by s.sku, s.lot_id, s.reference_id having count(*) > (select coalesce(sum(a.shipped - a.returned), 0)
    from inventory.reservation_allocations a join inventory.inventory_reservations r on r.id = a.reservation_id
    where a.lot_id = s.lot_id and r.reference_id = s.reference_id)
  union all
  select 'below zero', t.sku from inventory.stock_lots t where t.on_hand - t.unavailable - t.reserved < 0`;
