'use strict';
/**
 * `node tools/stripe-typings.cjs`: turns the parameter types of the installed `stripe` package into JSON Schemas, in
 * test/doubles/stripe-typings.json. Stripe makes those types from its OpenAPI description of the API version that the
 * package pins, so this is that description as far as requests go; run it after an upgrade of the package.
 */
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const root = path.resolve(__dirname, '..');
const home = path.join(root, 'node_modules/stripe');

/** Operation, and the file and the type that has its parameters. */
const OPERATIONS = [
  ['POST /v1/payment_intents', 'PaymentIntents', 'PaymentIntentCreateParams'],
  ['GET /v1/payment_intents', 'PaymentIntents', 'PaymentIntentListParams'],
  ['GET /v1/payment_intents/:id', 'PaymentIntents', 'PaymentIntentRetrieveParams'],
  ['POST /v1/payment_intents/:id/confirm', 'PaymentIntents', 'PaymentIntentConfirmParams'],
  ['POST /v1/payment_intents/:id/capture', 'PaymentIntents', 'PaymentIntentCaptureParams'],
  ['POST /v1/payment_intents/:id/cancel', 'PaymentIntents', 'PaymentIntentCancelParams'],
  ['POST /v1/refunds', 'Refunds', 'RefundCreateParams'],
  ['GET /v1/refunds', 'Refunds', 'RefundListParams'],
  ['POST /v1/customers', 'Customers', 'CustomerCreateParams'],
  ['POST /v1/setup_intents', 'SetupIntents', 'SetupIntentCreateParams'],
  ['GET /v1/setup_intents/:id', 'SetupIntents', 'SetupIntentRetrieveParams'],
  ['POST /v1/payment_methods', 'PaymentMethods', 'PaymentMethodCreateParams'],
  ['POST /v1/payment_methods/:id/detach', 'PaymentMethods', 'PaymentMethodDetachParams'],
  ['GET /v1/disputes/:id', 'Disputes', 'DisputeRetrieveParams'],
  ['POST /v1/disputes/:id', 'Disputes', 'DisputeUpdateParams'],
  ['POST /v1/disputes/:id/close', 'Disputes', 'DisputeCloseParams'],
  ['GET /v1/payouts/:id', 'Payouts', 'PayoutRetrieveParams'],
  ['GET /v1/balance_transactions', 'BalanceTransactions', 'BalanceTransactionListParams'],
  ['POST /v1/files', 'Files', 'FileCreateParams'],
];

const fileOf = (name) => path.join(home, 'cjs/resources', `${name}.d.ts`);
const program = ts.createProgram([...new Set(OPERATIONS.map(([, name]) => fileOf(name)))], {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  types: ['node'],
});
const checker = program.getTypeChecker();

/** Types that many parameters share stand once, under `$defs`. */
const definitions = new Map();
const nameOf = (type) => {
  const symbol = type.aliasSymbol ?? type.symbol;
  return symbol && symbol.name !== '__type' ? checker.getFullyQualifiedName(symbol).replace(/^"[^"]*"\./, '') : null;
};

/** Not what is merely left out, nor the SDK's stand-in for values of enums that are not in its description. */
const told = (type) => !(type.flags & ts.TypeFlags.Undefined) && type.aliasSymbol?.name !== 'OtherString';

function schemaOf(type) {
  // A part of a form; tests look at its name.
  if (nameOf(type)?.endsWith('FileData')) return { type: 'string' };
  if (type.flags & ts.TypeFlags.StringLiteral || type.flags & ts.TypeFlags.NumberLiteral) return { enum: [type.value] };
  if (type.flags & ts.TypeFlags.BooleanLiteral) return { enum: [type.intrinsicName === 'true'] };
  if (type.flags & ts.TypeFlags.String) return { type: 'string' };
  if (type.flags & ts.TypeFlags.Number) return { type: 'number' };
  if (type.flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
  if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
  if (type.isUnion()) return union(type.types.filter(told));
  if (checker.isArrayType(type)) return { type: 'array', items: schemaOf(checker.getTypeArguments(type)[0]) };
  if (type.flags & ts.TypeFlags.Object) return object(type);
  throw new Error(`No schema for ${checker.typeToString(type)}`);
}

function union(types) {
  if (types.length === 1) return schemaOf(types[0]);
  if (types.every((one) => one.flags & ts.TypeFlags.BooleanLiteral)) return { type: 'boolean' };
  if (types.every((one) => one.isStringLiteral())) return { enum: types.map((one) => one.value) };
  const [booleans, others] = [
    types.filter((one) => one.flags & ts.TypeFlags.BooleanLiteral),
    types.filter((one) => !(one.flags & ts.TypeFlags.BooleanLiteral)),
  ];
  return { anyOf: [...(booleans.length > 0 ? [{ type: 'boolean' }] : []), ...others.map(schemaOf)] };
}

function object(type) {
  const name = nameOf(type);
  if (name && !definitions.has(name)) {
    definitions.set(name, {});
    definitions.set(name, members(type));
  }
  return name ? { $ref: `#/$defs/${name}` } : members(type);
}

function members(type) {
  const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  if (index) return { type: 'object', additionalProperties: schemaOf(index) };
  const [properties, required] = [{}, []];
  for (const member of checker.getPropertiesOfType(type)) {
    properties[member.name] = schemaOf(checker.getTypeOfSymbol(member));
    if (!(member.flags & ts.SymbolFlags.Optional)) required.push(member.name);
  }
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

const operations = {};
for (const [operation, file, name] of OPERATIONS) {
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(fileOf(file))));
  const symbol = exported.find((one) => one.name === name);
  if (!symbol) throw new Error(`${file} has no ${name}.`);
  operations[operation] = schemaOf(checker.getDeclaredTypeOfSymbol(symbol));
}
const { ApiVersion: version } = require(path.join(home, 'cjs/apiVersion.js'));
const about = {
  source:
    'parameter types of the npm package stripe, MIT License, Copyright (c) Stripe (https://stripe.com); made by tools/stripe-typings.cjs',
  package: fs.readFileSync(path.join(home, 'VERSION'), 'utf8').trim(),
  description: fs.readFileSync(path.join(home, 'OPENAPI_VERSION'), 'utf8').trim(),
  version,
};
const out = path.join(root, 'test/doubles/stripe-typings.json');
fs.writeFileSync(
  out,
  `${JSON.stringify({ ...about, operations, $defs: Object.fromEntries([...definitions].sort()) })}\n`,
);
process.stdout.write(
  `${OPERATIONS.length} operations of ${about.version} (stripe ${about.package}), ${fs.statSync(out).size} bytes\n`,
);
