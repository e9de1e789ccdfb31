import { readFileSync } from 'node:fs';
import path from 'node:path';
import { OF_OWNERS_ALONE, PERMISSIONS, expandPattern } from '../../src/access/identity/domain/permissions';
import { SYSTEM_ROLE_KEYS } from '../../src/access/organizations/contracts/roles';
import { SYSTEM_ROLES } from '../../src/access/identity/domain/system-roles';
import { ROOT, sources } from './scan';

/** Where permissions are defined, not asked for. */
const DEFINITIONS = /^src\/access\/identity\/domain\/(?:permissions|system-roles)\.ts$/;
const ASKED = [
  /@Allow(?:OnResource)?\(([^)]*)\)/g,
  /\b(?:hasPermission|mayHavePermission|requirePermission)\(([^()]*(?:\([^()]*\))?[^()]*)\)/g,
];
const LITERAL = /'([a-z][a-z-]*:[a-z][a-z-]*)'/g;

/** Each permission that the text of a source asks for. */
function askedBy(text: string): string[] {
  return ASKED.flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([, args]) => [...args.matchAll(LITERAL)].map(([, permission]) => permission)),
  );
}

describe('permissions', () => {
  const texts = sources('src')
    .map(({ file }) => file)
    .filter((file) => !DEFINITIONS.test(file) && !/spec\.ts$/.test(file))
    .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));

  it('that routes and handlers ask for are in the catalogue', () => {
    const unknown = texts.flatMap(({ file, text }) =>
      askedBy(text)
        .filter((permission) => !Object.hasOwn(PERMISSIONS, permission))
        .map((permission) => `${file}: ${permission}`),
    );
    expect(unknown).toEqual([]);
  });

  it('are caught where they are not', () => {
    expect(
      askedBy(
        `@Allow('a:read', 'b:write-own') x() {} if (hasPermission(currentContext().principal, 'c:d', { owner })) y`,
      ),
    ).toEqual(['a:read', 'b:write-own', 'c:d']);
  });

  it('of the catalogue are asked for somewhere, and say what they let one do', () => {
    const all = texts.map(({ text }) => text).join('\n');
    const idle = Object.keys(PERMISSIONS).filter(
      (permission) => !all.includes(`'${permission}'`) && !all.includes(`'${permission.replace(/-own$/, '')}'`),
    );
    expect(idle).toEqual([]);
    for (const [permission, sentence] of Object.entries(PERMISSIONS)) {
      expect(permission).toMatch(/^[a-z][a-z-]*:[a-z][a-z-]*$/);
      expect(sentence).toMatch(/^[A-Z].{10,}\.$/);
    }
  });

  it('are bundled in the roles that organizations take for given', () => {
    expect([...SYSTEM_ROLE_KEYS]).toEqual(SYSTEM_ROLES.map(({ key }) => key));
  });

  it('of system roles exist; the owner has all of them, and some alone', () => {
    for (const { key, permissions } of SYSTEM_ROLES) {
      for (const pattern of permissions)
        expect([key, pattern, expandPattern(pattern).length > 0]).toEqual([key, pattern, true]);
    }
    const holders = (permission: string): string[] =>
      SYSTEM_ROLES.filter((role) => role.permissions.some((one) => expandPattern(one).includes(permission))).map(
        ({ key }) => key,
      );
    for (const permission of Object.keys(PERMISSIONS)) expect(holders(permission)).toContain('owner');
    for (const permission of OF_OWNERS_ALONE) expect(holders(permission)).toEqual(['owner']);
  });

  it('are given and taken with a fresh proof of identity alone: a stolen token makes no accomplice', () => {
    const wanted = [
      'createGrant',
      'revokeGrant',
      'createRole',
      'changeRole',
      'deleteRole',
      'assignRoles',
      'manageUsers',
    ]
      .concat(['changeMember', 'removeMember', 'inviteMember', 'resendInvitation', 'createUser'])
      .concat([
        'addTeamMember',
        'removeTeamMember',
        'createApiKey',
        'changeApiKey',
        'rotateApiKey',
        'changeSecurityPolicy',
      ]);
    const { paths } = JSON.parse(readFileSync(path.join(ROOT, 'docs/openapi.json'), 'utf8')) as {
      paths: Record<string, Record<string, { operationId?: string; 'x-step-up'?: object }>>;
    };
    const fresh = Object.values(paths)
      .flatMap((operations) => Object.values(operations))
      .flatMap((operation) => (operation['x-step-up'] ? [operation.operationId] : []));
    expect(wanted.filter((operation) => !fresh.includes(operation))).toEqual([]);
  });
});
