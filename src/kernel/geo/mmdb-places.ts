import { Injectable } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { logger } from '../telemetry/logger';
import { addressKey } from '../http/rate-limits';
import { Places } from './places';

interface Lookup {
  get(ip: string): unknown;
}

const PACKAGE = '@ip-location-db/geo-whois-asn-country-mmdb';
/** 3 MB for IPv4, 5 MB for IPv6: each is read at the first address of its kind and kept. */
const FILES = { 4: 'geo-whois-asn-country-ipv4.mmdb', 6: 'geo-whois-asn-country-ipv6.mmdb' } as const;

/** Countries by the public tables of the registries (CC0), which are part of the installation: nobody is asked. */
@Injectable()
export class MmdbPlaces extends Places {
  private readonly tables = new Map<4 | 6, Promise<Lookup | null>>();

  async countryOf(ip: string | undefined): Promise<string | null> {
    if (!ip) return null;
    // An IPv4 address in IPv6 form is looked up as what it is.
    const address = /^::ffff:/i.test(ip) ? addressKey(ip) : ip.split('%')[0];
    const family = isIP(address);
    if (family !== 4 && family !== 6) return null;
    let table = this.tables.get(family);
    if (!table) this.tables.set(family, (table = this.open(FILES[family])));
    const code = ((await table)?.get(address) as { country_code?: string } | null | undefined)?.country_code;
    return code && /^[A-Z]{2}$/.test(code) && code !== 'ZZ' ? code : null;
  }

  private async open(file: string): Promise<Lookup | null> {
    try {
      const { Reader } = await import('maxmind');
      return new Reader(await readFile(require.resolve(`${PACKAGE}/${file}`)));
    } catch (error) {
      logger.warn({ err: error }, 'the table of countries cannot be read: places of sign-ins stay unknown');
      return null;
    }
  }
}
