import { integer, Refused, url, type Setting, type SettingOptions } from './setting';

/** The address of a service that may lie beneath a path; who may ask it is decided by its network. */
const service = (options: SettingOptions<string>): Setting<string> => {
  const plain = url(['http', 'https'], 'an http:// or https:// URL', options);
  return {
    ...plain,
    parse(value) {
      const address = plain.parse(value);
      const { search, hash, username, password } = new URL(address);
      if (search || hash || username || password) throw new Refused('has more than protocol, host, port and path');
      return address;
    },
  };
};

/** Who else may be asked for ways and plans of routes. */
export const ROUTING_SETTINGS = {
  OSRM_URL: service({
    doc: 'OSRM server (its profile `driving`) that is asked for the quickest ways, and for the roads of tracks, before the roads that are loaded. It hears the coordinates that are asked for. No request is sent without it.',
    defaultDoc: 'none',
    example: 'http://127.0.0.1:5000',
  }),
  VALHALLA_URL: service({
    doc: 'Valhalla server (its costing `auto`) that is asked for ways and for the roads of tracks, after OSRM where both are set. It hears the coordinates that are asked for. No request is sent without it.',
    defaultDoc: 'none',
    example: 'http://127.0.0.1:8002',
  }),
  VROOM_URL: service({
    doc: 'VROOM server (vroom-express) that is asked to plan routes where it knows what is asked. It hears times, amounts and a matrix, no places. No request is sent without it.',
    defaultDoc: 'none',
    example: 'http://127.0.0.1:3100',
  }),
  MAINSTAY_ROUTING_TIMEOUT_MS: integer(
    { min: 100, max: 120_000 },
    {
      doc: 'Milliseconds after which OSRM or Valhalla counts as silent; ways and tracks then come from the next source, and the answer says so. VROOM has the seconds of the plan besides.',
      default: 10_000,
      example: '10000',
    },
  ),
} as const;
