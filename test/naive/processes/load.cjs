'use strict';
/** Loads a module of the built product before the product itself does, so that a naive variant can change it. */
const path = require('node:path');
require('reflect-metadata');

module.exports = (file) => require(path.resolve(__dirname, '../../../dist/src', file));
