'use strict';
const { configuration } = require('./tools/dependency-rules.cjs');

module.exports = configuration(process.cwd());
