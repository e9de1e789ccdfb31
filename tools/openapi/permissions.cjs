'use strict';
/**
 * The declared rights: which operation of the API document each role of the product may call. Written to
 * docs/permissions.json, which a test compares with what a running server does, and to docs/permissions.md for people.
 */
const fs = require('node:fs');
const path = require('node:path');
require('../typescript.cjs');

const docs = path.resolve(__dirname, '../../docs');
const METHODS = ['get', 'head', 'put', 'post', 'patch', 'delete'];

/** Columns: nobody signed in, then the product's roles. */
function declaredRights(document) {
  const { PERMISSIONS } = require('../../src/access/identity/domain/permissions.ts');
  const { rolesWith, SYSTEM_ROLES } = require('../../src/access/identity/domain/system-roles.ts');
  const roles = SYSTEM_ROLES.map(({ key }) => key);
  const callers = (needs) => {
    if (needs.length === 0) return ['guest', ...roles];
    if (needs.includes('authenticated')) return roles;
    if (needs.includes('operator')) return [];
    return roles.filter((role) => needs.some((permission) => rolesWith(permission).includes(role)));
  };
  const operations = Object.entries(document.paths).flatMap(([route, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const { operationId, 'x-permission': needs } = item[method];
      return { operation: operationId, method: method.toUpperCase(), path: route, needs, callers: callers(needs) };
    }),
  );
  const permissions = Object.entries(PERMISSIONS).map(([permission, description]) => ({
    permission,
    description,
    roles: rolesWith(permission),
  }));
  return {
    roles,
    permissions,
    operations: operations.sort((a, b) => (a.path + a.method < b.path + b.method ? -1 : 1)),
  };
}

const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const mark = (held) => (held ? '✓' : '');
const NEEDS = { authenticated: 'a sign-in', operator: 'an operator' };

function forPeople({ roles, permissions, operations }) {
  return `# Permissions

Made from the catalogue of permissions, the roles of the product and the API document; \`npm run openapi\` writes it. Organizations
make further roles of these permissions (\`POST /api/v1/roles\`) and grant them to users, teams and API keys
(\`POST /api/v1/grants\`). \`-own\` reaches the caller's own things alone.

## What each permission lets its holder do

${table(
  ['Permission', '', ...roles],
  permissions.map(({ permission, description, roles: holders }) => [
    `\`${permission}\``,
    description,
    ...roles.map((role) => mark(holders.includes(role))),
  ]),
)}

## Who may call what

What a handler then shows may be narrower: a customer's list of orders holds the customer's own.

${table(
  ['Operation', 'Needs', 'guest', ...roles],
  operations.map(({ method, path: route, needs, callers }) => [
    `\`${method} ${route}\``,
    needs.length === 0 ? 'nothing' : needs.map((need) => NEEDS[need] ?? `\`${need}\``).join(' or '),
    ...['guest', ...roles].map((caller) => mark(callers.includes(caller))),
  ]),
)}
`;
}

/**
 * Writes both files, or says where they are not what the document gives.
 * @returns names of the files that differ (with `check`) or were written
 */
function permissionFiles(document, check) {
  const rights = declaredRights(document);
  const files = {
    'permissions.json': `${JSON.stringify(rights, null, 2)}\n`,
    'permissions.md': forPeople(rights),
  };
  return Object.entries(files).flatMap(([name, text]) => {
    const file = path.join(docs, name);
    if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return [];
    if (!check) fs.writeFileSync(file, text);
    return [`docs/${name}`];
  });
}

module.exports = { permissionFiles };
