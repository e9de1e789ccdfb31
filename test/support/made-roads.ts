export * from '../../bench/made-roads';
