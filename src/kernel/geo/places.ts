/** Tells the country of an address. Behind a port, because installations may know better than a public table. */
export abstract class Places {
  /** Country code (ISO 3166-1 alpha-2) of a public address; null for private, unknown and malformed ones. */
  abstract countryOf(ip: string | undefined): Promise<string | null>;
}
