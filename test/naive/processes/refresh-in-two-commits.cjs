'use strict';
// Naive: a refresh token is used up in a statement of its own, before its successor is stored.
const { load, hook, held } = require('./load.cjs');
const { Store } = load('kernel/database/store.js');
const { RefreshToken } = load('access/identity/domain/refresh-token.js');

hook(
  Store,
  'update',
  (update) =>
    async function inTwoCommits(entity) {
      if (!(entity instanceof RefreshToken)) return update.call(this, entity);
      const { id, consumedAt, consumedBy, successorId, replayEnc, replayUntil } = entity;
      await held(this, 'dataSource').dataSource.driver.master.query(
        `update identity.refresh_tokens set consumed_at = $2, consumed_by = $3, successor_id = $4, replay_enc = $5,
           replay_until = $6 where id = $1`,
        [id, consumedAt, consumedBy, successorId, replayEnc, replayUntil],
      );
    },
);
