import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../kernel/errors/app-error';
import type { TemplateFault } from '../domain/template-source';
import { BEGINS, COMPILER_OPTIONS, documentOf, partsOf } from '../templates/mjml';

/** Loading the compiler takes most of it. */
const TIMEOUT_MS = 20_000;
const MEMORY_MB = 192;
/** So long a thread stands by for who goes on writing: it takes half a second to load the compiler, and hardly any time to use it. */
const STAND_BY_MS = 5_000;

/**
 * In a thread that ends soon after its work: the compiler takes 60 MB and blocks whoever calls it, and what it is given was
 * written by strangers.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const mjml = require(workerData.compiler);
parentPort.on('message', async (document) => {
  try {
    const { html, errors } = await (mjml.default ?? mjml)(document, workerData.options);
    parentPort.postMessage({ html, errors: errors.map(({ line, message, tagName }) => ({ line, message, tagName })) });
  } catch {
    parentPort.postMessage({ html: '', errors: [{ line: null, message: 'This is no MJML.', tagName: null }] });
  }
});`;

interface Answer {
  html: string;
  errors: { line: number | null; message: string; tagName: string | null }[];
}

/** Compiles the body of an organization's own template. One at a time, so that its memory is counted once. */
@Injectable()
export class MjmlCompiler implements OnApplicationShutdown {
  private last: Promise<unknown> = Promise.resolve();
  private thread: Worker | null = null;
  private standBy: NodeJS.Timeout | undefined;

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
    const { html, errors } = await this.ask(document);
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

  /** One question to the thread; one that does not answer is ended, and another takes the next. */
  private async ask(document: string): Promise<Answer> {
    clearTimeout(this.standBy);
    const thread = (this.thread ??= this.start());
    thread.ref();
    let timer: NodeJS.Timeout | undefined;
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        const fail = (): void => reject(tooMuch());
        timer = setTimeout(fail, TIMEOUT_MS);
        thread.once('message', resolve).once('error', fail).once('exit', fail).postMessage(document);
      });
      this.standBy = setTimeout(() => void this.end(), STAND_BY_MS).unref();
      thread.unref();
      return answer;
    } catch (error) {
      await this.end();
      throw error;
    } finally {
      clearTimeout(timer);
      for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
      // What it dies of while it stands by concerns nobody; the next question starts another.
      thread.on('error', () => undefined).once('exit', () => this.forget(thread));
    }
  }

  private start(): Worker {
    return new Worker(THREAD, {
      eval: true,
      workerData: { options: COMPILER_OPTIONS, compiler: require.resolve('mjml') },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
      env: {},
    });
  }

  private forget(thread: Worker): void {
    if (this.thread === thread) this.thread = null;
  }

  private async end(): Promise<void> {
    clearTimeout(this.standBy);
    const thread = this.thread;
    this.thread = null;
    await thread?.terminate();
  }

  onApplicationShutdown(): Promise<void> {
    return this.end();
  }
}

const tooMuch = (): AppError =>
  new AppError('notifications.template-not-compiled', 'unavailable', 'The template could not be compiled in time.', {
    hint: 'Make it smaller, or try again.',
    retryAfterSeconds: 5,
  });
