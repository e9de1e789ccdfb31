'use strict';
/**
 * Loaded into a server with `node --require`: appends to the file of OUTBOUND_LOG the address of each connection that
 * leaves this machine, and each name that is looked up, and refuses them.
 */
const { appendFileSync } = require('node:fs');
const dns = require('node:dns');
const net = require('node:net');

const LOCAL = /^(?:localhost|127\.|::1$|::ffff:127\.|0\.0\.0\.0$|::$)/;
const told = (what) => appendFileSync(process.env.OUTBOUND_LOG, `${what}\n`);

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  const host =
    typeof first === 'object' && first !== null ? (first.host ?? (first.path ? null : 'localhost')) : args[1];
  if (typeof host === 'string' && !LOCAL.test(host)) {
    told(`connect ${host}`);
    throw new Error(`A connection to ${host} was refused by the test.`);
  }
  return connect.apply(this, args);
};
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => {
  if (!LOCAL.test(name)) told(`lookup ${name}`);
  return lookup(name, ...rest);
};
