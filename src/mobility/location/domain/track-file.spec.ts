import { trackFile, type TrackFormat } from './track-file';

const seen = { lat: 48.2, lng: 16.37, speed: null, course: null, accuracy: 5, deviceTime: null };
const [first, second] = [Date.parse('2026-03-01T08:00:00Z'), Date.parse('2026-03-01T08:00:10Z')];
const POINTS = [
  { ...seen, fixTime: first, altitude: null, receivedAt: first + 1_500 },
  { ...seen, fixTime: second, altitude: 171, deviceTime: second + 500, receivedAt: second + 1_500 },
];
const EXPECTED: Record<TrackFormat, string> = {
  // RFC 4180 ends lines so.
  csv: [
    'fixTime,lat,lng,altitude,speed,course,accuracy,deviceTime,receivedAt',
    '2026-03-01T08:00:00.000Z,48.2,16.37,,,,5,,2026-03-01T08:00:01.500Z',
    '2026-03-01T08:00:10.000Z,48.2,16.37,171,,,5,2026-03-01T08:00:10.500Z,2026-03-01T08:00:11.500Z',
    '',
  ].join('\r\n'),
  geojson: `{"type":"Feature","geometry":{"type":"LineString","coordinates":[[16.37,48.2],[16.37,48.2]]},"properties":{"name":"Van <7> & \\"co\\"\\u0001","times":["2026-03-01T08:00:00.000Z","2026-03-01T08:00:10.000Z"]}}
`,
  gpx: `<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="Mainstay" xmlns="http://www.topografix.com/GPX/1/1">
<trk><name>Van &lt;7&gt; &amp; &quot;co&quot;</name><trkseg>
<trkpt lat="48.2" lon="16.37"><time>2026-03-01T08:00:00.000Z</time></trkpt>
<trkpt lat="48.2" lon="16.37"><ele>171</ele><time>2026-03-01T08:00:10.000Z</time></trkpt>
</trkseg></trk></gpx>
`,
  kml: `<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document><Placemark><name>Van &lt;7&gt; &amp; &quot;co&quot;</name><gx:Track>
<when>2026-03-01T08:00:00.000Z</when>
<when>2026-03-01T08:00:10.000Z</when>
<gx:coord>16.37 48.2 0</gx:coord>
<gx:coord>16.37 48.2 171</gx:coord>
</gx:Track></Placemark></Document></kml>
`,
};

it.each(Object.keys(EXPECTED) as TrackFormat[])('a track as %s', (format) => {
  expect(trackFile(format, 'Van <7> & "co"\u0001', POINTS)).toBe(EXPECTED[format]);
});
