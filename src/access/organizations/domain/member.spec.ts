import { MemberJoined, MemberRemoved, MemberRoleChanged } from '../contracts/organization-events';
import { newId } from '../../../kernel/ids/ids';
import { Member } from './member';
import { Organization } from './organization';

describe('members', () => {
  const joined = (role: 'owner' | 'staff' | 'customer'): Member => {
    const member = Member.join(newId(), role);
    member.pullEvents();
    return member;
  };

  it('say that they joined', () => {
    const member = Member.join(newId(), 'staff');
    expect(member.pullEvents()).toEqual([expect.any(MemberJoined)]);
  });

  it('keep the last owner', () => {
    expect(() => joined('owner').changeRole('staff', 1)).toThrow('organizations.last-owner');
    expect(() => joined('owner').leave(1)).toThrow('organizations.last-owner');
  });

  it('let one of two owners go, and others always', () => {
    const owner = joined('owner');
    owner.changeRole('staff', 2);
    expect(owner.role).toBe('staff');
    expect(owner.pullEvents()).toEqual([expect.any(MemberRoleChanged)]);
    const staff = joined('staff');
    staff.leave(1);
    expect(staff.pullEvents()).toEqual([expect.any(MemberRemoved)]);
  });

  it('say nothing when the role stays', () => {
    const owner = joined('owner');
    owner.changeRole('owner', 1);
    expect(owner.pullEvents()).toEqual([]);
  });

  it('know the order of roles', () => {
    expect(joined('customer').isWeakerThan('staff')).toBe(true);
    expect(joined('owner').isWeakerThan('customer')).toBe(false);
    expect(joined('staff').isWeakerThan('staff')).toBe(false);
  });
});

describe('organizations', () => {
  it('merge settings and drop what is set to null', () => {
    const shop = Organization.create({
      id: newId(),
      slug: 'shop-1',
      name: 'Shop',
      ownerUserId: newId(),
      settings: { locale: 'de', currency: 'EUR' },
    });
    shop.change({ settings: { currency: null, contact: { phone: '123456' } } });
    expect(shop.settings).toEqual({ locale: 'de', contact: { phone: '123456' } });
    expect(shop.name).toBe('Shop');
  });
});
