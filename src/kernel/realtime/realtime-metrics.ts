import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { registerGauge, registry } from '../telemetry/metrics';
import { LiveConnections } from './live-connections';

/** A counter of the process, made once: tests start several servers in one. */
function counter(name: string, help: string, labelNames: string[]): Counter {
  return (
    (registry.getSingleMetric(name) as Counter | undefined) ??
    new Counter({ name, help, labelNames, registers: [registry] })
  );
}

const events = counter('realtime_events_total', 'Events of clients by name and outcome.', ['event', 'outcome']);
const dropped = counter('realtime_dropped_total', 'Packets that were not sent to clients, by reason.', ['reason']);
const disconnects = counter('realtime_disconnects_total', 'Connections that ended, by reason.', ['reason']);
const lag =
  (registry.getSingleMetric('realtime_fan_out_round_trip_seconds') as Histogram | undefined) ??
  new Histogram({
    name: 'realtime_fan_out_round_trip_seconds',
    help: 'From this process to all others and back over what carries messages between processes.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });

const unanswered = counter(
  'realtime_fan_out_unanswered_total',
  'Times that a process did not answer over what carries messages between them.',
  [],
);

/** What the metrics show of sockets. Names of events are those that are declared; others count as `_unknown`. */
@Injectable()
export class RealtimeMetrics implements OnModuleInit {
  constructor(private readonly connections: LiveConnections) {}

  onModuleInit(): void {
    const gauge = (name: string, help: string, read: () => number): void => registerGauge({ name, help, read });
    gauge('realtime_connections', 'Clients connected to this process.', () => this.connections.size);
    gauge('realtime_users', 'Users with a connection to this process.', () => this.connections.users);
  }

  event(name: string, outcome: 'done' | 'refused'): void {
    events.labels(name, outcome).inc();
  }

  dropped(reason: 'slow-consumer', packets: number): void {
    dropped.labels(reason).inc(packets);
  }

  disconnected(reason: string): void {
    disconnects.labels(reason).inc();
  }

  /** Another process did not answer in time. */
  fanOutLost(): void {
    unanswered.inc();
  }

  fanOut(seconds: number): void {
    lag.observe(seconds);
  }
}
