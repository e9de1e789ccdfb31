'use strict';
/**
 * The automatable rows of OWASP ASVS 5.0 that Mainstay answers to, each with the checks that prove it: a file and a part
 * of a test's full name. A row passes when it names at least one test and all that it names passed. `later` says why a
 * row cannot be checked yet; such a row is no pass.
 */
const own = (name) => `test/asvs/${name}.asvs-spec.ts`;
const WIRE = 'src/kernel/http/http-wire.int-spec.ts';
const FILES = 'src/engagement/files/files.int-spec.ts';
const INSPECTION = 'src/engagement/files/inspection.int-spec.ts';
const UPLOADS = 'src/engagement/files/http/files.e2e-spec.ts';
const identity = (name) => `src/access/identity/http/${name}.e2e-spec.ts`;

const ROWS = [
  {
    ids: ['3.4.3', '3.4.4', '3.4.5', '3.4.6', '13.4.6'],
    what: 'security fields on every operation and every error',
    by: [
      [own('edge'), 'security fields'],
      [WIRE, 'security fields on every failure'],
    ],
  },
  { ids: ['14.3.2'], what: 'no caching of what signed-in callers read', by: [[own('edge'), 'out of caches']] },
  { ids: ['3.4.1'], what: 'HSTS where the public address is https', by: [[own('transport'), 'HSTS']] },
  {
    ids: ['3.3.1', '3.3.2', '3.3.3', '3.3.4'],
    what: 'attributes of cookies',
    by: [
      [own('transport'), 'cookies'],
      [identity('session-cookies'), 'keep tokens out of the answer'],
    ],
  },
  {
    ids: ['3.4.2'],
    what: 'CORS by an exact list',
    by: [
      [own('edge'), 'only named origins'],
      [identity('session-cookies'), 'origins that their organization allows'],
    ],
  },
  {
    ids: ['3.5.1', '3.5.2'],
    what: 'no cross-site change with a cookie',
    by: [
      [identity('session-cookies'), 'change only what a page of ours asks for'],
      [identity('session-cookies'), 'are refreshed by their cookie'],
      [identity('session-cookies'), 'open sockets for pages of ours alone'],
    ],
  },
  { ids: ['3.5.3'], what: 'GET changes nothing', by: [[own('edge'), 'changes nothing by GET']] },
  {
    ids: ['4.1.1'],
    what: 'content types with charset, others refused',
    by: [
      [own('edge'), 'security fields'],
      [own('edge'), 'no more fields'],
    ],
  },
  {
    ids: ['4.1.4', '13.4.4'],
    what: 'TRACE and undeclared methods',
    by: [
      [own('edge'), 'refuses TRACE'],
      [WIRE, 'mirrors nothing to TRACE'],
    ],
  },
  {
    ids: ['4.1.3', '15.3.4'],
    what: 'no forwarded address is believed',
    by: [
      [own('edge'), 'no forwarded address'],
      [WIRE, 'believes a proxy that it trusts'],
      ['test/flows/rate-limits.e2e-spec.ts', 'calls of one address through'],
    ],
  },
  {
    ids: ['4.2.1'],
    what: 'ambiguous requests on a raw socket',
    by: [
      [own('edge'), 'ambiguous requests'],
      [WIRE, 'two readers could read differently'],
    ],
  },
  {
    ids: ['6.2.1', '6.2.2', '6.2.5', '6.2.6', '6.2.7', '6.2.9'],
    what: 'passwords of any script and length',
    by: [
      [own('passwords'), 'taken as they are'],
      [own('passwords'), 'thousand and of a million'],
    ],
  },
  {
    ids: ['6.2.8'],
    what: 'no trimming or folding; NFKC for the hash alone',
    by: [[own('passwords'), 'not trimmed or folded']],
  },
  {
    ids: ['6.2.4', '6.2.11', '6.2.12'],
    what: 'common and contextual passwords',
    by: [[own('passwords'), 'refused when short']],
  },
  {
    ids: ['6.2.3', '6.2.10'],
    what: 'changed by who knows it, no periodic change',
    by: [['test/flows/accounts.int-spec.ts', 'is changed by who knows it']],
  },
  {
    ids: ['6.4.2', '6.4.6'],
    what: 'no hints; administrators choose no password',
    by: [[own('passwords'), 'need no hint']],
  },
  {
    ids: ['6.3.1', 'C5'],
    what: '200 wrong passwords at once, known device, wait',
    by: [['test/flows/sign-in-throttle.int-spec.ts', 'reach the hash five times']],
  },
  { ids: ['6.3.8'], what: 'enumeration by answer and time', by: [[own('timing'), 'nothing tells whether']] },
  {
    ids: ['6.5.1', '6.6.2', 'C3'],
    what: 'codes once, bound to their flow',
    by: [
      [identity('mfa'), 'of fifty at the same time'],
      [identity('mfa'), 'good in one flow'],
    ],
  },
  { ids: ['6.5.2', '6.5.3'], what: 'backup codes', by: [[identity('mfa'), 'work once, tell their owner']] },
  { ids: ['6.5.5', '6.6.3'], what: 'lifetimes and tries of codes', by: [[identity('mfa'), 'ends after ten minutes']] },
  { ids: ['6.7.1', '6.7.2'], what: 'passkeys', by: [[identity('passkeys'), 'answer a challenge once']] },
  {
    ids: ['7.2.3', '9.2.3'],
    what: 'entropy and use of tokens',
    by: [
      [own('tokens'), 'of one kind'],
      [own('tokens'), 'end within five seconds'],
    ],
  },
  {
    ids: ['7.2.4'],
    what: 'new tokens at sign-in and step-up',
    by: [[identity('mfa-policy'), 'the old ones are void']],
  },
  {
    ids: ['7.4.1', '7.4.2', '7.4.3', '7.4.4', '7.4.5'],
    what: 'ended sessions end everywhere',
    by: [
      [own('sessions'), 'C2'],
      [identity('sessions'), 'ends one or all others'],
      ['test/flows/accounts.int-spec.ts', 'signed out everywhere'],
    ],
  },
  { ids: ['7.5.1', '7.5.2'], what: 'fresh proof for sensitive changes', by: [[identity('mfa-policy'), 'RFC 9470']] },
  { ids: ['7.1.2', 'C4'], what: 'cap of three under thirty sign-ins', by: [[own('sessions'), 'C4']] },
  {
    ids: ['8.2.1', '8.2.2', '8.4.1'],
    what: 'one tenant and the things of another, over every operation',
    by: [
      ['test/flows/cross-tenant.e2e-spec.ts', 'behind both layers'],
      ['test/flows/cross-tenant.e2e-spec.ts', 'row-level security alone'],
      ['test/flows/cross-tenant.e2e-spec.ts', 'scoping alone'],
    ],
  },
  {
    ids: ['8.2.3'],
    what: 'generated matrix of roles and operations',
    by: [['test/flows/permission-matrix.e2e-spec.ts', '']],
  },
  { ids: ['8.3.2'], what: 'rights that were taken away', by: [[own('rights'), 'gone with the next request']] },
  {
    ids: ['C7'],
    what: 'last owner, circle of roles',
    by: [
      [own('rights'), 'C7'],
      [identity('grants'), 'refuse a circle of roles'],
    ],
  },
  {
    ids: ['5.2.1', '5.2.4'],
    what: 'uploads no larger and no more than there is room for',
    by: [
      [FILES, 'than the plan has room for'],
      [UPLOADS, 'refuses what lies'],
    ],
  },
  {
    ids: ['5.2.2'],
    what: 'the type of a file by its bytes',
    by: [
      [FILES, 'types that lie'],
      [UPLOADS, 'refuses forms that are broken, lie'],
    ],
  },
  {
    ids: ['5.2.3', '5.2.5', '5.3.3'],
    what: 'archives that unfold too far, are locked, or lead out of their folder',
    by: [[INSPECTION, 'keeps shut what unfolds too far']],
  },
  { ids: ['5.2.6'], what: 'pictures of too many pixels', by: [[INSPECTION, 'refuses pictures that unfold too far']] },
  {
    ids: ['5.3.1', '5.4.1', '5.4.2'],
    what: 'what is handed out runs nowhere, under an encoded name',
    by: [[UPLOADS, 'takes a form, and hands the file out']],
  },
  {
    ids: ['5.3.2'],
    what: 'names of files in the storage are our own',
    by: [
      [FILES, 'keeps bytes under names of its own'],
      [FILES, 'refuses tricks in names'],
    ],
  },
  {
    ids: ['5.4.3'],
    what: 'a real virus scanner finds EICAR in every form; without its word nothing is handed out',
    by: [
      [INSPECTION, 'finds what it looks for'],
      [INSPECTION, 'sets infected bytes apart'],
      [INSPECTION, 'wait where nobody decided'],
    ],
  },
  {
    ids: ['9.1.1', '9.1.2', '9.1.3', '9.2.1', '9.2.2', '9.2.4'],
    what: 'attacks on tokens, by an independent library',
    by: [
      [own('tokens'), 'verify with the published keys'],
      [own('tokens'), 'are refused when'],
    ],
  },
  {
    ids: ['10.4.5', 'C1'],
    what: 'refresh tokens: one successor, reuse ends the family',
    by: [[own('sessions'), 'C1']],
  },
  {
    ids: ['10.4.8', '10.4.9', 'C2'],
    what: 'refresh against revocation and change of password',
    by: [[own('sessions'), 'C2']],
  },
  { ids: ['C8'], what: 'a process killed while it refreshes', by: [[own('sessions'), 'C8']] },
  {
    ids: ['10.4.2', '10.4.6'],
    what: 'authorization codes and PKCE',
    later: 'Mainstay is no OAuth server: it issues no authorization codes',
  },
  {
    ids: ['C6'],
    what: 'rate limit over four processes',
    by: [['test/flows/rate-limits.e2e-spec.ts', 'calls of one address through']],
  },
  {
    ids: ['11.3.1', '11.3.2', '11.4.1', '11.5.1'],
    what: 'no broken cipher, hash or random numbers',
    by: [[own('crypto'), 'nothing broken']],
  },
  { ids: ['11.3.3'], what: 'changed or moved ciphertext', by: [[own('crypto'), 'of which a byte was changed']] },
  { ids: ['11.3.4'], what: 'nonces', by: [[own('crypto'), 'nonce twice']] },
  { ids: ['13.3.1', '13.3.2', '16.2.5'], what: 'canary secrets', by: [[own('secrets'), 'holds no secret']] },
  { ids: ['14.2.1'], what: 'nothing sensitive in addresses', by: [[own('secrets'), 'in an address']] },
  { ids: ['14.2.7'], what: 'retention', by: [['src/access/audit/retention.int-spec.ts', 'older than the period']] },
  {
    ids: ['15.2.1', '15.2.4'],
    what: 'pinned packages, each with the hash of what is installed',
    by: [[own('crypto'), 'pinned, with the hash']],
  },
  {
    ids: ['15.3.3', '15.3.6', '15.3.7'],
    what: 'extra fields, prototypes, parameters twice',
    by: [
      [own('edge'), 'no more fields'],
      [WIRE, 'names that belong to prototypes'],
    ],
  },
  { ids: ['15.3.2'], what: 'redirects of upstreams', later: 'there is no gateway to upstream services yet' },
  {
    ids: ['16.3.1', '16.3.2', '16.3.3'],
    what: 'sign-ins, refusals and changes of rights are told',
    by: [
      [own('secrets'), 'has an entry of every kind'],
      ['src/access/audit/http/audit-logs.e2e-spec.ts', 'failed sign-ins'],
      ['src/access/audit/http/audit-logs.e2e-spec.ts', 'guard refused'],
    ],
  },
  {
    ids: ['16.4.1', '16.4.2', '16.4.3'],
    what: 'the trail shows tampering; its heads are elsewhere',
    by: [['src/access/audit/sealing.int-spec.ts', '']],
  },
  { ids: ['16.5.1', '16.5.2', '16.5.3'], what: 'the database is away', by: [[own('secrets'), '503']] },
];

/** Files of the product's own tests that the table names. */
const referenced = () =>
  [...new Set(ROWS.flatMap(({ by = [] }) => by.map(([file]) => file)))].filter(
    (file) => !file.startsWith('test/asvs/'),
  );

module.exports = { ROWS, referenced };
