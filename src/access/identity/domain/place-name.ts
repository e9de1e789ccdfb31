const names = new Intl.DisplayNames(['en'], { type: 'region' });

/** The English name of a country, or null for one that is not known. */
export const placeName = (country: string | null): string | null => (country ? (names.of(country) ?? country) : null);
