export * from '../../bench/plain-ways';
