'use strict';
/* global Drawing, io */
/** Reads what there is, follows it over the socket and keeps the drawing and the lists beside it up to date. */
const COLOURS = ['#d9480f', '#0b7285', '#862e9c', '#2b8a3e', '#c2255c', '#5f3dc4', '#a87900', '#1864ab'];
const HOUR = 3_600_000;
const MOST_WAY = 5_000;
const element = (id) => document.getElementById(id);
const drawing = new Drawing(element('map'));
const trackers = new Map();
const fences = new Map();
const SAID = { enter: 'entered', exit: 'left', dwell: 'stays at', crossed: 'passed', inside_start: 'is at' };
let token = new URLSearchParams(location.hash.slice(1)).get('token');
let chosen = null;

async function call(path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail || said.title);
  return said;
}

async function all(path) {
  const rows = [];
  for (let cursor = ''; cursor !== null;) {
    const { data, page } = await call(`${path}?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    rows.push(...data);
    cursor = page.nextCursor;
  }
  return rows;
}

function place(tracker, { fixTime, lat, lng, speed, course }) {
  Object.assign(tracker, { fixTime, speed, course, at: [lng, lat] });
}

/** The track of the last day; a tracker that told more than can be shown at once has none. */
async function readWay(tracker) {
  const from = new Date(Date.parse(tracker.fixTime) - 24 * HOUR).toISOString();
  const to = new Date(Date.parse(tracker.fixTime) + 1).toISOString();
  const query = `trackerId=${tracker.id}&from=${from}&to=${to}&tolerance=3`;
  const { points } = await call(`/location/history?${query}`).catch(() => ({ points: [] }));
  tracker.way = points.map(({ lng, lat }) => [lng, lat]);
}

async function read() {
  const [latest, drawn] = await Promise.all([all('/location/latest'), all('/geofences')]);
  for (const fence of drawn) fences.set(fence.id, { ...fence, inside: new Set() });
  for (const one of latest) {
    const colour = COLOURS[trackers.size % COLOURS.length];
    const tracker = { id: one.trackerId, name: one.name, colour, way: [] };
    place(tracker, one);
    trackers.set(tracker.id, tracker);
  }
  // A few at a time: the page is no load test.
  const waiting = [...trackers.values()];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await readWay(next);
    }),
  );
}

function follow() {
  const socket = io('/tracking', { auth: { token }, transports: ['websocket'] });
  const line = element('line');
  const say = (text, live) => {
    line.textContent = text;
    line.toggleAttribute('data-live', live);
  };
  socket.on('connect', async () => {
    const ids = [...trackers.keys()];
    for (let from = 0; from < ids.length; from += 500)
      await socket.emitWithAck('subscribe', { trackerIds: ids.slice(from, from + 500) });
    say('live', true);
  });
  socket.on('disconnect', () => say('not connected', false));
  socket.on('connect_error', (error) => say(error.message, false));
  socket.on('position', (position) => {
    const tracker = trackers.get(position.trackerId);
    if (!tracker || position.fixTime < tracker.fixTime) return;
    place(tracker, position);
    tracker.way.push(tracker.at);
    if (tracker.way.length > MOST_WAY) tracker.way.shift();
    show();
  });
  socket.on('geofence', ({ trackerId, geofenceId, type, at }) => {
    const [tracker, fence] = [trackers.get(trackerId), fences.get(geofenceId)];
    if (!tracker || !fence) return;
    if (type === 'exit') fence.inside.delete(trackerId);
    else if (type !== 'crossed') fence.inside.add(trackerId);
    const row = document.createElement('li');
    const when = document.createElement('small');
    when.textContent = new Date(at).toLocaleTimeString();
    row.append(`${tracker.name} ${SAID[type]} ${fence.name}`, when);
    element('events').prepend(row);
    while (element('events').children.length > 50) element('events').lastChild.remove();
    show();
  });
}

/** A row with a dot, a name and a note; rows are kept, so that the focus stays where it is. */
function listed(list, id, { colour, name, note }, choose) {
  let row = list.querySelector(`[data-id="${id}"]`);
  if (!row) {
    row = document.createElement('li');
    row.dataset.id = id;
    const button = document.createElement('button');
    button.type = 'button';
    button.append(document.createElement('i'), document.createElement('b'), document.createElement('small'));
    button.addEventListener('click', choose);
    row.append(button);
    list.append(row);
  }
  const [dot, title, small] = row.firstChild.children;
  dot.style.background = colour;
  title.textContent = name;
  small.textContent = note;
}

const kmh = (speed) => (speed === null ? '' : `${Math.round(speed * 3.6)} km/h`);

function show() {
  drawing.world = {
    trackers: [...trackers.values()].map((it) => ({ ...it, chosen: it.id === chosen })),
    fences: [...fences.values()].map((it) => ({ ...it, busy: it.inside.size > 0 })),
  };
  drawing.redraw();
  for (const tracker of trackers.values())
    listed(element('trackers'), tracker.id, { ...tracker, note: kmh(tracker.speed) }, () => {
      chosen = tracker.id;
      drawing.fit([tracker.at, ...tracker.way]);
      show();
    });
  for (const fence of fences.values())
    listed(
      element('fences'),
      fence.id,
      { colour: 'var(--accent)', name: fence.name, note: fence.inside.size > 0 ? `${fence.inside.size} inside` : '' },
      () => drawing.fit(edge(fence.shape)),
    );
  element('nobody').hidden = trackers.size > 0;
  element('unfenced').hidden = fences.size > 0;
  element('quiet').hidden = element('events').children.length > 0;
}

/** Places at the edge of a shape. */
function edge(shape) {
  if (shape.type === 'Polygon') return shape.coordinates[0];
  if (shape.type === 'corridor') return shape.coordinates;
  const [lng, lat] = shape.center;
  const high = shape.radius / 111_320;
  const wide = high / Math.cos((lat * Math.PI) / 180);
  return [
    [lng - wide, lat - high],
    [lng + wide, lat + high],
  ];
}

const everything = () =>
  drawing.fit([
    ...[...trackers.values()].flatMap(({ at, way }) => [at, ...way]),
    ...[...fences.values()].flatMap(({ shape }) => edge(shape)),
  ]);

async function begin() {
  element('enter').hidden = true;
  element('seen').hidden = false;
  try {
    await read();
  } catch (error) {
    element('enter').hidden = false;
    element('seen').hidden = true;
    element('fault').textContent = error.message;
    return;
  }
  everything();
  show();
  follow();
}

element('enter').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  try {
    ({ accessToken: token } = await call('/auth/login', { email, password }));
    if (!token)
      throw new Error('This account asks for a second factor: open the page with #token= and an access token.');
    await begin();
  } catch (error) {
    element('fault').textContent = error.message;
  }
});

const ACTS = { in: () => drawing.zoom(1.6), out: () => drawing.zoom(1 / 1.6), all: everything };
element('tools').addEventListener('click', ({ target }) => ACTS[target.dataset.do]?.());
const canvas = element('map');
canvas.addEventListener(
  'wheel',
  (event) => {
    event.preventDefault();
    drawing.zoom(2 ** (-event.deltaY / 400), [event.offsetX, event.offsetY]);
  },
  { passive: false },
);
canvas.addEventListener('pointerdown', (event) => canvas.setPointerCapture(event.pointerId));
canvas.addEventListener('pointermove', (event) => {
  if (canvas.hasPointerCapture(event.pointerId)) drawing.move(event.movementX, event.movementY);
});
canvas.addEventListener('keydown', ({ key }) => {
  const by = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[key];
  if (by) drawing.move(...by);
  else if (key === '+' || key === '=') ACTS.in();
  else if (key === '-') ACTS.out();
  else if (key === '0') everything();
});

drawing.redraw();
if (token) {
  // Not in the history of the browser any longer.
  history.replaceState(null, '', location.pathname);
  void begin();
}
