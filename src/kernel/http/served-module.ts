import { VersioningType, type DynamicModule, type Type, type VersioningOptions } from '@nestjs/common';
import { HealthModule } from '../health/health.module';
import { HttpModule } from './http.module';

/** Root of the served application: the product's modules plus the edge that all of them share. */
class ServedModule {}

/** `module` behind the HTTP edge. */
export const servedModule = (module: Type | DynamicModule): DynamicModule => ({
  module: ServedModule,
  imports: [module as Type, HttpModule, HealthModule],
});

/** Routes are under `/api/v1`, those of version-neutral controllers at exactly their path. */
export const VERSIONING: VersioningOptions = { type: VersioningType.URI, prefix: 'api/v', defaultVersion: '1' };
