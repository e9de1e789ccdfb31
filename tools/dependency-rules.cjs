'use strict';
/**
 * The nine dependency rules of the architecture, derived from the folders under src/: a new context is covered without
 * editing anything but src/context-map.json, where its edges are named.
 */
const fs = require('node:fs');
const path = require('node:path');

/** Folders of src/ that hold no contexts. */
const OUTSIDE = ['kernel', 'start', 'cli', 'seed'];
const TESTS = '[.](spec|int-spec|e2e-spec)[.]ts$';

const folders = (dir) =>
  fs.existsSync(dir)
    ? fs
        .readdirSync(dir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : [];

/** Every context as `area/name`. */
function contexts(root) {
  return folders(path.join(root, 'src'))
    .filter((area) => !OUTSIDE.includes(area))
    .flatMap((area) => folders(path.join(root, 'src', area)).map((name) => `${area}/${name}`))
    .sort();
}

function contextMap(root) {
  return JSON.parse(fs.readFileSync(path.join(root, 'src/context-map.json'), 'utf8'));
}

/** Forbidden dependencies for dependency-cruiser. @param root folder that holds src/ */
function dependencyRules(root) {
  const known = contexts(root);
  const { edges } = contextMap(root);
  const areas = [...new Set(known.map((name) => name.split('/')[0]))].join('|') || 'none';
  const anyContext = `^src/(?:${areas})/[^/]+/`;
  const ownContext = `^src/(${areas})/([^/]+)/`;
  const within = (...parts) => `^src/(${areas})/([^/]+)/(?:${parts.join('|')})/`;
  const anywhere = (...parts) => `${anyContext}(?:${parts.join('|')})/`;

  const forbidden = [
    {
      name: '1-foreign-contexts-by-contract',
      comment: 'Another context is entered through its contracts/ alone.',
      severity: 'error',
      from: { path: ownContext },
      to: { path: `${anyContext}(?!contracts/)`, pathNot: '^src/$1/$2/' },
    },
    {
      name: '1-outside-by-module-or-contract',
      comment: 'The assembly, the start and the command line see a context by its module and its contracts.',
      severity: 'error',
      from: { path: `^src/(?:[^/]+$|(?:${OUTSIDE.filter((one) => one !== 'kernel').join('|')})/)`, pathNot: TESTS },
      to: { path: `${anyContext}(?!contracts/)`, pathNot: `${anyContext}[^/]+[.]module[.]ts$` },
    },
    ...known.map((name) => {
      const allowed = edges.filter((edge) => edge.from === name).map((edge) => edge.to);
      return {
        name: '2-edges-are-named',
        comment: `An edge between contexts is named, with its reason, in src/context-map.json (${name} may use: ${allowed.join(', ') || 'none'}).`,
        severity: 'error',
        from: { path: `^src/${name}/`, pathNot: TESTS },
        to: { path: anywhere('contracts'), pathNot: `^src/(?:${[name, ...allowed].join('|')})/` },
      };
    }),
    {
      name: '3-domain-is-inner',
      comment: 'domain/ knows itself, its own contracts, the plain parts of the kernel and the decorators of TypeORM.',
      severity: 'error',
      from: { path: within('domain'), pathNot: TESTS },
      to: {
        pathNot: [
          '^src/$1/$2/(?:domain|contracts)/',
          '^src/kernel/(?:clock|crypto/(?:hashing|sealed|webhook-signature)|cards|auth/(?:policy|condition|api-key-token)|errors|ids|messaging/domain-event|money|tabular|text)(?:/|[.]ts$)',
          '(?:^|/)node_modules/(?:typeorm|luxon|@types)/',
          '^(?:node:)?(?:crypto|util|assert)$',
        ],
      },
    },
    {
      name: '4-contracts-are-plain',
      comment: 'contracts/ import kernel types and the message base classes, never code of a context.',
      severity: 'error',
      from: { path: within('contracts'), pathNot: TESTS },
      to: {
        pathNot: ['^src/$1/$2/contracts/', '^src/kernel/', '(?:^|/)node_modules/@nestjs/cqrs/', '^(?:node:)?crypto$'],
      },
    },
    {
      name: '5-edges-never-touch-data',
      comment: 'http/, realtime/ and jobs/ go through commands, queries and contracts.',
      severity: 'error',
      from: { path: within('http', 'realtime', 'jobs'), pathNot: TESTS },
      to: { path: anywhere('data') },
    },
    {
      name: '6-kernel-knows-no-context',
      comment: 'The kernel stands by itself.',
      severity: 'error',
      from: { path: '^src/kernel/', pathNot: TESTS },
      to: { path: '^src/', pathNot: '^src/kernel/' },
    },
    {
      name: '7-no-cycles',
      comment: 'Files do not import each other in a circle (types do not count: they are gone at run time).',
      severity: 'error',
      from: { path: '^(?:src|migrations)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: '8-production-imports-no-test',
      comment: 'What ships imports neither tests, nor tools, nor development dependencies.',
      severity: 'error',
      from: { path: '^(?:src|migrations)/', pathNot: TESTS },
      to: { path: `^(?:test|tools|bench|tour)/|${TESTS}` },
    },
    {
      name: '8-production-needs-no-development-packages',
      comment: 'A package that is used at run time is a dependency.',
      severity: 'error',
      from: { path: '^(?:src|migrations)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: '9-data-and-adapters-are-outer',
      comment: 'data/ and adapters/ are called; they call no commands, queries, reactions or edges.',
      severity: 'error',
      from: { path: within('data', 'adapters'), pathNot: TESTS },
      to: { path: anywhere('commands', 'queries', 'reactions', 'http', 'realtime', 'jobs') },
    },
    {
      name: 'resolvable',
      comment: 'Every import resolves.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ];
  return forbidden;
}

/** Configuration for dependency-cruiser. */
function configuration(root) {
  return {
    forbidden: dependencyRules(root),
    options: {
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '^(?:dist|sdk|console)/' },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['import', 'require', 'node', 'default'],
        // What is asked for, in this order: each further one is another look at the disk for every import.
        extensions: ['.ts', '.js', '.json', '.node', '.d.ts'],
      },
      skipAnalysisNotInRules: true,
    },
  };
}

module.exports = { configuration, contextMap, contexts, OUTSIDE };
