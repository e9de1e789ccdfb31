import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import type { DomainEvent } from './domain-event';
import {
  FORMER_REACTIONS,
  JOB,
  QUEUES,
  REACTION,
  TIMER,
  type Fires,
  type JobClass,
  type JobOptions,
  type Reacts,
  type ReactionOptions,
  type Runs,
  type TimerClass,
  type TimerOptions,
} from './reaction';

const NAME = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/;

/** Every reaction, timer and job of the process, found by their decorators at boot. */
@Injectable()
export class MessagingRegistry implements OnModuleInit {
  private readonly reactions = new Map<string, { options: ReactionOptions; instance: Reacts<DomainEvent> }>();
  private readonly former = new Set<string>();
  private readonly byEvent = new Map<string, ReactionOptions[]>();
  private readonly timers = new Map<string, { options: TimerOptions; instance: Fires<object> }>();
  private readonly jobs = new Map<string, { options: JobOptions; instance: Runs<object> }>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Error naming both classes when two share a name: names are stored with deliveries and must be unique. */
  onModuleInit(): void {
    const seen = new Set<unknown>();
    for (const { instance, metatype } of this.discovery.getProviders()) {
      if (!instance || typeof metatype !== 'function' || seen.has(instance)) continue;
      seen.add(instance);
      const reaction = this.reflector.get<ReactionOptions>(REACTION, metatype);
      const timer = this.reflector.get<TimerOptions>(TIMER, metatype);
      const job = this.reflector.get<JobOptions>(JOB, metatype);
      if (reaction) {
        this.add(this.reactions, reaction.name, { options: reaction, instance: instance as Reacts<DomainEvent> });
        const list = this.byEvent.get(reaction.on.type) ?? [];
        this.byEvent.set(reaction.on.type, [...list, reaction]);
      }
      for (const name of this.reflector.get<string[]>(FORMER_REACTIONS, metatype) ?? []) this.former.add(name);
      if (timer) this.add(this.timers, timer.name, { options: timer, instance: instance as Fires<object> });
      if (job) {
        if (!QUEUES.includes(job.queue)) throw new Error(`Job ${job.name} names an unknown queue ${job.queue}.`);
        this.add(this.jobs, job.name, { options: job, instance: instance as Runs<object> });
      }
    }
  }

  private add<V>(map: Map<string, V>, name: string, value: V): void {
    if (!NAME.test(name)) throw new Error(`"${name}" is no name for a reaction, timer or job: <context>.<kebab-case>.`);
    if (this.reactions.has(name) || this.timers.has(name) || this.jobs.has(name)) {
      throw new Error(`Two reactions, timers or jobs are called ${name}.`);
    }
    map.set(name, value);
  }

  reactionsOn(type: string): readonly ReactionOptions[] {
    return this.byEvent.get(type) ?? [];
  }

  reaction(name: string): { options: ReactionOptions; instance: Reacts<DomainEvent> } | undefined {
    return this.reactions.get(name);
  }

  /** True for a reaction of an earlier release that something else does now. */
  isFormer(name: string): boolean {
    return this.former.has(name);
  }

  timer(name: string): { options: TimerOptions; instance: Fires<object> } | undefined {
    return this.timers.get(name);
  }

  job(name: string): { options: JobOptions; instance: Runs<object> } | undefined {
    return this.jobs.get(name);
  }

  jobName(job: JobClass<never> | object): string {
    return this.reflector.get<JobOptions>(JOB, job as JobClass<never>).name;
  }

  timerName(timer: TimerClass<never> | object): string {
    return this.reflector.get<TimerOptions>(TIMER, timer as TimerClass<never>).name;
  }

  /** All names, for operators' lists and the architecture test. */
  names(): { reactions: string[]; timers: string[]; jobs: string[] } {
    return { reactions: [...this.reactions.keys()], timers: [...this.timers.keys()], jobs: [...this.jobs.keys()] };
  }
}
