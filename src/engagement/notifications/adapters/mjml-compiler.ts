import { Injectable } from '@nestjs/common';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../kernel/errors/app-error';
import type { TemplateFault } from '../domain/template-source';
import { BEGINS, COMPILER_OPTIONS, documentOf, partsOf } from '../templates/mjml';

/** Loading the compiler takes most of it. */
const TIMEOUT_MS = 20_000;
const MEMORY_MB = 192;

/**
 * In a thread that ends with its work: the compiler takes 60 MB and blocks whoever calls it, and what it is given was written by
 * strangers.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const mjml = require(workerData.compiler);
Promise.resolve((mjml.default ?? mjml)(workerData.document, workerData.options)).then(
  ({ html, errors }) => parentPort.postMessage({ html, errors: errors.map(({ line, message, tagName }) => ({ line, message, tagName })) }),
  () => parentPort.postMessage({ html: '', errors: [{ line: null, message: 'This is no MJML.', tagName: null }] }),
);`;

interface Answer {
  html: string;
  errors: { line: number | null; message: string; tagName: string | null }[];
}

/** Compiles the body of an organization's own template. One at a time, so that its memory is counted once. */
@Injectable()
export class MjmlCompiler {
  private last: Promise<unknown> = Promise.resolve();

  /**
   * @returns the letter's rows within the frame, or what the compiler does not understand
   * @throws AppError unavailable where it takes too long or too much memory
   */
  compile(body: string): Promise<{ compiled: string } | { faults: TemplateFault[] }> {
    const turn = this.last.then(() => this.inThread(body));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async inThread(body: string): Promise<{ compiled: string } | { faults: TemplateFault[] }> {
    const document = documentOf(body);
    const { html, errors } = await run(document);
    // Lines of the frame come before those of the letter.
    const before = document.slice(0, document.indexOf(BEGINS)).split('\n').length - 1;
    if (errors.length > 0)
      return {
        faults: errors.slice(0, 20).map(({ line, message }) => ({
          pointer: '/body',
          code: 'mjml' as const,
          detail: message.slice(0, 200),
          ...(line !== null && line > before ? { line: line - before } : {}),
        })),
      };
    return { compiled: partsOf(html).body };
  }
}

function run(document: string): Promise<Answer> {
  const worker = new Worker(THREAD, {
    eval: true,
    workerData: { document, options: COMPILER_OPTIONS, compiler: require.resolve('mjml') },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    env: {},
  });
  return new Promise<Answer>((resolve, reject) => {
    const timer = setTimeout(() => reject(tooMuch()), TIMEOUT_MS);
    worker.once('message', resolve);
    worker.once('error', () => reject(tooMuch()));
    worker.once('exit', () => reject(tooMuch()));
    worker.once('exit', () => clearTimeout(timer));
  }).finally(() => worker.terminate());
}

const tooMuch = (): AppError =>
  new AppError('notifications.template-not-compiled', 'unavailable', 'The template could not be compiled in time.', {
    hint: 'Make it smaller, or try again.',
    retryAfterSeconds: 5,
  });
