import {
  context as otel,
  diag,
  DiagLogLevel,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { Config } from '../config/config';
import { logger } from './logger';
import { maybeContext, runInContext } from '../context/request-context';

export type SpanAttributes = Record<string, string | number | boolean>;

let running: { shutdown(): Promise<void>; forceFlush(): Promise<void> } | undefined;

/** True when a collector is configured; without one spans cost a comparison. */
export const isTracing = (): boolean => running !== undefined;

/** True within a trace: work that only makes sense as a part of another (SQL) is a span only then. */
export const isTraced = (): boolean => running !== undefined && trace.getActiveSpan() !== undefined;

/**
 * Starts OpenTelemetry when `OTEL_EXPORTER_OTLP_ENDPOINT` is set; its SDK is only loaded then. Spans leave by OTLP over
 * HTTP (`<endpoint>/v1/traces`), the trace continues the caller's `traceparent`.
 */
export async function startTracing(config: Config): Promise<void> {
  if (config.otlpEndpoint === null || running) return;
  const [{ NodeTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  // An exporter that cannot reach its collector says so in our log, and nothing else happens.
  const tell = (message: string, ...rest: unknown[]): void =>
    logger.warn({ rest: rest.map(String) }, `tracing: ${message.slice(0, 500)}`);
  const silent = (): void => undefined;
  diag.setLogger({ error: tell, warn: tell, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN);
  const url = `${config.otlpEndpoint.replace(/\/+$/, '')}/v1/traces`;
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': config.serviceName }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }), { scheduledDelayMillis: 1_000 })],
  });
  provider.register();
  running = provider;
}

/** Sends what is left and stops; called at the end of the process. */
export async function stopTracing(): Promise<void> {
  const provider = running;
  running = undefined;
  await provider?.shutdown().catch(() => undefined);
}

/** The trace that a stored `traceparent` (of a request, event or job) belongs to. */
const remote = (traceparent: string | undefined): Context =>
  traceparent === undefined ? otel.active() : propagation.extract(otel.active(), { traceparent });

const traceparentOf = (span: Span): string => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
};

function failed(span: Span, error: unknown): void {
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: string; message?: string };
  span.setAttribute('error.type', typeof code === 'string' ? code : (name ?? 'Error'));
  span.setStatus({ code: SpanStatusCode.ERROR, message: message?.slice(0, 200) });
}

/**
 * Runs `work` as a span of the running trace (the active one, else the `traceparent` of the context); within it the
 * context carries the span's own `traceparent`, so that events and jobs continue the trace. Without a configured
 * collector it only runs the work.
 */
export function span<T>(name: string, attributes: SpanAttributes, work: () => T, kind = SpanKind.INTERNAL): T {
  if (!running) return work();
  const current = maybeContext();
  const active = trace.getActiveSpan();
  const parent = active ? otel.active() : remote(current?.traceparent);
  const started = trace.getTracer('mainstay').startSpan(name, { attributes, kind }, parent);
  return otel.with(trace.setSpan(parent, started), () => {
    const inside = current ? () => runInContext({ traceparent: traceparentOf(started) }, work) : work;
    try {
      const result = inside();
      if (result instanceof Promise) {
        return result.then(
          (value: unknown) => (started.end(), value),
          (error: unknown) => {
            failed(started, error);
            started.end();
            throw error;
          },
        ) as T;
      }
      started.end();
      return result;
    } catch (error) {
      failed(started, error);
      started.end();
      throw error;
    }
  });
}

/** A span that is open for the length of a request: begun in a hook and ended in another. */
export interface OpenSpan {
  /** The span's `traceparent`, for the request context. */
  traceparent: string;
  /** Runs `work` with the span active. */
  run<T>(work: () => T): T;
  end(name: string, attributes: SpanAttributes, failed: boolean): void;
}

/** Begins the server span of a request that continues `traceparent`; undefined without a collector. */
export function openServerSpan(name: string, traceparent: string | undefined): OpenSpan | undefined {
  if (!running) return undefined;
  const parent = remote(traceparent);
  const started = trace.getTracer('mainstay').startSpan(name, { kind: SpanKind.SERVER }, parent);
  const inside = trace.setSpan(parent, started);
  return {
    traceparent: traceparentOf(started),
    run: (work) => otel.with(inside, work),
    end: (finalName, attributes, isFailed) => {
      started.updateName(finalName).setAttributes(attributes);
      if (isFailed) started.setStatus({ code: SpanStatusCode.ERROR });
      started.end();
    },
  };
}
