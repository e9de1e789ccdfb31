import { withSection, withSectionsOf } from '../../bench/report';

describe('the page of bench results', () => {
  const page = '# Bench\n\nA table.\n';

  it('keeps one section for each run on request, and replaces it', () => {
    const once = withSection(page, 'A large shop', 'First.\n');
    const twice = withSection(withSection(once, 'Imports', 'Files, $1 each.\n'), 'A large shop', 'Second.\n');
    expect(twice.match(/^## .+/gm)).toEqual(['## A large shop', '## Imports']);
    expect(twice).not.toContain('First.');
    expect(twice).toContain('Second.');
    expect(twice).toContain('Files, $1 each.');
  });

  it('keeps the sections when a full run writes the rest anew', () => {
    const before = withSection(withSection(page, 'A large shop', 'Large.\n'), 'Imports', 'Files.\n');
    const after = withSectionsOf(before, '# Bench\n\nAnother table.\n');
    expect(after).toContain('Another table.');
    expect(after).not.toContain('A table.');
    expect(after.match(/^## .+/gm)).toEqual(['## A large shop', '## Imports']);
    expect(withSectionsOf(after, '# Bench\n\nAnother table.\n')).toBe(after);
    expect(withSection(after, 'Imports', 'Files.\n')).toBe(after);
  });
});
